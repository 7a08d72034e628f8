import { SessionInfo } from '../live/wire';
import { countdown, easternMinute, easternWeekday } from '../ui/eastern-time';

/** Where market time stands in the session. */
export interface SessionPhase {
  /** `closes in`, or all there is to say. */
  readonly word: string;
  /** `5:44:57`; blank without one. */
  readonly left: string;
}

/** Before it is this near, the open is told by its day and time too, ms. */
const NEAR_MS = 12 * 3_600_000;

/** Say how far the open or the close is at market time `now`, UNIX ms; null before it is known. */
export function sessionPhase(
  {
    open_time: open,
    close_time: close,
    feed,
  }: Pick<SessionInfo, 'open_time' | 'close_time' | 'feed'>,
  now: number | null,
): SessionPhase | null {
  if (now === null && feed.state !== 'waiting') return null;
  const opens = `${easternWeekday(open)} ${easternMinute(open)}`;
  if (now === null) return { word: 'opens', left: opens };
  if (now < open - NEAR_MS) return { word: `opens ${opens} in`, left: countdown(open - now) };
  if (now < open) return { word: 'opens in', left: countdown(open - now) };
  if (now < close) return { word: 'closes in', left: countdown(close - now) };
  return { word: `closed ${easternMinute(close)}`, left: '' };
}
