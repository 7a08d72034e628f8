import { Connection } from '../live/connection';
import { SessionInfo } from '../live/wire';

/** Where the numbers come from; always on screen. */
export interface ModeBadge {
  readonly word: 'LIVE' | 'DELAYED' | 'REPLAY' | 'SIM';
  /** Key of the mode's colour. */
  readonly key: 'live' | 'delayed' | 'replay' | 'sim';
  /** An outline only: what is shown does not move. */
  readonly hollow: boolean;
}

/** The badge of a session. */
export function modeBadge(session: SessionInfo, connection: Connection): ModeBadge {
  const hollow = connection.state === 'gone' || session.feed.state === 'closed';
  if (session.mode === 'sim') return { word: 'SIM', key: 'sim', hollow };
  if (session.mode === 'replay') return { word: 'REPLAY', key: 'replay', hollow };
  return session.spot_source === 'chain-delayed'
    ? { word: 'DELAYED', key: 'delayed', hollow }
    : { word: 'LIVE', key: 'live', hollow };
}
