import { TapeRow } from '../live/wire';

/** A print, or null for one that is on its way, with the key of its element. */
export interface KeyedRow {
  readonly row: TapeRow | null;
  readonly key: number;
}

/** The rows that are drawn. */
export interface KeyedRows {
  readonly rows: readonly KeyedRow[];
  /** Numbers of their prints, by id. */
  readonly numbers: ReadonlyMap<number, number>;
  /** What a print's number lacks of its place from the oldest. */
  readonly behind: number;
}

/**
 * Give rows the keys of their elements. A print keeps its element while others come above it, and
 * hands it on when it leaves the view: in a burst every row would else be made anew several times a
 * second. Where the places leap, as when older prints become known, prints that stay keep theirs too.
 *
 * @param rows Newest first.
 * @param place Of the first row among all prints, counted from the oldest.
 */
export function keyedRows(
  rows: readonly (TapeRow | null)[],
  place: number,
  previous?: KeyedRows,
): KeyedRows {
  const known = rows.findIndex((row) => previous?.numbers.has(row?.id ?? -1));
  const number = previous?.numbers.get(rows[known]?.id ?? -1);
  const behind = number === undefined ? (previous?.behind ?? 0) : place - known - number;
  const first = place - behind;
  return {
    rows: rows.map((row, index) => ({ row, key: remainder(first - index, rows.length) })),
    numbers: new Map(rows.flatMap((row, index) => (row === null ? [] : [[row.id, first - index]]))),
    behind,
  };
}

function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
