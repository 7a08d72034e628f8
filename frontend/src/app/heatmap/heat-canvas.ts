import { Scale } from '../ui/plot-axes';
import { Size } from '../ui/sizes';
import { heatColour, Rgb } from './heat-colours';
import { HeatGrid } from './heat-grid';

/** A heatmap's cells, and where they lie. */
export interface HeatPlace {
  readonly grid: HeatGrid;
  readonly size: Size;
  /** From UNIX ms. */
  readonly x: Scale;
  /** From rows, counted from the lowest strike. */
  readonly y: Scale;
}

/** Paint the cells. Unknown ones stay bare. */
export function paintHeat(
  canvas: HTMLCanvasElement,
  { grid, size, x, y }: HeatPlace,
  stops: readonly Rgb[],
): void {
  const density = window.devicePixelRatio;
  canvas.width = Math.round(size.width * density);
  canvas.height = Math.round(size.height * density);
  const context = canvas.getContext('2d');
  if (context === null || grid.largest === 0) return;
  context.scale(density, density);
  const row = Math.abs(y.px(1) - y.px(0));
  // A hair between rows, where there is room for one.
  const height = row > 6 ? row - 1 : row;
  grid.values.forEach((column, index) => {
    const time = grid.times[index] ?? 0;
    const left = x.px(time);
    const width = x.px(time + grid.step) - left + 0.4;
    column.forEach((value, strike) => {
      if (value === null || value === 0) return;
      context.fillStyle = `rgb(${heatColour(value / grid.largest, stops).join()})`;
      context.fillRect(left, y.px(strike) - row / 2, width, height);
    });
  });
}
