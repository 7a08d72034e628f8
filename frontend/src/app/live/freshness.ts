import { Connection } from './connection';
import { Market } from './market';
import { SessionInfo } from './wire';

/** How much a number on the page can be trusted to be of now. */
export type Freshness = 'fresh' | 'stale' | 'dead';

/** Age at which data is stale (amber), ms. */
export const STALE_MS = 2000;
/** Age at which data is dead (grey), ms. */
export const DEAD_MS = 10_000;

/** In these states nothing is expected to come, so nothing grows old. */
const AT_REST: readonly SessionInfo['feed']['state'][] = [
  'connecting',
  'waiting',
  'closed',
  'paused',
  'ended',
  'empty',
];

/** Ms since data last came from the vendor; null when none is expected or none ever came. */
export function dataAge(market: Market | null, connection: Connection, now: number): number | null {
  if (market === null) return null;
  const { feed } = market.session;
  if (connection.state === 'open' && AT_REST.includes(feed.state)) return null;
  return (feed.age_ms ?? 0) + Math.max(0, now - market.receivedAt);
}

/** Judge an age by the two thresholds. */
export function freshnessOf(age: number | null): Freshness {
  if (age === null || age < STALE_MS) return 'fresh';
  return age < DEAD_MS ? 'stale' : 'dead';
}
