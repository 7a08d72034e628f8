import { signedDollars } from '../ui/format';
import { pressureWords } from './pressure-words';

describe('hedging pressure in words', () => {
  it('has a sign, a band and a direction', () => {
    expect(pressureWords(160e6, 51e6)).toEqual({
      figure: '+$160M',
      band: '+$109M to +$211M',
      dealers: 'dealers buy',
    });
    expect(pressureWords(-30e6, 5e6).dealers).toBe('dealers sell');
  });

  it('has no direction where the band holds zero', () => {
    expect(pressureWords(4e6, 5e6)).toEqual({
      figure: '+$4.0M',
      band: '−$1.0M to +$9.0M',
      dealers: 'either way',
    });
  });

  it('gives zero no sign', () => {
    expect([signedDollars(0.2), signedDollars(-3), signedDollars(null)]).toEqual(['$0', '−$3', '']);
  });
});
