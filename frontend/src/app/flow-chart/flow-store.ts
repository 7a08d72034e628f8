import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { failureWords } from '../live/api';
import { Clock, Stop } from '../live/clock';
import { BarsQuery, FlowApi } from '../live/flow-api';
import { Pace } from '../live/pace';
import { isElsewhere } from '../live/session-leap';
import { BarsReply, SessionInfo, StreamFrame } from '../live/wire';
import {
  addSeconds,
  isStreamed,
  joinSeries,
  LiveSeconds,
  secondsFrom,
  wholeUntil,
} from './flow-series';

/** While the stream cannot go on where an answer ends, it is asked for again so often, ms. */
const ASK_AGAIN_MS = 2000;

/** Seconds of the stream after which the server's bars are asked for in their stead. */
const SECONDS_HELD = 600;

/** Asked for before the start of a window: a point to sum from, ms. */
const SPARE_MS = 60_000;

/** The stretch of the day that is looked at. */
export type FlowWindow = '5s' | '30s' | '1m' | '5m' | '30m' | 'day';

/** Length of a window, ms; null for the whole day. */
export const WINDOW_MS: Readonly<Record<FlowWindow, number | null>> = {
  '5s': 5000,
  '30s': 30_000,
  '1m': 60_000,
  '5m': 300_000,
  '30m': 1_800_000,
  day: null,
};

/** How often a window is drawn, ms: a day moves by half a pixel a minute. */
const DRAWN_EVERY: Readonly<Record<FlowWindow, number>> = {
  '5s': 200,
  '30s': 200,
  '1m': 200,
  '5m': 200,
  '30m': 500,
  day: 1000,
};

/** What the bars of a window are as long as. */
const INTERVALS: Readonly<Record<FlowWindow, BarsReply['interval']>> = {
  '5s': '1s',
  '30s': '1s',
  '1m': '1s',
  '5m': '1s',
  '30m': '5s',
  day: '10s',
};
/** Of a day that is longer than this they are longer, ms: there would be three to a pixel. */
const LONG_DAY_MS = 2 * 3_600_000;
const LONG_DAY_INTERVAL = '30s';

/** What is asked of the server for a window of the prints that pass a filter. */
export type FlowQuery = Omit<BarsQuery, 'interval' | 'since' | 'measures'> & {
  readonly window: FlowWindow;
};

/** Flow through the day of the prints that pass a filter, growing as it happens. */
@Injectable()
export class FlowStore {
  private readonly api = inject(FlowApi);
  private readonly clock = inject(Clock);

  private readonly query = signal<FlowQuery | null>(null);
  private readonly reply = signal<BarsReply | null>(null);
  private readonly shownSeconds = signal<LiveSeconds>(new Map());
  private readonly failure = signal('');

  private seconds: LiveSeconds = new Map();
  private streamedFrom = Infinity;
  private session: SessionInfo | null = null;
  /** Length of the bars that were asked for last; null before the first question. */
  private asked: BarsReply['interval'] | null = null;
  /** Each drawing paints the whole chart. */
  private readonly pace = new Pace(this.clock, { every: DRAWN_EVERY.day, later: 40 });
  private stopAsking: Stop | null = null;
  /** Changes whenever an answer still on its way has become meaningless. */
  private epoch = 0;

  /** Why nothing can be shown; blank while something can. */
  readonly error = this.failure.asReadonly();
  /** Length of a point's interval; null before the first answer. */
  readonly interval = computed(() => this.reply()?.interval ?? null);
  /** Points of what was asked for, oldest first; null before the first answer. */
  readonly points = computed(() => {
    const [reply, query] = [this.reply(), this.query()];
    if (reply === null || query === null) return null;
    return joinSeries(
      reply,
      this.shownSeconds(),
      query,
      isStreamed(query) ? this.streamedFrom : null,
    );
  });

  constructor() {
    const stop = inject(DataStreamService).onFrame((frame) => {
      this.take(frame);
    });
    inject(DestroyRef).onDestroy(() => {
      stop();
      this.pace.end();
      this.stopAsking?.();
      this.epoch += 1;
    });
  }

  /** Show these prints. What is shown stays until they are there. */
  show(query: FlowQuery): void {
    this.query.set(query);
    void this.ask();
  }

  private take(frame: StreamFrame): void {
    if (frame.type !== 'snapshot' && frame.type !== 'update') return;
    const before = this.session;
    this.session = frame.session;
    const elsewhere = isElsewhere(before, frame.session);
    if (frame.type === 'snapshot' || elsewhere) {
      // The second that it falls into was partly over.
      this.streamedFrom = nextSecond(frame.session.market_time);
      this.seconds = new Map();
      if (elsewhere) this.reply.set(null);
      void this.ask();
    } else if (
      this.asked !== null &&
      this.asked !== this.intervalOf(this.query()?.window ?? 'day')
    ) {
      // The day has become long, by a leap ahead it may be while an answer is on its way.
      this.askLater();
    }
    if (frame.type === 'snapshot' || frame.bars.length === 0) return;
    this.seconds = addSeconds(this.seconds, frame.bars);
    const reply = this.reply();
    const joint = reply && wholeUntil(reply);
    // The server's bars hold that second as it was before it was corrected.
    if (joint !== null && frame.bars.some(({ t }) => t < joint)) this.askLater();
    // Else a day left open would hold every second of it, and sum them anew with every frame.
    if (this.seconds.size > SECONDS_HELD) this.askLater();
    this.pace.ask(
      () => {
        this.shownSeconds.set(this.seconds);
      },
      DRAWN_EVERY[this.query()?.window ?? 'day'],
    );
  }

  private async ask(): Promise<void> {
    const query = this.query();
    if (query === null || this.session === null) return;
    this.stopAsking?.();
    this.stopAsking = null;
    const epoch = ++this.epoch;
    const { window, ...filter } = query;
    const interval = this.intervalOf(window);
    this.asked = interval;
    const answer = await this.api.bars({
      ...filter,
      interval,
      since: this.since(window),
      measures: 'delta_notional',
    });
    if (epoch !== this.epoch) return;
    this.failure.set(answer.kind === 'ok' ? '' : failureWords(answer, 'No flow'));
    const joint = answer.kind === 'ok' ? wholeUntil(answer.value) : null;
    if (answer.kind === 'ok') {
      this.reply.set(answer.value);
      this.seconds = secondsFrom(this.seconds, joint);
      this.shownSeconds.set(this.seconds);
    }
    const goesOn = joint !== null && isStreamed(query) && this.streamedFrom <= joint;
    if (!goesOn) this.askLater();
  }

  private intervalOf(window: FlowWindow): BarsReply['interval'] {
    const { market_time = null, open_time = 0 } = this.session ?? {};
    const isLong = market_time !== null && market_time - open_time > LONG_DAY_MS;
    return window === 'day' && isLong ? LONG_DAY_INTERVAL : INTERVALS[window];
  }

  /** The window rolls on from where it is now: what is before it is not needed. */
  private since(window: FlowWindow): number | null {
    const [length, now] = [WINDOW_MS[window], this.session?.market_time ?? null];
    return length === null || now === null ? null : now - length - SPARE_MS;
  }

  private askLater(): void {
    this.stopAsking ??= this.clock.after(ASK_AGAIN_MS, () => {
      this.stopAsking = null;
      void this.ask();
    });
  }
}

function nextSecond(ms: number | null): number {
  return ms === null ? 0 : Math.ceil(ms / 1000) * 1000;
}
