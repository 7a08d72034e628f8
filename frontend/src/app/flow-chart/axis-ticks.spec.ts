import { besideBadge, dollarTicks, priceTicks } from './axis-ticks';

describe('priceTicks', () => {
  it('writes an axis in one precision', () => {
    expect(priceTicks([611, 612])).toEqual(['611', '612']);
    expect(priceTicks([611.8, 612])).toEqual(['611.80', '612.00']);
    expect(priceTicks([611.75, 611.8, 612])).toEqual(['611.75', '611.80', '612.00']);
  });
});

describe('dollarTicks', () => {
  it('writes an axis in one unit and one precision', () => {
    expect(dollarTicks([-3e6, 0, 3e6])).toEqual(['−$3M', '$0', '+$3M']);
    expect(dollarTicks([5e6, 10e6])).toEqual(['+$5M', '+$10M']);
    expect(dollarTicks([-0.5e9, 1e9])).toEqual(['−$0.5B', '+$1.0B']);
    expect(dollarTicks([400, 0])).toEqual(['+$400', '$0']);
    expect(dollarTicks([0])).toEqual(['$0']);
    expect(dollarTicks([])).toEqual([]);
  });
});

describe('besideBadge', () => {
  const px = (value: number) => 100 - value;

  it('leaves out what a badge covers', () => {
    expect(besideBadge(['0', '20', '40'], [0, 20, 40], 30, px)).toEqual(['0', '', '']);
    expect(besideBadge(['0', '20', '40'], [0, 20, 40], 55, px)).toEqual(['0', '20', '40']);
  });

  it('leaves all without a badge, and where its place is unknown', () => {
    expect(besideBadge(['0'], [0], null, px)).toEqual(['0']);
    expect(besideBadge(['0'], [0], 0, () => null)).toEqual(['0']);
  });
});
