import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { Clock, Stop } from './clock';
import { applySnapshot, applyUpdate, Market, signedShare, tradeCount } from './market';
import { MarketAnchor, nextAnchor } from './market-clock';
import { StreamFrame } from './wire';

/** Words of the server for a person. */
export interface Notice {
  readonly level: 'error' | 'info' | 'warning';
  readonly text: string;
  /** UNIX ms by the server. */
  readonly at: number;
}

/**
 * The day as the page knows it.
 *
 * Frames are laid over each other as they come and shown once per animation frame, so that a burst
 * costs one rendering and a hidden tab keeps nothing but the newest state.
 */
@Injectable({ providedIn: 'root' })
export class MarketStore {
  private readonly clock = inject(Clock);

  private newest: Market | null = null;
  private newestAnchor: MarketAnchor | null = null;
  private newestNotice: Notice | null = null;
  private stopFrame: Stop | null = null;

  private readonly shown = signal<Market | null>(null);
  private readonly shownAnchor = signal<MarketAnchor | null>(null);
  private readonly shownNotice = signal<Notice | null>(null);

  /** Everything; null before the first snapshot. */
  readonly market = this.shown.asReadonly();
  /** How market time runs; null before the first event. */
  readonly anchor = this.shownAnchor.asReadonly();
  /** The server's last words; null before the first. */
  readonly notice = this.shownNotice.asReadonly();

  /** The day that is shown, and where it stands. */
  readonly session = computed(() => this.shown()?.session ?? null);
  /** Whether a day is shown of which nothing is stored: nothing of it will come. */
  readonly isNothing = computed(() => this.session()?.feed.state === 'empty');
  /** Sums over every contract. */
  readonly totals = computed(() => this.shown()?.totals ?? null);
  /** By ticker. */
  readonly contracts = computed(() => this.shown()?.contracts ?? null);
  /** Newest last. */
  readonly prints = computed(() => this.shown()?.prints ?? []);
  /** 0 to 1; null before the first trade. */
  readonly signedShare = computed(() => {
    const contracts = this.contracts();
    return contracts === null ? null : signedShare(contracts.values());
  });
  /** Trades of the day. */
  readonly tradeCount = computed(() => tradeCount(this.contracts()?.values() ?? []));

  constructor() {
    const stop = inject(DataStreamService).onFrame((frame) => {
      this.take(frame);
    });
    inject(DestroyRef).onDestroy(() => {
      stop();
      this.stopFrame?.();
    });
  }

  private take(frame: StreamFrame): void {
    const now = this.clock.now();
    switch (frame.type) {
      case 'snapshot':
        this.newest = applySnapshot(this.newest, frame, now);
        this.newestAnchor = nextAnchor(null, frame.session, now, frame.ts);
        break;
      case 'update':
        if (this.newest === null) return;
        this.newest = applyUpdate(this.newest, frame, now);
        this.newestAnchor = nextAnchor(this.newestAnchor, frame.session, now, frame.ts);
        break;
      case 'status':
        this.newestNotice = { level: frame.level, text: frame.message, at: frame.ts };
        break;
      case 'alert':
        this.newestNotice = {
          level: 'info',
          text: `${frame.title}: ${frame.message}`,
          at: frame.ts,
        };
        break;
    }
    this.stopFrame ??= this.clock.nextFrame(() => {
      this.show();
    });
  }

  private show(): void {
    this.stopFrame = null;
    this.shown.set(this.newest);
    this.shownAnchor.set(this.newestAnchor);
    this.shownNotice.set(this.newestNotice);
  }
}
