import { signedDollars } from '../ui/format';

/** Hedging pressure with its band, in words and figures. */
export interface PressureWords {
  /** `+$160M`. */
  readonly figure: string;
  /** `+$109M to +$211M`: one standard error either way. */
  readonly band: string;
  /** What dealers do; blank where the band holds both. */
  readonly dealers: 'dealers buy' | 'dealers sell' | 'either way';
}

/** Say what a pressure (USD; positive: dealers buy) and its standard error (USD) mean. */
export function pressureWords(pressure: number, error: number): PressureWords {
  const [low, high] = [pressure - error, pressure + error];
  return {
    figure: signedDollars(pressure),
    band: `${signedDollars(low)} to ${signedDollars(high)}`,
    dealers: low > 0 ? 'dealers buy' : high < 0 ? 'dealers sell' : 'either way',
  };
}
