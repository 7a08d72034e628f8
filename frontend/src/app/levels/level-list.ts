import { ExposurePoint, Levels } from '../live/wire';
import { fixed, strikeText } from '../ui/format';

/** The levels on the strip. */
export type LevelKey = 'call_wall' | 'put_wall' | 'flip' | 'max_pain' | 'expected_move';

/** One level of the chain. */
export interface LevelInfo {
  readonly key: LevelKey;
  readonly name: string;
  /** What is added to the name where there is room. */
  readonly addition: string;
  /** How it is made. */
  readonly about: string;
  /** Whether it jumps from strike to strike. */
  readonly stepped: boolean;
  readonly text: (value: number) => string;
}

/** The strip, left to right. */
export const LEVELS: readonly LevelInfo[] = [
  {
    key: 'call_wall',
    name: 'Call wall',
    addition: '',
    about: 'The strike at or over spot with the most positive net GEX',
    stepped: true,
    text: strikeText,
  },
  {
    key: 'put_wall',
    name: 'Put wall',
    addition: '',
    about: 'The strike at or under spot with the most negative net GEX',
    stepped: true,
    text: strikeText,
  },
  {
    key: 'flip',
    name: 'Flip',
    addition: '',
    about: 'The spot nearest to now at which GEX, priced anew, is zero',
    stepped: false,
    text: (value) => fixed(value, 2),
  },
  {
    key: 'max_pain',
    name: 'Max pain',
    addition: '',
    about: 'The strike at which last night’s open interest would pay out least',
    stepped: true,
    text: strikeText,
  },
  {
    key: 'expected_move',
    name: 'Move left',
    addition: ', 1 sd',
    about: 'One standard deviation of spot to the close: S·σ·√T',
    stepped: false,
    text: (value) => `±${fixed(value, 2)}`,
  },
];

/** One level, ready to show. */
export interface LevelLine {
  readonly key: LevelKey;
  readonly name: string;
  readonly addition: string;
  /** Blank when there is none. */
  readonly text: string;
  /** How it is made, or why there is none. */
  readonly hint: string;
  /** Points of its path through the day in a box of 34 by 14; blank without two. */
  readonly spark: string;
}

/** The strip's lines. Without an answer all are blank. */
export function levelLines(
  levels: Levels | null,
  points: readonly ExposurePoint[],
): readonly LevelLine[] {
  return LEVELS.map(({ key, name, addition, about, stepped, text }) => {
    const level = levels?.[key] ?? null;
    const value = level?.value ?? null;
    const reason = level?.reason ?? 'no answer of the server yet';
    return {
      key,
      name,
      addition,
      text: value === null ? '' : text(value),
      hint: value === null ? `Unknown: ${reason}. ${about}` : about,
      spark: sparkPoints(
        points.map((point) => point[key]),
        stepped,
      ),
    };
  });
}

const WIDTH = 34;
const TOP = 2;
const BOTTOM = 12;

/**
 * A path as the points of an SVG polyline. Unknown values are left out: in so small a picture a
 * gap is nothing but a dot.
 */
export function sparkPoints(values: readonly (number | null)[], stepped: boolean): string {
  const known = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  if (known.length < 2) return '';
  const [low, high] = extent(known.map(({ value }) => value));
  const last = values.length - 1;
  const y = (value: number) =>
    high === low ? (TOP + BOTTOM) / 2 : BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP);
  const points: string[] = [];
  known.forEach(({ value, index }, place) => {
    const x = round((index / last) * WIDTH);
    const before = known[place - 1];
    if (stepped && before !== undefined) points.push(`${x},${round(y(before.value))}`);
    points.push(`${x},${round(y(value))}`);
  });
  return points.join(' ');
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
