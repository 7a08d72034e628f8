import { computed, inject, Injectable, linkedSignal, signal } from '@angular/core';
import { ChainApi } from '../live/chain-api';
import { MarketStore } from '../live/market-store';
import { Polling } from '../live/polling';
import { Bar } from '../live/wire';
import { Minutes, minutesFrom, seenMinutes } from './volume-bars';

const EVERY_MS = 10_000;
/** It changes with the day and with the span alone. */
const USUAL_EVERY_MS = 60_000;
const NONE: Minutes = new Map();

/** The day's volume by the minute, as far as this page has seen the day. */
@Injectable({ providedIn: 'root' })
export class VolumeStore {
  private readonly api = inject(ChainApi);
  private readonly market = inject(MarketStore);
  private readonly polled = inject(Polling).start({
    question: signal('minutes'),
    every: EVERY_MS,
    ask: () => this.api.minutes(),
  });
  private readonly earlier = inject(Polling).start({
    question: computed(() => this.market.session()?.span ?? null),
    every: USUAL_EVERY_MS,
    ask: () => this.api.usual(),
  });
  private readonly day = computed(() => {
    const session = this.market.session();
    return session === null ? '' : `${session.mode} ${session.date}`;
  });

  /** Contracts traded in each minute that was seen; of a replay also those ahead of it. */
  readonly minutes = linkedSignal<{ day: string; bars: readonly Bar[] }, Minutes>({
    source: () => ({ day: this.day(), bars: this.polled.value()?.bars ?? [] }),
    computation: ({ day, bars }, previous) =>
      seenMinutes(previous?.source.day === day ? previous.value : NONE, bars),
  }).asReadonly();
  /** Contracts typical of each minute of the session; none where too few sessions tell. */
  readonly usual = computed(() => {
    const open = this.market.session()?.open_time;
    const volume = this.earlier.value()?.volume ?? null;
    return open === undefined || volume === null ? NONE : minutesFrom(open, volume);
  });
}
