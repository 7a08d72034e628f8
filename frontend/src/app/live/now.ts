import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { ageText } from '../ui/format';
import { Clock } from './clock';
import { dataAge, freshnessOf } from './freshness';
import { marketTime } from './market-clock';
import { MarketStore } from './market-store';

/** Fine enough for tenths of a second in an age. */
const TICK_MS = 200;

/** What changes with time alone: market time, and the age of the data. */
@Injectable({ providedIn: 'root' })
export class Now {
  private readonly clock = inject(Clock);
  private readonly store = inject(MarketStore);
  private readonly stream = inject(DataStreamService);
  private readonly tick = signal(this.clock.now());
  /** The browser's UNIX ms. A frame is a tick too: at 60× a fifth of a second is twelve. */
  readonly wall = computed(() => Math.max(this.tick(), this.store.market()?.receivedAt ?? 0));

  /** Ms since data last came; null when none is expected. */
  readonly age = computed(() =>
    dataAge(this.store.market(), this.stream.connection(), this.wall()),
  );
  /** The age, judged. */
  readonly freshness = computed(() => freshnessOf(this.age()));
  /** The age in words for a panel's head; null while data is fresh. */
  readonly old = computed(() => {
    const age = this.age();
    return age === null || this.freshness() === 'fresh' ? null : `${ageText(age)} old`;
  });
  /**
   * Market time, UNIX ms; null before it is known. A replay or simulation stands still when its
   * server is gone.
   */
  readonly market = computed(() => {
    const session = this.store.session();
    const anchor = this.store.anchor();
    if (session === null || anchor === null) return null;
    const open = this.stream.connection().state === 'open';
    const market = this.store.market();
    const until =
      open || session.mode === 'live' || market === null ? this.wall() : market.receivedAt;
    return marketTime(anchor, until);
  });

  constructor() {
    const stop = this.clock.every(TICK_MS, () => {
      this.tick.set(this.clock.now());
    });
    inject(DestroyRef).onDestroy(stop);
  }
}
