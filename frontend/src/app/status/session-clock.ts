import { SessionInfo } from '../live/wire';
import { countdown, easternMinute } from '../ui/eastern-time';

/** Where market time stands in the session. */
export interface SessionPhase {
  /** `closes in`, or all there is to say. */
  readonly word: string;
  /** `5:44:57`; blank without one. */
  readonly left: string;
}

/** Say how far the open or the close is at market time `now`, UNIX ms. */
export function sessionPhase(
  session: Pick<SessionInfo, 'open_time' | 'close_time'>,
  now: number,
): SessionPhase {
  if (now < session.open_time)
    return { word: 'opens in', left: countdown(session.open_time - now) };
  if (now < session.close_time) {
    return { word: 'closes in', left: countdown(session.close_time - now) };
  }
  return { word: `closed ${easternMinute(session.close_time)}`, left: '' };
}
