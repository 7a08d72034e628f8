import { Connection } from '../live/connection';
import { SessionInfo } from '../live/wire';
import { countdown, easternClock, easternMinute, easternWeekday } from '../ui/eastern-time';

/** What a panel says when it has nothing to show. */
export interface PanelWords {
  readonly title: string;
  readonly lines: readonly string[];
  /** Whether figures are on their way: the frame of the table is drawn instead of words. */
  readonly loading: boolean;
  /** The day that a fetch would bring, YYYY-MM-DD; null when none would help. */
  readonly fetch: string | null;
  /** Whether a stored day may be offered instead. */
  readonly replays: boolean;
}

/**
 * Words for a ladder without strikes.
 *
 * @param now Market time, UNIX ms; null before it is known.
 */
export function sessionWords(
  connection: Connection,
  session: SessionInfo | null,
  now: number | null,
): PanelWords {
  if (connection.state === 'gone') {
    return {
      title: 'Server gone',
      lines: [
        `SPYMASTER does not answer since ${easternClock(connection.since)} ET.`,
        'Start it with “make run”. This page connects by itself.',
      ],
      loading: false,
      fetch: null,
      replays: false,
    };
  }
  if (session === null) return loading('Connecting to the server');
  const { feed, underlying } = session;
  const message = feed.message === null ? [] : [feed.message];
  switch (feed.state) {
    case 'waiting':
      return {
        title: 'Waiting for the open',
        lines: [opening(session, now), ...message],
        loading: false,
        fetch: null,
        replays: false,
      };
    case 'closed':
      return {
        title: 'Market shut',
        lines: [`${underlying} closed at ${easternMinute(session.close_time)} ET.`, ...message],
        loading: false,
        fetch: null,
        replays: true,
      };
    case 'refused':
      return {
        title: 'The vendor refuses',
        lines: message,
        loading: false,
        fetch: null,
        // Stored days need no vendor.
        replays: true,
      };
    case 'empty':
      return {
        title: notHere(session.date),
        lines: reasonOf(feed.message ?? '', notHere(session.date)),
        loading: false,
        fetch: session.date,
        replays: false,
      };
    case 'ended':
      return {
        title: 'Nothing to replay',
        lines: message,
        loading: false,
        fetch: null,
        replays: false,
      };
    default:
      return loading(feed.message ?? `Waiting for the first ${underlying} price`);
  }
}

/** Says of a day, YYYY-MM-DD, that it is not stored. */
export function notHere(date: string): string {
  return `${date} is not on this disk`;
}

/**
 * The server's reason: without the command, which stands in a box of its own, and without what
 * `title` says already.
 */
export function reasonOf(message: string, title: string): string[] {
  const words = message.replace(
    /[;:,.]?\s*(run:?|or fetch it:)?\s*uv run spymaster fetch \S+\s*$/,
    '.',
  );
  const [, inside] = /^ \((.+)\)\.?$/.exec(words.replace(title, '')) ?? [];
  const reason = inside === undefined ? words : `${inside}.`;
  return reason === '' ? [] : [reason];
}

function loading(line: string): PanelWords {
  return { title: '', lines: [line], loading: true, fetch: null, replays: false };
}

function opening({ underlying, open_time }: SessionInfo, now: number | null): string {
  const at = `${easternWeekday(open_time)} ${easternMinute(open_time)} ET`;
  const left = now === null || now >= open_time ? '' : `, in ${countdown(open_time - now)}`;
  return `${underlying} opens ${at}${left}. The ladder fills with the first prices.`;
}
