import { signal } from '@angular/core';
import { exposure, levels } from '../../testing/chain-fakes';
import { conventionOf } from '../exposure/conventions';
import { measureOf } from '../exposure/measures';
import { ExposureColumn } from './exposure-column';
import { LadderRow } from './ladder';

const row = (strike: number): LadderRow => ({
  ...{ strike, atTheMoney: false, inTheMoney: null, call: null, put: null },
});
const ASCENDING = [599, 600, 601].map(row);

function setUp(flip: number | null, spot: number | null, rows = [...ASCENDING].reverse()) {
  const told = levels({ flip: { value: flip, reason: null } });
  const reply = signal(exposure({ levels: told }));
  const store = {
    reply,
    measure: signal(measureOf('gex')),
    convention: signal(conventionOf('flow')),
  };
  const column = new ExposureColumn(store, {
    ascending: signal(ASCENDING),
    rows: signal(rows),
    height: signal(20),
    spot: signal(spot),
  });
  return { column, reply };
}

describe('ExposureColumn', () => {
  it.each([
    { flip: 599.5, spot: 600.5, tops: [40, 20], shift: null },
    { flip: 600.3, spot: 600.1, tops: [24, 28], shift: 'over' },
    { flip: 600.1, spot: 600.3, tops: [28, 24], shift: 'under' },
    { flip: null, spot: 600, tops: [null, 30], shift: null },
    { flip: 650, spot: null, tops: [null, null], shift: null },
  ])('draws flip $flip and spot $spot, the name beside the line', ({ flip, spot, tops, shift }) => {
    const { flip: over, spot: at, flipShift } = setUp(flip, spot).column.lines();
    expect([over, at].map((top) => top && Math.round(top))).toEqual(tops);
    expect(flipShift).toBe(shift);
  });

  it('turns over with the ladder', () => {
    expect(setUp(null, 600.5, ASCENDING).column.lines().spot).toBe(40);
  });

  it('keeps the cells that did not change', () => {
    const { column, reply } = setUp(600, 600);
    const before = column.cells();
    reply.update((told) => ({ ...told, strikes: [...told.strikes] }));
    const after = column.cells();
    expect(after).not.toBe(before);
    for (const [strike, cell] of before ?? []) expect(after?.get(strike)).toBe(cell);
    expect(before?.size).toBeGreaterThan(0);
  });
});
