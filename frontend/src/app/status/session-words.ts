import { SessionInfo } from '../live/wire';
import { fixed } from '../ui/format';

/** How fast market time runs, and in a replay of which day: `2025-12-16 at 10×`; null at 1×. */
export function paceWords({
  mode,
  date,
  speed,
}: Pick<SessionInfo, 'mode' | 'date' | 'speed'>): string | null {
  const pace = speed === null ? 'max' : `${speed}×`;
  if (mode === 'replay') return `${date} at ${pace}`;
  return speed === 1 ? null : `at ${pace}`;
}

/** Where spot comes from, and how good it is. */
export function spotSourceWords({
  spot_source: source,
  parity,
}: Pick<SessionInfo, 'spot_source' | 'parity'>): string {
  if (source === 'chain') return 'The chain’s own price, real-time';
  if (source === 'chain-delayed') return 'The chain’s price, delayed by the vendor’s plan';
  if (parity === null) return 'Put-call parity over the quotes near the money';
  const range = `${fixed(parity.low, 2)} to ${fixed(parity.high, 2)}`;
  const doubt = parity.doubtful ? '. Doubtful: the quotes contradict each other' : '';
  return `Put-call parity over ${parity.strikes} strikes, which allow ${range}${doubt}`;
}
