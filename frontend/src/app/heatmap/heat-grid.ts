import { HeatmapReply } from '../live/wire';
import { easternClock } from '../ui/eastern-time';
import { dollars, signedCompact, strikeText } from '../ui/format';

/** What can be shown by strike and time. */
export type Lens = HeatmapReply['lens'];

/** The lenses, in the order of the menu. */
export const LENSES: readonly {
  readonly key: Lens;
  readonly name: string;
  readonly words: string;
}[] = [
  {
    key: 'gamma',
    name: 'Gamma',
    words: 'Dealers’ GEX at the end of each column, by the convention beside the ladder',
  },
  {
    key: 'charm',
    name: 'Charm',
    words: 'Dealers’ delta gained per hour that passes, at the end of each column',
  },
  {
    key: 'delta',
    name: 'Delta',
    words: 'Delta that customers bought (+) or sold (−) in each column, weighted',
  },
  { key: 'premium', name: 'Premium', words: 'Premium traded in each column' },
];

/** The rows of a heatmap that the ladder shows, and what they hold. */
export interface HeatGrid {
  /** Ascending. */
  readonly strikes: readonly number[];
  /** First instants of the columns, UNIX ms. */
  readonly times: readonly number[];
  /** Length of a column, ms. */
  readonly step: number;
  readonly spot: readonly (number | null)[];
  /** By column, then by strike. */
  readonly values: readonly (readonly (number | null)[])[];
  /** What the strongest colour stands for. */
  readonly largest: number;
}

/** More rows than these are cut to what can be seen in them. */
const MOST_ROWS = 42;
/** Values under this share of the largest have no colour that can be seen. */
const SEEN = 0.01;
/** Rows left around what is seen. */
const SPARE_ROWS = 2;

/**
 * Cut a heatmap to the strikes from the lowest to the highest of some others: the ladder's.
 * Without any of them all are kept. Of many strikes those far away, where nothing is seen, go.
 */
export function heatGrid(reply: HeatmapReply, window: readonly number[]): HeatGrid {
  const [low, high] = [Math.min(...window), Math.max(...window)];
  const all = reply.strikes.flatMap((strike, index) =>
    window.length === 0 || (strike >= low && strike <= high) ? [index] : [],
  );
  const places = all.length > MOST_ROWS ? seenPlaces(reply, all) : all;
  const values = reply.values.map((column) => places.map((index) => column[index] ?? null));
  let largest = 0;
  for (const column of values) {
    for (const value of column) largest = Math.max(largest, Math.abs(value ?? 0));
  }
  return {
    strikes: places.map((index) => reply.strikes[index] ?? 0),
    times: reply.t,
    step: reply.interval_s * 1000,
    spot: reply.spot,
    values,
    largest,
  };
}

/** The places between the outermost that have a colour or spot on them. */
function seenPlaces(reply: HeatmapReply, places: readonly number[]): readonly number[] {
  const peaks = places.map(() => 0);
  for (const column of reply.values) {
    places.forEach((place, index) => {
      peaks[index] = Math.max(peaks[index] ?? 0, Math.abs(column[place] ?? 0));
    });
  }
  const least = SEEN * Math.max(...peaks);
  const spots = reply.spot.filter((spot) => spot !== null);
  const [from, to] = [Math.min(...spots), Math.max(...spots)];
  const isSeen = (place: number, index: number) => {
    const strike = reply.strikes[place] ?? NaN;
    return (peaks[index] ?? 0) > least || (strike >= from && strike <= to);
  };
  const seen = places.flatMap((place, index) => (isSeen(place, index) ? [index] : []));
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined) return places;
  return places.slice(Math.max(0, first - SPARE_ROWS), last + SPARE_ROWS + 1);
}

/** What lies in a cell of a grid, in words; null beside it. */
export function cellWords(
  grid: HeatGrid,
  column: number,
  row: number,
  lens: Lens,
  unit: string,
): string | null {
  const [time, strike] = [grid.times[column], grid.strikes[row]];
  if (time === undefined || strike === undefined) return null;
  const value = grid.values[column]?.[row] ?? null;
  const figure = value === null ? 'unknown' : valueText(value, lens, unit);
  return `${easternClock(time)} · ${strikeText(strike)} · ${figure}`;
}

/** A value with its sign and unit. */
export function valueText(value: number, lens: Lens, unit: string): string {
  if (lens === 'delta') return `${signedCompact(value)} ${unit}`.trimEnd();
  const plus = lens !== 'premium' && value > 0 ? '+' : '';
  const per = lens === 'premium' ? '' : unit.replace(/^\$/, '');
  return plus + dollars(value) + per;
}
