import { exposure, levels, strikeExposure } from '../../testing/chain-fakes';
import { exposureCells, largestExposure, moneyText, moneyUnit, rowPlace } from './exposure-cells';
import { errorOf, finiteOf } from './measures';

describe('money in a column', () => {
  it('takes the unit of the largest', () => {
    expect([80_000, 2_000_000, 9_000_000_000, 2e10].map((value) => moneyUnit(value).sign)).toEqual([
      '$K',
      '$M',
      '$M',
      '$B',
    ]);
  });

  it('has a sign, one decimal under ten, and blanks', () => {
    const unit = moneyUnit(1e9);
    const values = [1_040_000_000, -6_260_000, 230_000, -20_000, 0, null];
    expect(values.map((value) => moneyText(value, unit))).toEqual([
      '+1,040',
      '−6.3',
      '+0.2',
      '0',
      '0',
      '',
    ]);
  });
});

describe('exposureCells', () => {
  it('scales bars to the largest of the shown strikes, and marks the walls', () => {
    const reply = exposure();
    const largest = largestExposure(reply, 'gex', [599, 600]);
    expect(largest).toBe(431_000_000);
    const cells = exposureCells(reply, 'gex', largest);
    expect(cells.get(599)).toEqual({ text: '−324', direction: -1, length: 75.2, wall: 'put' });
    expect(cells.get(601)).toEqual({ text: '+712', direction: 1, length: 100, wall: 'call' });
  });

  it('draws no bar for noise and none for the unknown', () => {
    const strikes = [strikeExposure(600, 1e9), strikeExposure(601, 1e7), strikeExposure(602, null)];
    const none = { value: null, reason: 'all are below zero' };
    const reply = exposure({ strikes, levels: levels({ call_wall: none }) });
    const cells = exposureCells(reply, 'gex', 1e9);
    expect(cells.get(601)).toEqual({ text: '+10', direction: 0, length: 0, wall: null });
    expect(cells.get(602)).toEqual({ text: '', direction: 0, length: 0, wall: null });
  });
});

describe('the chain as a whole', () => {
  const { totals } = exposure();

  it('has the exposure of a whole move where the server says so, of gamma alone', () => {
    expect(finiteOf(totals, 'gex')).toBeNull();
    expect(finiteOf({ ...totals, headline: 'finite' }, 'gex')).toBe(640_000_000);
    expect(finiteOf({ ...totals, headline: 'finite' }, 'dex')).toBeNull();
  });

  it('has an error where one is told', () => {
    const told = { ...totals, gex_error: 1, dex_error: 2 };
    expect((['gex', 'dex', 'vex'] as const).map((key) => errorOf(told, key))).toEqual([1, 2, null]);
  });
});

describe('rowPlace', () => {
  const strikes = [599, 600, 601, 603];

  it.each([
    [600, 1],
    [600.25, 1.25],
    [602, 2.5],
    [599, 0],
    [598.5, -0.5],
    [604, 3.5],
    [598.4, null],
    [604.1, null],
    [null, null],
  ])('puts %s on row %s', (price, place) => {
    expect(rowPlace(strikes, price)).toBe(place);
  });

  it('knows one row, and none', () => {
    expect([rowPlace([600], 600), rowPlace([600], 600.2), rowPlace([], 600)]).toEqual([
      0,
      null,
      null,
    ]);
  });
});
