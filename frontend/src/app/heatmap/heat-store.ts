import { computed, inject, Injectable } from '@angular/core';
import { ExposureStore } from '../exposure/exposure-store';
import { ChainApi, HeatmapRequest } from '../live/chain-api';
import { Clock } from '../live/clock';
import { Answer } from '../live/http';
import { MarketStore } from '../live/market-store';
import { Polling } from '../live/polling';
import { HeatmapReply } from '../live/wire';
import { linked } from '../ui/page-link';
import { columnsUntil, joinedColumns } from './heat-columns';
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
/** So often all columns are asked for, and only the last ones in between: a whole day is long. */
const WHOLE_EVERY_MS = 60_000;

/** The heatmap of the day so far. Provided by its tab: a tab that is not open asks for nothing. */
@Injectable()
export class HeatStore {
  private readonly api = inject(ChainApi);
  private readonly choice = inject(HeatChoice);
  private readonly market = inject(MarketStore);
  private readonly exposure = inject(ExposureStore);
  private readonly clock = inject(Clock);
  /** The last answer, and when all of its columns were asked for. */
  private held: { request: HeatmapRequest; reply: HeatmapReply; whole: number } | null = null;

  private readonly signing = computed(() => this.market.session()?.trade_size_rule);
  private readonly polled = inject(Polling).start({
    question: computed(() => {
      this.signing(); // another rule changes columns that are over
      return {
        lens: this.choice.lens(),
        interval: Number(this.choice.interval()),
        ...this.exposure.convention().assumption,
      };
    }),
    every: EVERY_MS,
    ask: (request) => this.ask(request),
  });
  /** The ladder's strikes; the same list as long as they are the same. */
  private readonly window = computed(() => this.market.session()?.strikes ?? [], {
    equal: (a, b) => a.length === b.length && a.every((strike, index) => strike === b[index]),
  });

  /** The answer without what lies ahead of the moment that is shown; the same one if nothing does. */
  private readonly told = computed(() => {
    const reply = this.polled.value();
    return reply && columnsUntil(reply, this.market.session()?.market_time ?? null);
  });

  /** Null before it is known. */
  readonly grid = computed(() => {
    const reply = this.told();
    return reply === null ? null : heatGrid(reply, this.window());
  });
  /** Of the values. */
  readonly unit = computed(() => this.polled.value()?.unit ?? '');
  /** Why there is no newer one; null when there is. */
  readonly error = this.polled.error;

  private async ask(request: HeatmapRequest): Promise<Answer<HeatmapReply>> {
    const { held } = this;
    const now = this.clock.now();
    // The last but one may have been told before it was over.
    const since = held?.request === request ? held.reply.t.at(-2) : undefined;
    if (held !== null && since !== undefined && now - held.whole < WHOLE_EVERY_MS) {
      const answer = await this.api.heatmap({ ...request, since });
      if (answer.kind !== 'ok') return answer;
      // Else it is of another moment, before what is held.
      if (answer.value.t[0] === since) {
        const reply = joinedColumns(held.reply, answer.value);
        this.held = { ...held, reply };
        return { kind: 'ok', value: reply };
      }
    }
    const answer = await this.api.heatmap(request);
    if (answer.kind === 'ok') this.held = { request, reply: answer.value, whole: now };
    return answer;
  }
}
