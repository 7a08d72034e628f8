import { cellOfCursor, movedCursor } from './heat-cursor';
import { HeatGrid } from './heat-grid';

const grid: HeatGrid = {
  strikes: [599, 600, 601],
  times: [1000, 2000, 3000],
  step: 1000,
  spot: [600, 600, 600],
  values: [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
  largest: 9,
};
const middle = { time: 2000, strike: 600 };

describe('the cursor of the heatmap', () => {
  it('begins at the newest column, at the money', () => {
    expect(movedCursor(grid, null, 'ArrowLeft', 601, true)).toEqual({ time: 3000, strike: 601 });
    expect(movedCursor(grid, null, 'ArrowUp', null, true)).toEqual({ time: 3000, strike: 600 });
  });

  it('goes through the day and through the strikes as they lie, and not beyond', () => {
    const to = (key: string, highFirst = true) => movedCursor(grid, middle, key, null, highFirst);
    expect(to('ArrowRight')).toEqual({ time: 3000, strike: 600 });
    expect(to('Home')).toEqual({ time: 1000, strike: 600 });
    expect(to('ArrowUp')).toEqual({ time: 2000, strike: 601 });
    expect(to('ArrowUp', false)).toEqual({ time: 2000, strike: 599 });
    expect(movedCursor(grid, { time: 3000, strike: 601 }, 'ArrowUp', null, true)).toEqual({
      time: 3000,
      strike: 601,
    });
    expect(to('Enter')).toBeNull();
  });

  it('stays on its cell while columns are added and strikes change', () => {
    const later = { ...grid, strikes: [600, 601, 602], times: [2000, 3000, 4000] };
    expect(cellOfCursor(later, middle)).toEqual({ column: 0, row: 0 });
    expect(cellOfCursor({ ...grid, strikes: [601, 602] }, middle)).toBeNull();
  });

  it('goes nowhere where there is nothing', () => {
    expect(movedCursor({ ...grid, times: [] }, null, 'ArrowLeft', 600, true)).toBeNull();
  });
});
