import { TapeRow } from '../live/wire';

/**
 * A day's tape of which only parts are held.
 *
 * The prints that came since the tape was asked for are `live`; those before it are in pages,
 * newest first, counted from there. A page is asked for by the print before which it begins, or from
 * the nearest page above it whose beginning is known; pages far from the view are let go.
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
  /** Id of the print before which a page begins, by page; the first begins before none. */
  readonly starts: ReadonlyMap<number, number | null>;
  /** Prints in all pages, held or not. */
  readonly paged: number;
  /** Whether the live ones follow on the pages and each other: a burst brings more than is told. */
  readonly isWhole: boolean;
}

/** Nothing but what came. */
export function livePages(live: readonly TapeRow[]): TapePages {
  return { live, pages: new Map(), starts: new Map([[0, null]]), paged: 0, isWhole: true };
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
  return withPage({ ...livePages(since), paged: total }, 0, rows);
}

/** Add prints that come. One that is sent again replaces what it was. */
export function withLive(tape: TapePages, rows: readonly TapeRow[]): TapePages {
  if (rows.length === 0) return tape;
  const again = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(tape.live.map(({ id }) => id));
  const live = tape.live.map((row) => again.get(row.id) ?? row);
  return { ...tape, live: [...live, ...rows.filter(({ id }) => !known.has(id))] };
}

/** Put prints that changed after they were shown in the place of what they were. */
export function withChanged(tape: TapePages, rows: readonly TapeRow[]): TapePages {
  if (rows.length === 0) return tape;
  const now = new Map(rows.map((row) => [row.id, row]));
  const renewed = (held: readonly TapeRow[]) =>
    held.some(({ id }) => now.has(id)) ? held.map((row) => now.get(row.id) ?? row) : held;
  const pages = new Map([...tape.pages].map(([page, held]) => [page, renewed(held)]));
  return { ...tape, live: renewed(tape.live), pages };
}

/** Add a page, newest first. */
export function withPage(tape: TapePages, page: number, rows: readonly TapeRow[]): TapePages {
  const last = rows[PAGE_ROWS - 1];
  const starts = last === undefined ? tape.starts : new Map(tape.starts).set(page + 1, last.id);
  return { ...tape, pages: new Map(tape.pages).set(page, rows), starts };
}

/** Let go of pages, those furthest from page `near` first. The newest stays: the others count from it. */
export function withFewer(tape: TapePages, near: number): TapePages {
  if (tape.pages.size <= PAGES_HELD) return tape;
  const distance = (page: number) => (page === 0 ? 0 : Math.abs(page - near));
  const kept = [...tape.pages].sort(([a], [b]) => distance(a) - distance(b)).slice(0, PAGES_HELD);
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

/** A page to ask for. */
export interface PageRequest {
  readonly page: number;
  /** Id of the print to count from; null for the newest. */
  readonly before: number | null;
  /** Prints between that one and the page. */
  readonly skip: number;
}

/** The first page to ask for so that rows `first` to `end` are held; null when they are. */
export function nextRequest(
  tape: TapePages,
  first: number,
  end: number,
  shown: number,
): PageRequest | null {
  const last = Math.min(end - shown, tape.paged) - 1;
  let page = Math.max(0, Math.floor((first - shown) / PAGE_ROWS));
  while (tape.pages.has(page)) page += 1;
  if (page * PAGE_ROWS > last) return null;
  const known = Math.max(...[...tape.starts.keys()].filter((start) => start <= page));
  return { page, before: tape.starts.get(known) ?? null, skip: (page - known) * PAGE_ROWS };
}
