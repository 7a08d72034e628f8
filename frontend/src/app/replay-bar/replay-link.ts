import { effect, inject, Injectable } from '@angular/core';
import { Clock } from '../live/clock';
import { MarketStore } from '../live/market-store';
import { WindowRequest } from '../live/wire';
import { easternClock, parseTimeOfDay, timeOfDay } from '../ui/eastern-time';
import { PageLink } from '../ui/page-link';

/** A moment of a day that an address names. */
export interface Link {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** HH:MM:SS Eastern; null for the open. */
  readonly at: string | null;
  /** Strikes each side of the money; null where the link says nothing of them. */
  readonly span: WindowRequest['span'] | null;
}

/** While a replay plays, the address follows it so seldom, ms: browsers allow no flood. */
const FOLLOW_MS = 10_000;

/** No moment at all. */
const NOWHERE = { date: null, t: null, span: null };

/** What the fields of an address ask for; null when they name no day. */
export function momentOfLink(field: (name: string) => string | null): Link | null {
  const date = field('date') ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const seconds = parseTimeOfDay(field('t') ?? '');
  const span = field('span') ?? '';
  return {
    date,
    at: seconds === null ? null : timeOfDay(seconds),
    span: span === 'all' ? 'all' : /^[1-9]\d{0,3}$/.test(span) ? Number(span) : null,
  };
}

/** Keeps the moment that is shown in the page's address, so that it can be handed on. */
@Injectable({ providedIn: 'root' })
export class ReplayLink {
  private readonly store = inject(MarketStore);
  private readonly link = inject(PageLink);
  private readonly clock = inject(Clock);
  private replaying = false;
  /** When the address was last told a moment; at first, what it names is still to be gone to. */
  private toldAt = this.clock.now();

  constructor() {
    effect(() => {
      const session = this.store.session();
      if (session === null) return;
      const { mode, span, date, replay } = session;
      // Whoever ended the replay: a reload must not bring it back for everybody.
      if (this.replaying && mode !== 'replay') this.link.tell(NOWHERE);
      else if (this.replaying && this.link.told('date') !== null) {
        this.tellSpan(span);
        if (replay?.playing) this.follow(date, replay.position);
      }
      this.replaying = mode === 'replay';
    });
  }

  /** What the page was opened for; null when for nothing. */
  asked(): Link | null {
    return momentOfLink((name) => this.link.asked(name));
  }

  /** Let the address name a moment of a replayed day. */
  show(date: string, position: number): void {
    this.toldAt = this.clock.now();
    this.link.tell({ date, t: easternClock(position) });
    const span = this.store.session()?.span;
    if (span !== undefined) this.tellSpan(span);
  }

  /** Let the address no longer name a moment of a day, which is not to be had. */
  forget(date: string): void {
    if (this.link.told('date') === date) this.link.tell(NOWHERE);
  }

  /** Keep what the address names of this day up with a replay that plays. */
  private follow(date: string, position: number): void {
    const isDue = this.clock.now() - this.toldAt >= FOLLOW_MS;
    if (isDue && this.link.told('date') === date) this.show(date, position);
  }

  private tellSpan(span: WindowRequest['span']): void {
    if (this.link.told('span') !== String(span)) this.link.tell({ span: String(span) });
  }
}
