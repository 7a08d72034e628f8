import { print } from '../../testing/frames';
import { KeyedRows, keyedRows } from './row-keys';

/** Prints of these ids, newest first. */
const prints = (...ids: number[]) => ids.map((id) => print({ id }));

/** The key of each print, by its id. */
const keys = ({ rows }: KeyedRows) => new Map(rows.map(({ row, key }) => [row?.id, key]));

describe('keyedRows', () => {
  it('keeps the element of a print while others come above it, and hands on the rest', () => {
    const before = keyedRows(prints(12, 11, 10), 13);
    const after = keyedRows(prints(14, 13, 12), 15, before);
    expect(keys(after).get(12)).toBe(keys(before).get(12));
    expect([...keys(after).values()].sort()).toEqual([0, 1, 2]);
  });

  it('keeps it too when older prints become known', () => {
    const before = keyedRows(prints(612, 611, 610), 3);
    const anchored = keyedRows(prints(612, 611, 610), 613, before);
    expect(keys(anchored)).toEqual(keys(before));
    const after = keyedRows(prints(613, 612, 611), 614, anchored);
    expect(keys(after).get(612)).toBe(keys(before).get(612));
  });

  it('knows places that come before the first one told', () => {
    const before = keyedRows(prints(612, 611, 610), 613);
    expect(keys(keyedRows(prints(612, 611, 610), 3, before))).toEqual(keys(before));
  });

  it('begins anew where nothing stays, also with prints on their way', () => {
    const before = keyedRows(prints(12, 11, 10), 13);
    const after = keyedRows([null, null], 6, before);
    expect(after.rows.map(({ key }) => key)).toEqual([0, 1]);
    expect(keyedRows([], 0, after).rows).toEqual([]);
  });
});
