import { TEN_FIFTEEN } from '../../testing/frames';
import { HeatmapReply } from '../live/wire';
import { heatColour, heatStops, hexRgb, Rgb } from './heat-colours';
import { cellWords, heatGrid, valueText } from './heat-grid';

const reply: HeatmapReply = {
  lens: 'gamma',
  unit: '$ per 1 %',
  interval_s: 30,
  t: [TEN_FIFTEEN - 30_000, TEN_FIFTEEN],
  spot: [600, 600.1],
  strikes: [598, 599, 600, 601],
  values: [
    [9e9, 1e8, null, -4e8],
    [9e9, 2e8, 3e8, 0],
  ],
};

describe('heatGrid', () => {
  it('keeps the ladder’s strikes, and scales to what it keeps', () => {
    const grid = heatGrid(reply, [601, 599, 600]);
    expect(grid.strikes).toEqual([599, 600, 601]);
    expect(grid.values).toEqual([
      [1e8, null, -4e8],
      [2e8, 3e8, 0],
    ]);
    expect(grid.largest).toBe(4e8);
  });

  it('leaves out far strikes of a whole chain where nothing is seen', () => {
    const strikes = Array.from({ length: 100 }, (_, index) => 550 + index);
    const values = [strikes.map((strike) => (strike === 604 ? 1e9 : strike < 560 ? 1e6 : 0))];
    const chain = { ...reply, t: [TEN_FIFTEEN], spot: [598.4], strikes, values };
    expect(heatGrid(chain, []).strikes).toEqual([602, 603, 604, 605, 606]);
    const moved = { ...chain, spot: [601.5, 598.4], values: [...values, ...values] };
    expect(heatGrid(moved, strikes).strikes).toEqual([
      597, 598, 599, 600, 601, 602, 603, 604, 605, 606,
    ]);
    expect(heatGrid({ ...chain, spot: [null], values: [[]] }, []).strikes).toHaveLength(100);
  });

  it('keeps all without a ladder', () => {
    expect(heatGrid(reply, []).strikes).toHaveLength(4);
  });

  it('says what lies in a cell', () => {
    const grid = heatGrid(reply, []);
    expect(cellWords(grid, 1, 1, 'gamma', reply.unit)).toBe('10:15:03 · 599 · +$200M per 1 %');
    expect(cellWords(grid, 0, 2, 'gamma', reply.unit)).toBe('10:14:33 · 600 · unknown');
    expect(cellWords(grid, 2, 0, 'gamma', reply.unit)).toBeNull();
  });

  it('writes each lens in its unit', () => {
    expect(valueText(-41_000, 'delta', 'shares')).toBe('−41K shares');
    expect(valueText(41_000, 'premium', '$')).toBe('$41K');
    expect(valueText(-2e6, 'charm', '$ per hour')).toBe('−$2.0M per hour');
  });
});

describe('heatColour', () => {
  const stops: readonly Rgb[] = [
    [200, 0, 0],
    [0, 0, 0],
    [0, 0, 200],
  ];

  it('goes from the strongest minus over nothing to the strongest plus', () => {
    expect(heatColour(-1, stops)).toEqual([200, 0, 0]);
    expect(heatColour(0, stops)).toEqual([0, 0, 0]);
    expect(heatColour(1, stops)).toEqual([0, 0, 200]);
    expect(heatColour(7, stops)).toEqual([0, 0, 200]);
  });

  it('lifts the small', () => {
    expect(heatColour(0.1, stops)[2]).toBeGreaterThan(40);
  });

  it('reads the tokens, short or long', () => {
    expect(hexRgb(' #0e1115')).toEqual([14, 17, 21]);
    expect(hexRgb('#fff')).toEqual([255, 255, 255]);
    expect(heatStops(() => '#fff')).toHaveLength(9);
  });
});
