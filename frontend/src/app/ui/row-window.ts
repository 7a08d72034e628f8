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

/** Which of the drawn rows are in view, counted from the first that is drawn. */
export function rowsInView(
  top: number,
  height: number | null,
  rowHeight: number,
  drawn: RowWindow,
): RowWindow {
  const all = drawn.end - drawn.first;
  if (height === null) return { first: 0, end: all };
  const within = (index: number) => Math.min(all, Math.max(0, index - drawn.first));
  return {
    first: within(Math.floor(top / rowHeight)),
    end: within(Math.ceil((top + height) / rowHeight)),
  };
}

/** Whether two windows draw the same rows. */
export function sameWindow(a: RowWindow, b: RowWindow): boolean {
  return a.first === b.first && a.end === b.end;
}
