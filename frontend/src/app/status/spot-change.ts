import { signedFixed } from '../ui/format';

/** How spot moved since the first of the session. */
export interface SpotChange {
  readonly direction: 'buy' | 'sell' | 'flat';
  readonly arrow: '▲' | '▼' | '';
  /** Dollars. */
  readonly absolute: string;
  /** Per cent, with its sign and unit. */
  readonly relative: string;
}

/** The change of spot against the session's first; null when either is unknown. */
export function spotChange(spot: number | null, open: number | null): SpotChange | null {
  if (spot === null || open === null || open === 0) return null;
  const change = spot - open;
  const absolute = signedFixed(change, 2);
  const relative = `${signedFixed((100 * change) / open, 2)} %`;
  if (Math.abs(change) < 0.005) return { direction: 'flat', arrow: '', absolute, relative };
  return change > 0
    ? { direction: 'buy', arrow: '▲', absolute, relative }
    : { direction: 'sell', arrow: '▼', absolute, relative };
}
