import { parseTicker } from './contract';

describe('parseTicker', () => {
  it('reads strike and type', () => {
    expect(parseTicker('O:SPY251216C00600000')).toEqual({ strike: 600, type: 'C' });
    expect(parseTicker('O:SPXW251216P05997500')).toEqual({ strike: 5997.5, type: 'P' });
  });

  it('knows what is no option', () => {
    expect([parseTicker('SPY'), parseTicker('O:SPY251216X00600000')]).toEqual([null, null]);
  });
});
