import { read, write } from '../ui/remembered';

/** Heads of the columns and the sum, px: what the view holds beside rows. */
const HEAD_AND_SUM = 54;
/** No row is taller, px. */
const TALLEST = 60;
/** From here on a row has a second line, px. */
const TWO_LINES = 38;

/**
 * Height of a ladder row, px: few strikes share the whole view, many are as low as `least` and
 * scroll.
 *
 * @param view Inner height of the view, px; null before it is known.
 */
export function ladderRowHeight(view: number | null, count: number, least: number): number {
  if (view === null || count === 0) return least;
  return Math.min(TALLEST, Math.max(least, Math.floor((view - HEAD_AND_SUM) / count)));
}

/** Whether a row of so many px has room for a second line. */
export function hasTwoLines(height: number): boolean {
  return height >= TWO_LINES;
}

const KEY = 'ladder-rows';
/** Rows of the span that a server begins with. */
const FIRST_ROWS = 7;

/** How many rows the ladder had last in this browser: as many are likely to come. */
export function likelyRows(): number {
  const kept = Number(read(KEY));
  return kept > 0 ? kept : FIRST_ROWS;
}

/** Keep how many rows the ladder has. */
export function keepRows(count: number): void {
  write(KEY, String(count));
}
