import { TapeRow } from '../live/wire';

/** A place of the tape, and the print that stands in it. */
export interface TapePlace {
  /** How many prints are newer. */
  readonly index: number;
  /** Null while it is on its way. */
  readonly row: TapeRow | null;
}

/** The places from `first` on, reusing those in `previous` where the same print stands. */
export function tapePlaces(
  first: number,
  rows: readonly (TapeRow | null)[],
  previous: readonly TapePlace[],
): readonly TapePlace[] {
  return rows.map((row, offset) => {
    const old = previous[offset];
    const index = first + offset;
    return old?.index === index && old.row === row ? old : { index, row };
  });
}

/** Whether two are the same place, whatever stands there. */
export function isPlace(a: TapePlace, b: TapePlace): boolean {
  return a.index === b.index;
}
