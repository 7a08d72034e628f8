import { rowsInView, rowWindow, sameWindow } from './row-window';

const ROW = 20;

describe('a window of rows', () => {
  it('holds every row in view, wherever the list is scrolled', () => {
    for (let top = 0; top <= 151 * ROW - 500; top += 7) {
      const { first, end } = rowWindow(top, 500, ROW, 151);
      expect(first * ROW).toBeLessThanOrEqual(top);
      expect(end * ROW).toBeGreaterThanOrEqual(top + 500);
      expect(end - first).toBeLessThan(40);
    }
  });

  it('begins with the first row and ends with the last', () => {
    expect(rowWindow(0, 500, ROW, 151).first).toBe(0);
    expect(rowWindow(-50, 500, ROW, 151).first).toBe(0);
    expect(rowWindow(99_999, 500, ROW, 151).end).toBe(151);
  });

  it('holds all of a short list, and all before the room is known', () => {
    expect(rowWindow(0, 500, ROW, 7)).toEqual({ first: 0, end: 7 });
    expect(rowWindow(0, null, ROW, 151)).toEqual({ first: 0, end: 151 });
  });

  it('stays while the scroll is small', () => {
    const at = (top: number) => rowWindow(top, 500, ROW, 151);
    expect(sameWindow(at(1200), at(1210))).toBe(true);
    expect(sameWindow(at(1200), at(1400))).toBe(false);
  });

  it('tells which of the drawn rows are in view', () => {
    const drawn = { first: 6, end: 25 };
    expect(rowsInView(190, 200, 20, drawn)).toEqual({ first: 3, end: 14 });
    expect(rowsInView(-5, 1000, 20, drawn)).toEqual({ first: 0, end: 19 });
    expect(rowsInView(0, null, 20, drawn)).toEqual({ first: 0, end: 19 });
  });
});
