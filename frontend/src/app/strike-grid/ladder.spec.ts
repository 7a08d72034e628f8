import { contract, session } from '../../testing/frames';
import { ContractRow } from '../live/wire';
import { Column, COLUMNS, ColumnKey, mirrored, shownColumns } from './columns';
import {
  barOf,
  barPosition,
  columnSum,
  ladderLines,
  ladderRows,
  ladderScales,
  sameScales,
} from './ladder';

const call = contract();
const put = contract({ type: 'P', net_delta_flow: -71_000 });

function column(key: ColumnKey): Column {
  const found = COLUMNS.find((candidate) => candidate.key === key);
  if (found === undefined) throw new Error(key);
  return found;
}

describe('ladder rows', () => {
  it('are the strikes of the window, with what is known of each', () => {
    expect(ladderRows(session(), [call, put, contract({ strike_price: 700 })], [])).toEqual([
      { strike: 599, atTheMoney: false, inTheMoney: 'C', call: null, put: null },
      { strike: 600, atTheMoney: true, inTheMoney: 'C', call, put },
      { strike: 601, atTheMoney: false, inTheMoney: 'P', call: null, put: null },
    ]);
  });

  it('are the same objects where nothing changed', () => {
    const before = ladderRows(session(), [call, put], []);
    expect(ladderRows(session({ spot: 600.2 }), [call, put], before)).toBe(before);
    const after = ladderRows(session(), [contract({ bid: 1.03 }), put], before);
    expect(after.map((row, index) => row === before[index])).toEqual([true, false, true]);
  });

  it('notice that the money moved', () => {
    const before = ladderRows(session(), [call, put], []);
    const after = ladderRows(session({ atm: 601, spot: 600.6 }), [call, put], before);
    expect(after.map(({ atTheMoney }) => atTheMoney)).toEqual([false, false, true]);
    expect(after[0]).toBe(before[0]);
  });

  it('know no side in the money without a spot', () => {
    const rows = ladderRows(session({ spot: null, atm: null }), [call], []);
    expect(rows.map(({ inTheMoney }) => inTheMoney)).toEqual([null, null, null]);
  });
});

describe('ladder lines', () => {
  it('are the same objects until their row, scales or exposure change', () => {
    const rows = ladderRows(session(), [call, put], []);
    const scales = { volume: 100 };
    const lines = ladderLines(rows, scales, () => null, []);
    const same = (after: typeof lines) => after.map((line, index) => line === lines[index]);
    expect(same(ladderLines(rows, scales, () => null, lines))).toEqual([true, true, true]);
    const changed = ladderRows(session(), [contract({ bid: 1.03 }), put], rows);
    expect(same(ladderLines(changed, scales, () => null, lines))).toEqual([true, false, true]);
    const rescaled = ladderLines(rows, { volume: 200 }, () => null, lines);
    expect(same(rescaled)).toEqual([false, false, false]);
  });
});

describe('bars', () => {
  const rows = ladderRows(session(), [call, put], []);
  const scales = ladderScales(rows, COLUMNS);

  it('are scaled to the largest of the window, both sides alike', () => {
    expect(scales).toEqual({
      deltaFlow: 250_000,
      gammaFlow: 75_000,
      premium: 8_000_000,
      volume: 100,
    });
  });

  it('leave other strikes out of the scale', () => {
    const far = contract({ strike_price: 700, cumulative_volume: 1_000_000 });
    expect(ladderScales(ladderRows(session(), [call, put, far], []), COLUMNS)).toEqual(scales);
  });

  it('grow from the middle by sign, or from the strike', () => {
    const flow = column('deltaFlow');
    expect(barOf(flow, 250_000, scales)).toEqual({ from: 'plus', percent: 46 });
    expect(barOf(flow, -125_000, scales)).toEqual({ from: 'minus', percent: 23 });
    expect(barOf(column('volume'), 100, scales)).toEqual({ from: 'strike', percent: 88 });
  });

  it('meet in the middle of the cell', () => {
    // Left edge = position × (100 − length) / 100.
    expect(barPosition({ from: 'plus', percent: 20 })).toBeCloseTo(62.5);
    expect(barPosition({ from: 'minus', percent: 20 })).toBeCloseTo(37.5);
  });

  it('are not drawn for noise, the unknown, quotes, or without a scale', () => {
    const flow = column('deltaFlow');
    expect(barOf(flow, 4999, scales)).toBeNull();
    expect(barOf(flow, null, scales)).toBeNull();
    expect(barOf(column('bid'), 1, scales)).toBeNull();
    expect(barOf(flow, 1, {})).toBeNull();
  });

  it('tell equal scales from different ones', () => {
    expect(sameScales(scales, { ...scales })).toBe(true);
    expect(sameScales(scales, { ...scales, volume: 105 })).toBe(false);
    expect(sameScales(scales, { volume: 100 })).toBe(false);
  });
});

describe('sums', () => {
  const flows = (...values: (number | null)[]): ContractRow[] =>
    values.map((net_delta_flow, index) => contract({ strike_price: 599 + index, net_delta_flow }));

  it('add what is known', () => {
    const rows = ladderRows(session(), flows(1, null, 3), []);
    expect(columnSum(rows, 'C', column('deltaFlow'))).toBe(4);
  });

  it('are unknown when nothing is known', () => {
    const rows = ladderRows(session(), flows(null, null), []);
    expect(columnSum(rows, 'C', column('deltaFlow'))).toBeNull();
    expect(columnSum(rows, 'P', column('deltaFlow'))).toBeNull();
  });
});

describe('columns', () => {
  const keys = (columns: readonly Column[]) => columns.map(({ key }) => key);

  it('leave the ladder as the page narrows', () => {
    expect(keys(shownColumns('wide', new Set()))).toHaveLength(8);
    expect(keys(shownColumns('medium', new Set()))).toEqual([
      'deltaFlow',
      'premium',
      'volume',
      'bid',
      'ask',
    ]);
    expect(keys(shownColumns('phone', new Set()))).toEqual(['deltaFlow', 'volume', 'ask']);
  });

  it('leave it when the user hides them', () => {
    expect(keys(shownColumns('phone', new Set(['volume'])))).toEqual(['deltaFlow', 'ask']);
  });

  it('mirror for puts, the bid left of the ask', () => {
    expect(keys(mirrored(shownColumns('medium', new Set())))).toEqual([
      'bid',
      'ask',
      'volume',
      'premium',
      'deltaFlow',
    ]);
  });
});
