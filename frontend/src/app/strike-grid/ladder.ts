import { ExposureCell } from '../exposure/exposure-cells';
import { ContractRow, SessionInfo } from '../live/wire';
import { Column, ColumnKey } from './columns';

/** One strike of the ladder. The same object as before as long as nothing in it changed. */
export interface LadderRow {
  /** USD. */
  readonly strike: number;
  /** The listed strike nearest to spot. */
  readonly atTheMoney: boolean;
  /** The side that is in the money; null without a spot, or on it. */
  readonly inTheMoney: 'C' | 'P' | null;
  /** Null when nothing is known of the contract. */
  readonly call: ContractRow | null;
  readonly put: ContractRow | null;
}

/** The rows of the window, lowest strike first, reusing what did not change in `previous`. */
export function ladderRows(
  session: Pick<SessionInfo, 'strikes' | 'atm' | 'spot'>,
  contracts: Iterable<ContractRow>,
  previous: readonly LadderRow[],
): readonly LadderRow[] {
  const calls = new Map<number, ContractRow>();
  const puts = new Map<number, ContractRow>();
  for (const row of contracts) (row.type === 'C' ? calls : puts).set(row.strike_price, row);
  const before = new Map(previous.map((row) => [row.strike, row]));
  const rows = session.strikes.map((strike) => {
    const next: LadderRow = {
      strike,
      atTheMoney: strike === session.atm,
      inTheMoney: sideInTheMoney(strike, session.spot),
      call: calls.get(strike) ?? null,
      put: puts.get(strike) ?? null,
    };
    const old = before.get(strike);
    return old !== undefined && sameRow(old, next) ? old : next;
  });
  const unchanged =
    rows.length === previous.length && rows.every((row, index) => row === previous[index]);
  return unchanged ? previous : rows;
}

function sideInTheMoney(strike: number, spot: number | null): 'C' | 'P' | null {
  if (spot === null || strike === spot) return null;
  return strike < spot ? 'C' : 'P';
}

function sameRow(a: LadderRow, b: LadderRow): boolean {
  return (
    a.call === b.call &&
    a.put === b.put &&
    a.atTheMoney === b.atTheMoney &&
    a.inTheMoney === b.inTheMoney
  );
}

/** What a full bar of each measure stands for, calls and puts alike. */
export type Scales = Readonly<Partial<Record<ColumnKey, number>>>;

/** One strike across the page: its row, what its bars are drawn to, and dealers' exposure on it. */
export interface LadderLine {
  readonly row: LadderRow;
  readonly scales: Scales;
  /** Null where the column is not shown. */
  readonly exposure: ExposureCell | null;
}

/** Rows with their exposure, reusing the lines in `previous` that did not change. */
export function ladderLines(
  rows: readonly LadderRow[],
  scales: Scales,
  exposureOf: (strike: number) => ExposureCell | null,
  previous: readonly LadderLine[],
): readonly LadderLine[] {
  const before = new Map(previous.map((line) => [line.row.strike, line]));
  return rows.map((row) => {
    const exposure = exposureOf(row.strike);
    const old = before.get(row.strike);
    const isSame = old?.row === row && old.scales === scales && old.exposure === exposure;
    return isSame ? old : { row, scales, exposure };
  });
}

/** The largest magnitude of each measure in the window, rounded up so that bars seldom rescale. */
export function ladderScales(rows: readonly LadderRow[], columns: readonly Column[]): Scales {
  const scales: Partial<Record<ColumnKey, number>> = {};
  for (const column of columns) {
    if (column.bar === null) continue;
    let largest = 0;
    for (const { call, put } of rows) {
      for (const contract of [call, put]) {
        const value = contract === null ? null : column.value(contract);
        if (value !== null) largest = Math.max(largest, Math.abs(value));
      }
    }
    if (largest > 0) scales[column.key] = roundedUp(largest);
  }
  return scales;
}

/** Up to the next tenth of the leading digit under 2, the next half of it from there on. */
function roundedUp(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = magnitude * (value < 2 * magnitude ? 0.1 : 0.5);
  return Math.ceil(value / step) * step;
}

/** Whether two scales draw the same bars. */
export function sameScales(a: Scales, b: Scales): boolean {
  const keys = Object.keys(a) as ColumnKey[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** A bar under a figure, drawn as the background of its cell. */
export interface Bar {
  /** Which way it grows: from the cell's middle, or from the edge by the strike. */
  readonly from: 'plus' | 'minus' | 'strike';
  /** Length, whole per cent of the cell. */
  readonly percent: number;
}

/** Bars under this share of the largest are noise. */
const SMALLEST_BAR = 0.02;
/** Room for a full bar, per cent of the cell: one way, and each of two ways. */
const FULL_ONE_WAY = 88;
const FULL_TWO_WAYS = 46;

/** The bar for a value; null when there is none to draw. */
export function barOf(column: Column, value: number | null, scales: Scales): Bar | null {
  const full = scales[column.key];
  if (column.bar === null || value === null || full === undefined) return null;
  const share = Math.min(1, Math.abs(value) / full);
  if (share < SMALLEST_BAR) return null;
  if (column.bar !== 'diverging') {
    return { from: 'strike', percent: Math.round(share * FULL_ONE_WAY) };
  }
  const percent = Math.max(1, Math.round(share * FULL_TWO_WAYS));
  return { from: value > 0 ? 'plus' : 'minus', percent };
}

/**
 * Where CSS must place a bar that grows from the cell's middle, per cent. A background's position
 * is a share of the room that the image leaves.
 */
export function barPosition({ from, percent }: Bar): number {
  const left = from === 'plus' ? 50 : 50 - percent;
  return (100 * left) / (100 - percent);
}

/** The sum of a measure over one side of the window; null when nothing is known. */
export function columnSum(
  rows: readonly LadderRow[],
  type: 'C' | 'P',
  column: Column,
): number | null {
  let sum: number | null = null;
  for (const row of rows) {
    const contract = type === 'C' ? row.call : row.put;
    const value = contract === null ? null : column.value(contract);
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}
