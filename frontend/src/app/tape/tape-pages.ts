import { TapeRow } from '../live/wire';

/**
 * A day's tape of which only parts are held.
 *
 * The prints that came since the tape was asked for are `live`; those before it are in pages,
 * newest first, counted from there. A page is asked for by the last print of the page before it, so
 * a page far down is reached by walking; pages far from the view are let go, their place is kept.
 */

/** Prints of a page. */
export const PAGE_ROWS = 500;

/** Pages held at most. */
export const PAGES_HELD = 40;

/** What is held; replaced, never mutated. */
export interface TapePages {
  /** Newest last. */
  readonly live: readonly TapeRow[];
  /** By number; newest first. */
  readonly pages: ReadonlyMap<number, readonly TapeRow[]>;
  /** Id of the print before which each page begins; the first begins before none. */
  readonly starts: readonly (number | null)[];
  /** Prints in all pages, held or not. */
  readonly paged: number;
}

/** Nothing but what came. */
export function livePages(live: readonly TapeRow[]): TapePages {
  return { live, pages: new Map(), starts: [null], paged: 0 };
}

/**
 * Begin from the newest page, and keep what came after it.
 *
 * @param rows Newest first.
 * @param total Prints of the day that pass, those of `rows` included.
 */
export function anchored(
  rows: readonly TapeRow[],
  total: number,
  live: readonly TapeRow[],
): TapePages {
  const newest = rows.reduce((id, row) => Math.max(id, row.id), -1);
  const since = live.filter(({ id }) => id > newest);
  return withRows({ ...livePages(since), paged: total }, 0, rows);
}

/** Add prints that come. One that is sent again replaces what it was. */
export function withLive(tape: TapePages, rows: readonly TapeRow[]): TapePages {
  if (rows.length === 0) return tape;
  const again = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(tape.live.map(({ id }) => id));
  const live = tape.live.map((row) => again.get(row.id) ?? row);
  return { ...tape, live: [...live, ...rows.filter(({ id }) => !known.has(id))] };
}

/** Add what was asked for from the start of page `first` on, newest first. */
export function withRows(tape: TapePages, first: number, rows: readonly TapeRow[]): TapePages {
  const pages = new Map(tape.pages);
  const starts = [...tape.starts];
  for (let offset = 0; offset < rows.length; offset += PAGE_ROWS) {
    const page = rows.slice(offset, offset + PAGE_ROWS);
    const number = first + offset / PAGE_ROWS;
    pages.set(number, page);
    if (page.length === PAGE_ROWS) starts[number + 1] = page[PAGE_ROWS - 1]?.id ?? null;
  }
  return { ...tape, pages, starts };
}

/** Let go of pages, those furthest from page `near` first. */
export function withFewer(tape: TapePages, near: number): TapePages {
  if (tape.pages.size <= PAGES_HELD) return tape;
  const kept = [...tape.pages]
    .sort(([a], [b]) => Math.abs(a - near) - Math.abs(b - near))
    .slice(0, PAGES_HELD);
  return { ...tape, pages: new Map(kept) };
}

/**
 * Print number `index` from the newest that is shown; null while it is not held.
 *
 * @param shown How many of the live ones are shown.
 */
export function rowAt(tape: TapePages, index: number, shown: number): TapeRow | null {
  if (index < shown) return tape.live[shown - 1 - index] ?? null;
  const place = index - shown;
  return tape.pages.get(Math.floor(place / PAGE_ROWS))?.[place % PAGE_ROWS] ?? null;
}

/** What to ask for next. */
export interface PageRequest {
  readonly first: number;
  readonly before: number | null;
  readonly limit: number;
}

const LONGEST_WALK_ROWS = 5000;

/** What to ask for so that rows `first` to `end` are held; null when they are. */
export function nextRequest(
  tape: TapePages,
  first: number,
  end: number,
  shown: number,
): PageRequest | null {
  const last = Math.min(end - shown, tape.paged) - 1;
  for (let page = Math.max(0, Math.floor((first - shown) / PAGE_ROWS)); ; page++) {
    if (page * PAGE_ROWS > last) return null;
    if (tape.pages.has(page)) continue;
    const from = Math.min(page, tape.starts.length - 1);
    const limit = Math.min(LONGEST_WALK_ROWS, (page - from + 1) * PAGE_ROWS);
    return { first: from, before: tape.starts[from] ?? null, limit };
  }
}
