import { SessionInfo } from '../live/wire';
import { fixed } from '../ui/format';

/** How fast market time runs, `at 10×`; null at 1×, unless it is a replay. */
export function paceWords({ mode, speed }: Pick<SessionInfo, 'mode' | 'speed'>): string | null {
  return speed === 1 && mode !== 'replay' ? null : `at ${speed === null ? 'max' : `${speed}×`}`;
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
