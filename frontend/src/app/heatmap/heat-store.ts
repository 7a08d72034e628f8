import { computed, inject, Injectable } from '@angular/core';
import { ExposureStore } from '../exposure/exposure-store';
import { ChainApi } from '../live/chain-api';
import { MarketStore } from '../live/market-store';
import { Polling } from '../live/polling';
import { linked } from '../ui/page-link';
import { heatGrid, Lens, LENSES } from './heat-grid';

/** Lengths of a column on offer, seconds. */
export const INTERVALS = ['1', '5', '10', '30', '60'] as const;

/** Length of a column, seconds, as a word. */
export type Interval = (typeof INTERVALS)[number];

/** What the user wants the heatmap to show. */
@Injectable({ providedIn: 'root' })
export class HeatChoice {
  private readonly lensChoice = linked<Lens>(
    'lens',
    'lens',
    'gamma',
    LENSES.map(({ key }) => key),
  );
  private readonly intervalChoice = linked<Interval>('column', 'heat-interval', '30', INTERVALS);

  readonly lens = this.lensChoice.value;
  readonly interval = this.intervalChoice.value;

  chooseLens(lens: Lens): void {
    this.lensChoice.choose(lens);
  }

  chooseInterval(interval: Interval): void {
    this.intervalChoice.choose(interval);
  }
}

const EVERY_MS = 2000;

/** The heatmap of the day so far. Provided by its tab: a tab that is not open asks for nothing. */
@Injectable()
export class HeatStore {
  private readonly api = inject(ChainApi);
  private readonly choice = inject(HeatChoice);
  private readonly market = inject(MarketStore);
  private readonly exposure = inject(ExposureStore);

  private readonly polled = inject(Polling).start({
    question: computed(() => ({
      lens: this.choice.lens(),
      interval: Number(this.choice.interval()),
      ...this.exposure.convention().assumption,
    })),
    every: EVERY_MS,
    ask: (request) => this.api.heatmap(request),
  });
  /** The ladder's strikes; the same list as long as they are the same. */
  private readonly window = computed(() => this.market.session()?.strikes ?? [], {
    equal: (a, b) => a.length === b.length && a.every((strike, index) => strike === b[index]),
  });

  /** Null before it is known. */
  readonly grid = computed(() => {
    const reply = this.polled.value();
    return reply === null ? null : heatGrid(reply, this.window());
  });
  /** Of the values. */
  readonly unit = computed(() => this.polled.value()?.unit ?? '');
  /** Why there is no newer one; null when there is. */
  readonly error = this.polled.error;
}
