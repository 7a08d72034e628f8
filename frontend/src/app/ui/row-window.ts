/** What of a long list of rows of one height is drawn. */
export interface RowWindow {
  /** Index of the first row that is drawn. */
  readonly first: number;
  /** Index after the last one. */
  readonly end: number;
}

/** Rows drawn beyond either edge, so that a quick scroll finds them there. */
const SPARE = 3;

/**
 * The rows in view, and a few beyond. The first moves in steps, so that slow scrolling redraws
 * seldom.
 *
 * @param top How far the rows are scrolled, px.
 * @param height Room for rows, px; null, before it is known, shows them all.
 */
export function rowWindow(
  top: number,
  height: number | null,
  rowHeight: number,
  count: number,
): RowWindow {
  if (height === null) return { first: 0, end: count };
  const inView = Math.ceil(height / rowHeight) + 1;
  const reached = Math.floor(Math.max(0, top) / rowHeight) - SPARE;
  const wanted = Math.min(reached - (reached % SPARE), count - inView - SPARE);
  return {
    first: Math.max(0, wanted),
    end: Math.min(count, Math.max(0, wanted + 3 * SPARE + inView)),
  };
}

/** Whether two windows draw the same rows. */
export function sameWindow(a: RowWindow, b: RowWindow): boolean {
  return a.first === b.first && a.end === b.end;
}
