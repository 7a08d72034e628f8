import { ContractRow } from '../live/wire';
import { strikeText } from '../ui/format';
import { Column } from './columns';
import { Bar, barOf, barPosition, LadderRow, Scales } from './ladder';

/** One figure, ready to show. */
export interface Cell {
  /** Side and measure, stable for the life of the row. */
  readonly key: string;
  /** Blank when unknown. */
  readonly text: string;
  readonly classes: string;
  /** Why it is blank; null when it is not. */
  readonly reason: string | null;
  /** The second line; blank where there is none. */
  readonly detail: string;
  /** Class of the second line: the colour of its sign, if it has one. */
  readonly detailTone: string;
  /** Length and place of the bar, per cent; null when none is drawn. */
  readonly barLength: number | null;
  readonly barPlace: number | null;
}

const NOTHING = 'Unknown: nothing came for this contract yet';

/** The figures of one side of a row. */
export function cellsOf(
  row: LadderRow,
  type: 'C' | 'P',
  columns: readonly Column[],
  scales: Scales,
): readonly Cell[] {
  const contract = type === 'C' ? row.call : row.put;
  const inTheMoney = row.inTheMoney === type ? ' itm' : '';
  return columns.map((column) => cellOf(contract, type, column, scales, inTheMoney));
}

function cellOf(
  contract: ContractRow | null,
  type: 'C' | 'P',
  column: Column,
  scales: Scales,
  inTheMoney: string,
): Cell {
  const value = contract === null ? null : column.value(contract);
  const text = column.text(value);
  const bar = barOf(column, value, scales);
  return {
    key: type + column.key,
    text,
    classes: toneOf(column, value, text) + inTheMoney + barClasses(bar, column, type),
    reason: text === '' ? (contract === null ? NOTHING : column.unknown) : null,
    detail: contract === null ? '' : (column.detail?.text(contract) ?? ''),
    detailTone: signTone(contract === null ? 0 : (column.detail?.sign(contract) ?? 0)),
    barLength: bar?.percent ?? null,
    barPlace: bar === null || bar.from === 'strike' ? null : barPosition(bar),
  };
}

/** Class of a figure: the colour of its sign when it is a flow, else how far it steps back. */
export function toneOf(column: Column, value: number | null, text: string): string {
  if (column.tone !== 'flow') return column.tone;
  if (value === null || text === '0') return 'quiet';
  return value > 0 ? 'buy' : 'sell';
}

function signTone(sign: number): string {
  return sign > 0 ? 'buy' : sign < 0 ? 'sell' : '';
}

function barClasses(bar: Bar | null, column: Column, type: 'C' | 'P'): string {
  if (bar === null) return '';
  if (bar.from !== 'strike') return ` bar ${bar.from}`;
  const colour = column.bar === 'volume' ? 'of-volume' : type === 'C' ? 'of-call' : 'of-put';
  return ` bar ${type === 'C' ? 'to-right' : 'to-left'} ${colour}`;
}

/** Where a row stands, for a screen reader. */
export function rowLabel(row: LadderRow): string {
  const strike = strikeText(row.strike);
  return row.atTheMoney ? `${strike}, at the money` : strike;
}
