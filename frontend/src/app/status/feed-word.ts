import { Connection } from '../live/connection';
import { DEAD_MS, STALE_MS } from '../live/freshness';
import { SessionInfo } from '../live/wire';
import { ageText } from '../ui/format';
import { easternClock } from '../ui/eastern-time';

/** The health of everything between the market and this page, in a word. */
export interface FeedWord {
  readonly icon: 'ring' | 'check' | 'bang' | 'off';
  readonly tone: 'quiet' | 'stale' | 'dead';
  readonly text: string;
  /** The figure after the word, with its unit; blank without one. */
  readonly figure: string;
  /** More, for a pointer that rests on it. */
  readonly more: string;
}

function word(
  icon: FeedWord['icon'],
  tone: FeedWord['tone'],
  text: string,
  figure = '',
  more = '',
): FeedWord {
  return { icon, tone, text, figure, more };
}

/**
 * Say how the feed is. The page's own connection comes before the vendor's: without it nothing is
 * known of the vendor.
 *
 * @param age Ms since data last came; null when none is expected.
 */
export function feedWord(
  connection: Connection,
  session: SessionInfo | null,
  age: number | null,
): FeedWord {
  switch (connection.state) {
    case 'refused':
      return word('off', 'dead', 'access refused', '', connection.message);
    case 'gone':
      return word('off', 'dead', 'server gone since', easternClock(connection.since));
    case 'reconnecting':
      return word('ring', 'stale', `reconnecting, try ${connection.attempt}`);
    case 'connecting':
      return word('ring', 'quiet', 'connecting');
    case 'open':
      return session === null ? word('ring', 'quiet', 'connecting') : ofFeed(session, age);
  }
}

function ofFeed({ mode, feed }: SessionInfo, age: number | null): FeedWord {
  const more = feed.message ?? '';
  switch (feed.state) {
    case 'connecting':
      if (mode === 'replay') return word('ring', 'quiet', more === '' ? 'opening the day' : more);
      return word('ring', 'quiet', 'connecting', '', more);
    case 'waiting':
      return word('check', 'quiet', 'waiting for the open', '', more);
    case 'closed':
      return word('check', 'quiet', 'market shut', '', more);
    case 'paused':
      return word('check', 'quiet', 'paused', '', more);
    case 'ended':
      return word('check', 'quiet', 'ended', '', more);
    case 'empty':
      return word('off', 'quiet', 'no data of this day', '', more);
    case 'refused':
      return word('off', 'stale', more === '' ? 'refused' : `refused: ${more}`, '', more);
    case 'reconnecting':
      return word('ring', 'stale', 'feed lost, reconnecting', '', more);
    case 'ok':
    case 'stale':
      break;
  }
  if (age !== null && age >= DEAD_MS)
    return word('bang', 'dead', 'no data for', ageText(age), more);
  if (age !== null && age >= STALE_MS) return word('bang', 'stale', 'stale', ageText(age), more);
  if (feed.state === 'stale') return word('bang', 'stale', 'stale', '', more);
  if (mode === 'replay') return word('check', 'quiet', 'from disk', '', more);
  return word('check', 'quiet', 'feed ok', feed.lag_ms === null ? '' : ageText(feed.lag_ms), more);
}
