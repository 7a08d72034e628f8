import { Event } from '../live/wire';
import { easternClock } from '../ui/eastern-time';
import { ageText, grouped } from '../ui/format';

/** Events kept for the strip. */
export const EVENTS_KEPT = 200;

/** What happened, ready to show. */
export interface AlertLine {
  readonly key: string;
  /** Eastern. */
  readonly time: string;
  readonly name: string;
  readonly text: string;
  /** The figure of it, at the right; blank without one. */
  readonly figure: string;
  /** Outline in a box of 12. */
  readonly icon: string;
  /** About data that is late or missing. */
  readonly amber: boolean;
}

interface Kind {
  readonly name: string;
  readonly icon: string;
}

const GAP = 'M1 6h3M8 6h3M5.2 3.5v5M6.8 3.5v5';

const KINDS: Readonly<Record<Event['kind'], Kind>> = {
  feed: { name: 'Feed', icon: 'M1.5 9.5v-2M4.5 9.5v-4M7.5 9.5v-6M10.5 9.5v-8' },
  gap: { name: 'Feed gap', icon: GAP },
  refill: { name: 'Refilled', icon: GAP },
  mode: { name: 'Mode', icon: 'M1.5 4h8M7 1.5 9.5 4 7 6.5M10.5 8h-8M5 5.5 2.5 8 5 10.5' },
  recording: { name: 'Recording', icon: 'M6 2a4 4 0 1 0 .01 0M6 5a1 1 0 1 0 .01 0' },
  cache: { name: 'Cache', icon: 'M2 2.5h8v7H2zM2 6h8' },
  product: { name: 'SPYMASTER', icon: 'M6 1.5 11 10.5H1zM6 5v2.6M6 9v.1' },
};

/** An event in words and figures. */
export function alertLine(event: Event): AlertLine {
  const { name, icon } = KINDS[event.kind];
  return {
    key: eventKey(event),
    time: easternClock(event.t),
    name,
    text: textOf(event),
    figure: figureOf(event),
    icon,
    amber: event.kind === 'gap' || event.kind === 'refill' || event.level !== 'info',
  };
}

/** What the name or the figure says is not said twice. */
function textOf({ kind, message, prints }: Event): string {
  if (kind === 'feed') return message.replace(/^the feed (is )?/, '');
  return prints === null
    ? message
    : message.replace(/^REST brought [\d,]+ prints? of /, 'from REST, ');
}

function figureOf({ prints, start, end }: Event): string {
  if (prints !== null) return prints === 1 ? '1 print' : `${grouped(prints)} prints`;
  return start === null || end === null ? '' : ageText(end - start);
}

function eventKey({ t, kind, message }: Event): string {
  return `${t} ${kind} ${message}`;
}

/** Add events to those that are known, oldest first and each once. */
export function mergeEvents(known: readonly Event[], more: readonly Event[]): readonly Event[] {
  const byKey = new Map([...known, ...more].map((event) => [eventKey(event), event]));
  return [...byKey.values()].sort((a, b) => a.t - b.t).slice(-EVENTS_KEPT);
}
