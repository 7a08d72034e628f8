import { contract, TEN_FIFTEEN } from '../../testing/frames';
import { inputsAge } from './inputs-age';

describe('inputsAge', () => {
  it('tells when quote and volatility came, and how old they are', () => {
    const row = contract({
      quote_time: TEN_FIFTEEN - 2400,
      volatility_time: TEN_FIFTEEN - 65_000,
      greeks_source: 'model',
    });
    expect(inputsAge(row, TEN_FIFTEEN)).toBe(
      'Quote of 10:15:00, 2.4 s old; volatility of 10:13:58, 65 s old',
    );
    expect(inputsAge(row, null)).toBe('Quote of 10:15:00; volatility of 10:13:58');
  });

  it('names the vendor where the greeks are its own, and a quote that never came', () => {
    const row = contract({ quote_time: null, volatility_time: null, greeks_source: 'vendor' });
    expect(inputsAge(row, TEN_FIFTEEN)).toBe('No quote; greeks of the vendor’s last chain');
  });
});
