import { easternMinute } from './eastern-time';
import { Size } from './sizes';

/** Where a picture leaves room for its axes, px. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The same in every picture of the right column, so that one time is one line down the page. */
export const PLOT_MARGINS: Margins = { left: 50, right: 58, top: 8, bottom: 20 };

/** From values to px, and back. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  px(value: number): number;
  value(px: number): number;
}

/** A straight scale; a stretch of no length lies in the middle. */
export function scale(from: number, to: number, start: number, end: number): Scale {
  const length = to - from;
  return {
    from,
    to,
    px: (value) =>
      length === 0 ? (start + end) / 2 : start + ((value - from) / length) * (end - start),
    value: (px) => (end === start ? from : from + ((px - start) / (end - start)) * length),
  };
}

/** Left to right. */
export function acrossScale(from: number, to: number, size: Size, margins: Margins): Scale {
  return scale(from, to, margins.left, size.width - margins.right);
}

/** Bottom to top. */
export function upScale(from: number, to: number, size: Size, margins: Margins): Scale {
  return scale(from, to, size.height - margins.bottom, margins.top);
}

/** One mark of an axis. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

const MINUTE_MS = 60_000;
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120];

/** Round times between two, UNIX ms, at most `most` of them. */
export function timeTicks(from: number, to: number, most: number): readonly Tick[] {
  const minutes = MINUTES.find((step) => (to - from) / (step * MINUTE_MS) < most) ?? 240;
  const step = minutes * MINUTE_MS;
  const ticks: Tick[] = [];
  // Eastern time is whole hours from UTC, so that full steps of it are full steps of UTC.
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    ticks.push({ at, text: easternMinute(at) });
  }
  return ticks;
}

/** Round numbers between two, at most `most` of them. */
export function roundTicks(from: number, to: number, most: number): readonly number[] {
  const rough = (to - from) / Math.max(1, most);
  if (!(rough > 0)) return [];
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const ticks: number[] = [];
  for (let count = Math.ceil(from / step - 1e-9); count * step <= to + step * 1e-9; count++) {
    ticks.push(Number((count * step).toPrecision(12)));
  }
  return ticks;
}

/** A path of points, broken where one is unknown; steps hold the value before. */
export function pathOf(
  points: readonly (readonly [number, number] | null)[],
  stepped = false,
): string {
  let path = '';
  let down = false;
  for (const point of points) {
    if (point === null) {
      down = false;
      continue;
    }
    const [x, y] = [point[0].toFixed(1), point[1].toFixed(1)];
    path += down ? (stepped ? `H${x}V${y}` : `L${x} ${y}`) : `M${x} ${y}`;
    down = true;
  }
  return path;
}
