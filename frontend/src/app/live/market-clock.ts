import { SessionInfo } from './wire';

/**
 * How market time runs between events.
 *
 * The newest event's time lags by however long nothing was printed, so the page lets market time
 * run on at the session's speed from an anchor, and moves the anchor when an event is ahead of it
 * or far behind (a seek, another day, a slower replay than announced).
 */
export interface MarketAnchor {
  /** Market time, UNIX ms. */
  readonly market: number;
  /** The browser's UNIX ms at which it was so. */
  readonly at: number;
  /** Market ms per ms; 0 when market time stands. */
  readonly speed: number;
  /** Time of the newest event when the anchor was last looked at, UNIX ms. */
  readonly event: number;
}

/** Market ms (per unit of speed) that the shown time may lead the newest event by. */
const LEAD_MS = 1500;

const STANDS: readonly SessionInfo['feed']['state'][] = [
  'paused',
  'ended',
  'closed',
  'empty',
  'connecting',
];

/** Market time at the browser's time `now`, UNIX ms. */
export function marketTime(anchor: MarketAnchor, now: number): number {
  return anchor.market + Math.max(0, now - anchor.at) * anchor.speed;
}

/** The anchor after a frame that came at the browser's time `now`; null before any event. */
export function nextAnchor(
  previous: MarketAnchor | null,
  session: SessionInfo,
  now: number,
): MarketAnchor | null {
  const market = session.market_time;
  if (market === null) return null;
  const speed = speedOf(session);
  if (previous !== null && speed > 0 && previous.speed === speed) {
    // No new event says nothing about the time.
    if (market === previous.event) return previous;
    const lead = marketTime(previous, now) - market;
    if (lead >= 0 && lead <= LEAD_MS * Math.max(1, speed)) return { ...previous, event: market };
  }
  return { market, at: now, speed, event: market };
}

function speedOf({ mode, speed, feed }: SessionInfo): number {
  if (STANDS.includes(feed.state)) return 0;
  // Null is "as fast as possible": nothing to extrapolate with.
  return mode === 'live' ? 1 : (speed ?? 0);
}
