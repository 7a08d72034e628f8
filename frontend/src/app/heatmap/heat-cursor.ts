import { movedIndex } from '../ui/cursor-keys';
import { HeatGrid } from './heat-grid';

/** A cell of the heatmap by what it stands for: columns are added and strikes come and go. */
export interface HeatCursor {
  /** First instant of its column, UNIX ms. */
  readonly time: number;
  readonly strike: number;
}

/** Where a cell lies in a grid; null when it has left it. */
export function cellOfCursor(
  grid: HeatGrid,
  { time, strike }: HeatCursor,
): { readonly column: number; readonly row: number } | null {
  const [column, row] = [grid.times.indexOf(time), grid.strikes.indexOf(strike)];
  return column < 0 || row < 0 ? null : { column, row };
}

/**
 * The cell that a key leads to: left and right through the day, up and down through the strikes.
 *
 * @param from Null begins at the newest column, at `home`.
 * @param home The strike at the money; null begins in the middle.
 * @param highFirst Whether higher strikes lie on top.
 * @returns Null for keys that lead nowhere.
 */
export function movedCursor(
  grid: HeatGrid,
  from: HeatCursor | null,
  key: string,
  home: number | null,
  highFirst: boolean,
): HeatCursor | null {
  const up = key === 'ArrowUp' ? 1 : key === 'ArrowDown' ? -1 : 0;
  const across = movedIndex(key, 0, grid.times.length) !== null;
  if ((up === 0 && !across) || grid.times.length === 0 || grid.strikes.length === 0) return null;
  const here = from === null ? null : cellOfCursor(grid, from);
  if (here === null) return at(grid, grid.times.length - 1, homeRow(grid, home));
  if (across) return at(grid, movedIndex(key, here.column, grid.times.length) ?? 0, here.row);
  const row = here.row + (highFirst ? up : -up);
  return at(grid, here.column, Math.min(grid.strikes.length - 1, Math.max(0, row)));
}

function homeRow(grid: HeatGrid, home: number | null): number {
  const row = home === null ? -1 : grid.strikes.indexOf(home);
  return row < 0 ? Math.floor(grid.strikes.length / 2) : row;
}

function at(grid: HeatGrid, column: number, row: number): HeatCursor {
  return { time: grid.times[column] ?? 0, strike: grid.strikes[row] ?? 0 };
}
