import { TapeRow } from '../live/wire';

/** A place of the tape, and the print that stands in it. */
export interface TapePlace {
  /** Of which tape: another one, as after a new filter, is shown whole and at once. */
  readonly tape: object;
  /** How many prints are newer. */
  readonly index: number;
  /** Null while it is on its way. */
  readonly row: TapeRow | null;
}

/** The places of a tape from `first` on, reusing those in `previous` where the same print stands. */
export function tapePlaces(
  tape: object,
  first: number,
  rows: readonly (TapeRow | null)[],
  previous: readonly TapePlace[],
): readonly TapePlace[] {
  return rows.map((row, offset) => {
    const old = previous[offset];
    const index = first + offset;
    const place = { tape, index, row };
    return old?.row === row && isPlace(old, place) ? old : place;
  });
}

/** Whether two are the same place, whatever stands there. */
export function isPlace(a: TapePlace, b: TapePlace): boolean {
  return a.tape === b.tape && a.index === b.index;
}
