import { SessionInfo } from '../live/wire';
import { fixed, signedFixed } from '../ui/format';

/** How spot moved since the open. */
export interface SpotChange {
  readonly direction: 'buy' | 'sell' | 'flat';
  readonly arrow: '▲' | '▼' | '';
  /** Dollars. */
  readonly absolute: string;
  /** Per cent, with its sign and unit. */
  readonly relative: string;
  /** Since when, and what spot was then. */
  readonly since: string;
}

/** Nearer to each other, $, two prices are one: the server rounds the newer one. */
const SAME_PRICE = 0.00005;

/**
 * The change of spot against the session's first.
 *
 * @param now Market time, UNIX ms; null before it is known.
 * @returns Null when either end is unknown, and when the first is not the open's: before the open,
 *   and after the close while there is only one.
 */
export function spotChange(
  {
    spot,
    spot_open: open,
    open_time,
    close_time,
  }: Pick<SessionInfo, 'spot' | 'spot_open' | 'open_time' | 'close_time'>,
  now: number | null,
): SpotChange | null {
  if (spot === null || open === null || open === 0) return null;
  if (now === null || now < open_time) return null;
  const change = spot - open;
  // A day that spot did not move in at all is one that was begun when it was over.
  if (now >= close_time && Math.abs(change) < SAME_PRICE) return null;
  const text = {
    absolute: signedFixed(change, 2),
    relative: `${signedFixed((100 * change) / open, 2)} %`,
    // When its first spot came is not told.
    since: `Since the open, ${fixed(open, 2)}; where SPYMASTER began later, since its first spot`,
  };
  if (Math.abs(change) < 0.005) return { direction: 'flat', arrow: '', ...text };
  return change > 0
    ? { direction: 'buy', arrow: '▲', ...text }
    : { direction: 'sell', arrow: '▼', ...text };
}
