import { MissingDay } from '../replay-bar/replay-store';
import { SessionInfo } from '../live/wire';
import { notHere, reasonOf } from './session-words';

/** What is said of a day that was asked for and is not stored. */
export interface MissingWords {
  readonly title: string;
  /** Why, and what is shown meanwhile. */
  readonly lines: readonly string[];
  /** What the button says that goes on without it. */
  readonly stay: string;
}

/** Words for a day that is missing while the page goes on with another session. */
export function missingWords(
  { date, at, message }: MissingDay,
  session: SessionInfo | null,
): MissingWords {
  const title = notHere(date);
  const shown = shownWords(session);
  const moment = at === null ? 'It' : `${at} ET of that day`;
  return {
    title,
    lines: [
      ...reasonOf(message, title),
      `${moment} is shown as soon as it is fetched. Until then ${shown[0]} stays.`,
    ],
    stay: shown[1],
  };
}

/** What stays, playing or not, and the button that stays with it. */
function shownWords(session: SessionInfo | null): readonly [string, string] {
  switch (session?.mode) {
    case 'replay':
      return [`the replay of ${session.date}`, `Stay with ${session.date}`];
    case 'sim':
      return ['the simulator', 'Stay with the simulator'];
    default:
      return ['the live session', 'Stay live'];
  }
}
