import { print } from '../../testing/frames';
import {
  anchored,
  livePages,
  nextRequest,
  PAGE_ROWS,
  PAGES_HELD,
  rowAt,
  withChanged,
  withFewer,
  withLive,
  withPage,
} from './tape-pages';

/** Prints of falling ids, newest first. */
const rows = (newest: number, count: number) =>
  Array.from({ length: count }, (_, index) => print({ id: newest - index }));

/** A day of 3000 prints, 0 to 2999, of which the newest page is held; three came since. */
const day = anchored(rows(2999, PAGE_ROWS), 3000, [...rows(2998, 1), ...rows(3002, 3).reverse()]);

const idAt = (index: number, shown = 3) => rowAt(day, index, shown)?.id;

describe('the pages of the tape', () => {
  it('has what came since on top, and what was told already once', () => {
    expect(day.live.map(({ id }) => id)).toEqual([3000, 3001, 3002]);
    expect([idAt(0), idAt(2), idAt(3), idAt(502)]).toEqual([3002, 3000, 2999, 2500]);
    expect(idAt(503)).toBeUndefined();
  });

  it('stands still when only some of the live ones are shown', () => {
    expect([idAt(0, 1), idAt(1, 1)]).toEqual([3000, 2999]);
  });

  it('puts a print that changed in its place, live or in a page, and adds none', () => {
    const changed = [print({ id: 3001, size: 77 }), print({ id: 2500, size: 78 })];
    const now = withChanged(day, [...changed, print({ id: 5, size: 79 })]);
    const sizeAt = (index: number) => rowAt(now, index, 3)?.size;
    expect([sizeAt(0), sizeAt(1), sizeAt(502), sizeAt(503)]).toEqual([12, 77, 78, undefined]);
    expect(now.live).toHaveLength(3);
    expect(now.pages.size).toBe(1);
    expect(withChanged(day, [])).toBe(day);
  });

  it('replaces a live print that is sent again', () => {
    const again = withLive(day, [print({ id: 3001, size: 77 }), print({ id: 3003 })]);
    expect(again.live.map(({ id, size }) => [id, size])).toEqual([
      [3000, 12],
      [3001, 77],
      [3002, 12],
      [3003, 12],
    ]);
    expect(withLive(day, [])).toBe(day);
  });

  it('asks for the next page by the last print of the one before', () => {
    expect(nextRequest(day, 0, 40, 3)).toBeNull();
    expect(nextRequest(day, 490, 530, 3)).toEqual({ page: 1, before: 2500, skip: 0 });
  });

  it('counts to a page far down from the nearest one that it knows', () => {
    expect(nextRequest(day, 2600, 2640, 3)).toEqual({ page: 5, before: 2500, skip: 2000 });
    const leapt = withPage(day, 5, rows(499, PAGE_ROWS));
    expect(nextRequest(leapt, 2600, 2640, 3)).toBeNull();
    expect(rowAt(leapt, 2600, 3)?.id).toBe(402);
    expect(nextRequest(leapt, 2200, 2240, 3)).toEqual({ page: 4, before: 2500, skip: 1500 });
  });

  it('asks for nothing beyond the first print of the day', () => {
    const end = withPage(day, 5, rows(499, PAGE_ROWS));
    expect(nextRequest(end, 2990, 3050, 3)).toBeNull();
    expect(rowAt(end, 3003, 3)).toBeNull();
  });

  it('lets go of pages far away, and finds them again by where they begin', () => {
    const numbers = Array.from({ length: PAGES_HELD + 3 }, (_, page) => page);
    const long = numbers.reduce(
      (tape, page) => withPage(tape, page, rows(100_000 - page * PAGE_ROWS, PAGE_ROWS)),
      { ...livePages([]), paged: numbers.length * PAGE_ROWS },
    );
    const fewer = withFewer(long, 0);
    expect([fewer.pages.size, fewer.pages.has(PAGES_HELD)]).toEqual([PAGES_HELD, false]);
    const down = withFewer(long, PAGES_HELD + 2);
    expect([down.pages.has(0), down.pages.has(2)]).toEqual([true, false]);
    const place = (PAGES_HELD + 1) * PAGE_ROWS;
    expect(nextRequest(fewer, place, place + 10, 0)).toEqual({
      page: PAGES_HELD + 1,
      before: 100_001 - place,
      skip: 0,
    });
  });
});
