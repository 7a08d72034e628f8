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
  /** Market time stops here: the last event of a replayed day, UNIX ms; null without an end. */
  readonly end: number | null;
}

/** Market ms (per unit of speed) that the shown time may lead the newest event by. */
const LEAD_MS = 1500;
/** A replay says where it stands, and only the way here blurs it. */
const REPLAY_LEAD_MS = 300;

const STANDS: readonly SessionInfo['feed']['state'][] = [
  'paused',
  'ended',
  'closed',
  'empty',
  'connecting',
];

/** Market time at the browser's time `now`, UNIX ms. */
export function marketTime(anchor: MarketAnchor, now: number): number {
  const market = anchor.market + Math.max(0, now - anchor.at) * anchor.speed;
  return anchor.end === null ? market : Math.min(market, anchor.end);
}

/**
 * The anchor after a frame that came at the browser's time `now`; null before market time is known.
 *
 * Live, outside the session and before the first event, market time is the server's clock, which is
 * `sent` with each frame. The clock of a simulation is another one, and is told by events alone.
 */
export function nextAnchor(
  previous: MarketAnchor | null,
  session: SessionInfo,
  now: number,
  sent: number,
): MarketAnchor | null {
  const { replay } = session;
  const byServer = isByServer(session);
  const market = byServer ? sent : (replay?.position ?? session.market_time);
  if (market === null) return null;
  const speed = byServer ? 1 : speedOf(session);
  const end = replay?.end ?? null;
  if (previous !== null && speed > 0 && previous.speed === speed && previous.end === end) {
    // No new event says nothing about the time.
    if (market === previous.event) return previous;
    const lead = marketTime(previous, now) - market;
    const allowed = (replay === null ? LEAD_MS : REPLAY_LEAD_MS) * Math.max(1, speed);
    if (lead >= 0 && lead <= allowed) return { ...previous, event: market };
  }
  return { market, at: now, speed, event: market, end };
}

function isByServer({ mode, feed, market_time }: SessionInfo): boolean {
  const outside = feed.state === 'waiting' || feed.state === 'closed';
  return mode === 'live' && (outside || market_time === null);
}

function speedOf({ mode, speed, feed, replay }: SessionInfo): number {
  if (STANDS.includes(feed.state) || replay?.playing === false) return 0;
  // Null is "as fast as possible": nothing to extrapolate with.
  return mode === 'live' ? 1 : (speed ?? 0);
}
