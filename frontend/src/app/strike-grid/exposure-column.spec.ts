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
    { flip: 599.5, spot: 600.5, tops: [40, 20], shift: -4 },
    { flip: 600.3, spot: 600.1, tops: [24, 28], shift: -8 },
    { flip: 600.1, spot: 600.3, tops: [28, 24], shift: 8 },
    { flip: null, spot: 600, tops: [null, 30], shift: 0 },
    { flip: 650, spot: null, tops: [null, null], shift: 0 },
  ])('draws flip $flip and spot $spot, the name beside the line', ({ flip, spot, tops, shift }) => {
    const { flip: over, spot: at, flipShift } = setUp(flip, spot).column.lines();
    expect([over, at].map((top) => top && Math.round(top))).toEqual(tops);
    expect(flipShift).toBe(shift);
  });

  it('keeps the name of the flip out of bars, and out of the name of a wall', () => {
    const lines = (flip: number) => setUp(flip, null).column.lines();
    // The call wall's bar goes right, the put wall's left; the name of either is beside it.
    expect(lines(600.9)).toMatchObject({ flipWall: 'left', flipSide: 'left' });
    expect(lines(600.9).flipShift).toBeCloseTo(12);
    expect(lines(601.2).flipShift).toBeCloseTo(-10);
    expect(lines(599.1)).toMatchObject({ flipWall: 'right', flipSide: 'right' });
    expect(lines(600.1)).toMatchObject({ flipWall: null, flipSide: 'left', flipShift: 0 });
  });

  it('has the strikes’ sum under them, and beside it what a whole move comes to', () => {
    const { column, reply } = setUp(null, null);
    expect([column.total(), column.finite()]).toEqual(['+819', '']);
    expect(column.totalWords()).toMatch(/^GEX of the whole chain, ± 51 \$M per \+1 %\. Today/);
    reply.update((told) => ({ ...told, totals: { ...told.totals, headline: 'finite' } }));
    expect([column.total(), column.finite()]).toEqual(['+819', '+640']);
    expect(column.totalWords()).toContain('Over a whole move of 1 %: +640 $M.');
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
