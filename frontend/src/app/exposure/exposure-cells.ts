import { ExposureReply } from '../live/wire';
import { fixed, grouped } from '../ui/format';
import { MeasureKey } from './measures';

/** The unit that a column of dollars is shown in. */
export interface MoneyUnit {
  readonly sign: '$K' | '$M' | '$B';
  readonly dollars: number;
}

/** One strike's exposure, ready to show. */
export interface ExposureCell {
  /** In the column's unit; blank when unknown. */
  readonly text: string;
  /** Above zero (1), below (-1), or no bar. */
  readonly direction: 1 | 0 | -1;
  /** Length of the bar, per cent of the longest it may be. */
  readonly length: number;
  readonly wall: 'call' | 'put' | null;
}

/** What a column says of a strike without greeks. */
export const NO_CELL: ExposureCell = { text: '', direction: 0, length: 0, wall: null };

/** Bars under this share of the largest are noise, as in the ladder. */
const SMALLEST_BAR = 0.02;

/** The unit in which the largest of some dollars has one to four digits before its point. */
export function moneyUnit(largest: number): MoneyUnit {
  if (largest >= 1e10) return { sign: '$B', dollars: 1e9 };
  return largest >= 1e6 ? { sign: '$M', dollars: 1e6 } : { sign: '$K', dollars: 1e3 };
}

/** Dollars in a unit: signed, one decimal under ten; blank when unknown. */
export function moneyText(value: number | null, { dollars }: MoneyUnit): string {
  if (value === null) return '';
  const size = Math.abs(value) / dollars;
  if (size < 0.05) return '0';
  return (value < 0 ? '−' : '+') + (size < 9.95 ? fixed(size, 1) : grouped(size));
}

/** The largest magnitude of a measure in some strikes, $. */
export function largestExposure(
  reply: ExposureReply,
  key: MeasureKey,
  strikes: readonly number[],
): number {
  const shown = new Set(strikes);
  let largest = 0;
  for (const { strike, total } of reply.strikes) {
    if (total !== null && shown.has(strike)) largest = Math.max(largest, Math.abs(total[key]));
  }
  return largest;
}

/**
 * The cells of a column, by strike.
 *
 * @param largest What a full bar stands for, $.
 * @param previous Cells to use again where nothing changed.
 */
export function exposureCells(
  reply: ExposureReply,
  key: MeasureKey,
  largest: number,
  previous: ReadonlyMap<number, ExposureCell> = new Map(),
): ReadonlyMap<number, ExposureCell> {
  const unit = moneyUnit(largest);
  const { call_wall, put_wall } = reply.levels;
  return new Map(
    reply.strikes.map(({ strike, total }) => {
      const value = total?.[key] ?? null;
      const share = value === null || largest === 0 ? 0 : Math.min(1, Math.abs(value) / largest);
      const drawn = value !== null && share >= SMALLEST_BAR;
      const wall = strike === call_wall.value ? 'call' : strike === put_wall.value ? 'put' : null;
      const cell: ExposureCell = {
        text: moneyText(value, unit),
        direction: drawn ? (value > 0 ? 1 : -1) : 0,
        length: drawn ? Math.round(share * 1000) / 10 : 0,
        wall,
      };
      const old = previous.get(strike);
      return [strike, old !== undefined && sameCell(old, cell) ? old : cell] as const;
    }),
  );
}

function sameCell(a: ExposureCell, b: ExposureCell): boolean {
  return (
    a.text === b.text && a.direction === b.direction && a.length === b.length && a.wall === b.wall
  );
}

/**
 * Where a price lies on rows of strikes, in rows from the middle of the first.
 *
 * @param strikes Ascending.
 * @returns Null when it lies more than half a row beyond either end.
 */
export function rowPlace(strikes: readonly number[], price: number | null): number | null {
  const [lowest, highest] = [strikes[0], strikes.at(-1)];
  if (price === null || lowest === undefined || highest === undefined) return null;
  if (strikes.length === 1) return price === lowest ? 0 : null;
  const above = strikes.findIndex((strike) => strike > price);
  const upper = above < 0 ? strikes.length - 1 : Math.max(1, above);
  const [from, to] = [strikes[upper - 1] ?? lowest, strikes[upper] ?? highest];
  const place = upper - 1 + (price - from) / (to - from);
  return place < -0.5 || place > strikes.length - 0.5 ? null : place;
}
