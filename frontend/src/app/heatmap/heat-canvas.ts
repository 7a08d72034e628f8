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

/** Shades on either side of zero: more than can be told apart. */
const SHADES = 127;
/** From here on a row has a hair between itself and the next, px. */
const HAIR_FROM = 6;

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
  const [first, last] = [grid.times[0], grid.times.at(-1)];
  if (context === null || first === undefined || last === undefined || grid.largest === 0) return;
  context.scale(density, density);
  // A pixel a cell, drawn out to its place at once: to fill each cell takes a late day's frame.
  context.imageSmoothingEnabled = false;
  const [left, right] = [x.px(first), x.px(last + grid.step)];
  const row = Math.abs(y.px(1) - y.px(0));
  const [bottom, top] = [y.px(-0.5), y.px(grid.strikes.length - 0.5)];
  const highFirst = top < bottom;
  const cells = cellPixels(canvas, grid, stops, highFirst);
  context.drawImage(cells, left, Math.min(top, bottom), right - left, Math.abs(bottom - top));
  if (row <= HAIR_FROM) return;
  for (let index = 0; index < grid.strikes.length; index += 1) {
    context.clearRect(left, y.px(index) + row / 2 - 1, right - left, 1);
  }
}

/** Paint nothing: what was there is not of what is shown now. */
export function clearHeat(canvas: HTMLCanvasElement): void {
  canvas.width = 0;
}

/** A picture with a pixel for each cell, columns from left to right. */
function cellPixels(
  { ownerDocument }: HTMLCanvasElement,
  grid: HeatGrid,
  stops: readonly Rgb[],
  highFirst: boolean,
): HTMLCanvasElement {
  const shades = shadesOf(stops);
  const [width, height] = [grid.values.length, grid.strikes.length];
  const pixels = new Uint32Array(width * height);
  for (let column = 0; column < width; column += 1) {
    const values = grid.values[column] ?? [];
    for (let strike = 0; strike < height; strike += 1) {
      const value = values[strike] ?? 0;
      const line = highFirst ? height - 1 - strike : strike;
      const shade = Math.round((value / grid.largest) * SHADES);
      if (value !== 0) pixels[line * width + column] = shades[SHADES + shade] ?? 0;
    }
  }
  const picture = ownerDocument.createElement('canvas');
  [picture.width, picture.height] = [width, height];
  const bytes = new Uint8ClampedArray(pixels.buffer);
  picture.getContext('2d')?.putImageData(new ImageData(bytes, width, height), 0, 0);
  return picture;
}

/** The colours from the most negative to the most positive, each the bytes red, green, blue, opaque. */
function shadesOf(stops: readonly Rgb[]): Uint32Array {
  const bytes = new Uint8Array(4 * (2 * SHADES + 1));
  for (let shade = -SHADES; shade <= SHADES; shade += 1) {
    bytes.set([...heatColour(shade / SHADES, stops), 255], 4 * (SHADES + shade));
  }
  return new Uint32Array(bytes.buffer);
}
