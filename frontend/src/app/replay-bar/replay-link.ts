import { effect, inject, Injectable } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { easternClock, parseTimeOfDay, timeOfDay } from '../ui/eastern-time';

/** A moment of a day that an address names. */
export interface Link {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** HH:MM:SS Eastern; null for the open. */
  readonly at: string | null;
}

/** Read `#date=2014-06-06&t=10:15:00`; null when it names no day. */
export function parseLink(hash: string): Link | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const date = fields.get('date') ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const seconds = parseTimeOfDay(fields.get('t') ?? '');
  return { date, at: seconds === null ? null : timeOfDay(seconds) };
}

/** The same, written. */
export function linkHash({ date, at }: Link): string {
  return at === null ? `#date=${date}` : `#date=${date}&t=${at}`;
}

/** Keeps the moment that is shown in the page's address, so that it can be handed on. */
@Injectable({ providedIn: 'root' })
export class ReplayLink {
  private readonly store = inject(MarketStore);
  private replaying = false;

  constructor() {
    effect(() => {
      const mode = this.store.session()?.mode;
      if (mode === undefined) return;
      // Whoever ended the replay: a reload must not bring it back for everybody.
      if (this.replaying && mode !== 'replay') this.replace('');
      this.replaying = mode === 'replay';
    });
  }

  /** What the address asks for; null when it asks for nothing. */
  asked(): Link | null {
    return parseLink(window.location.hash);
  }

  /** Let the address name a moment of a replayed day. */
  show(date: string, position: number): void {
    this.replace(linkHash({ date, at: easternClock(position) }));
  }

  private replace(hash: string): void {
    const { pathname, search } = window.location;
    // A bare hash would be taken from <base>.
    window.history.replaceState(null, '', pathname + search + hash);
  }
}
