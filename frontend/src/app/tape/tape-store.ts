import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { Answer, failureWords } from '../live/api';
import { Clock } from '../live/clock';
import { FlowApi } from '../live/flow-api';
import { Pace } from '../live/pace';
import { isElsewhere } from '../live/session-leap';
import { SessionInfo, StreamFrame, TapeReply, TapeRow } from '../live/wire';
import { PageLink } from '../ui/page-link';
import { write, read } from '../ui/remembered';
import {
  fieldsOfFilter,
  filterOfFields,
  filterQuery,
  passes,
  readFilter,
  TapeFilter,
} from './tape-filter';
import {
  anchored,
  livePages,
  nextRequest,
  PAGE_ROWS,
  rowAt,
  TapePages,
  withFewer,
  withChanged,
  withLive,
  withPage,
} from './tape-pages';

/** How often the tape is drawn, ms. */
const EVERY_MS = 200;
/** So often while each update turns over more rows than the eye can follow. */
const BURST_EVERY_MS = 500;
const LEGIBLE_ROWS = 10;
/** Live prints after which the tape is asked for anew: they go into pages. */
const LIVE_HELD = 2000;
/** Live prints of a standing tape that are kept; more are only counted. */
const WAITING_HELD = 10_000;
/** Most prints that the stream tells in a frame. */
const FRAME_ROWS = 200;
/** Prints asked for at once when all are wanted: the server's most. */
const EXPORT_ROWS = 10_000;
const KEY = 'tape.filter';

/** The day's prints that pass a filter, newest first, without holding them all. */
@Injectable()
export class TapeStore {
  private readonly api = inject(FlowApi);
  private readonly clock = inject(Clock);

  private readonly link = inject(PageLink);

  private readonly chosen = signal(
    this.link.isGiven ? filterOfFields((name) => this.link.asked(name)) : keptFilter(),
  );
  private readonly shown = signal<TapePages>(livePages([]));
  private readonly heldAt = signal<number | null>(null);
  private readonly failure = signal('');

  private newest = livePages([]);
  /** Which prints the pages hold; null before there are any. */
  private pagedBy: TapeFilter | null = null;
  private readonly shownTape = signal<object>({});
  private session: SessionInfo | null = null;
  private lastId: number | null = null;
  private readonly pace = new Pace(this.clock, { every: EVERY_MS, later: 20 });
  /** A burst leaves prints out with every frame: to ask after each would be to draw after each. */
  private readonly catchUp = new Pace(this.clock, { every: BURST_EVERY_MS, later: 0 });
  /** Rows that are looked at. */
  private wanted = { first: 0, end: 0 };
  private isAsking = false;
  private isBehind = false;
  /** Changes whenever an answer still on its way has become meaningless. */
  private epoch = 0;

  /** Which prints are shown; remembered by this browser. */
  readonly filter = this.chosen.asReadonly();
  /** Why older prints cannot be shown; blank while they can. */
  readonly error = this.failure.asReadonly();
  /** Live prints that are shown. */
  private readonly live = computed(() => this.heldAt() ?? this.shown().live.length);
  /** Prints that are shown, held or not. */
  readonly count = computed(() => this.live() + this.shown().paged);
  /** Another object when other prints are shown: those of another filter, session or moment. */
  readonly tape = this.shownTape.asReadonly();
  /** Prints that came since the tape was stopped. */
  readonly waiting = computed(() => this.shown().live.length - this.live());

  constructor() {
    this.link.tell(fieldsOfFilter(this.chosen()));
    const stop = inject(DataStreamService).onFrame((frame) => {
      this.take(frame);
    });
    inject(DestroyRef).onDestroy(() => {
      stop();
      this.pace.end();
      this.catchUp.end();
      this.epoch += 1;
    });
  }

  /** Prints `first` to `end` from the newest; null for those that are not there yet. */
  rows(first: number, end: number): readonly (TapeRow | null)[] {
    const [tape, live] = [this.shown(), this.live()];
    return Array.from({ length: end - first }, (_, row) => rowAt(tape, first + row, live));
  }

  /** Have those prints here soon. */
  need(first: number, end: number): void {
    this.wanted = { first, end };
    void this.fill();
  }

  /** Show other prints. */
  choose(filter: TapeFilter): void {
    this.chosen.set(filter);
    write(KEY, JSON.stringify(filter));
    this.link.tell(fieldsOfFilter(filter));
    this.heldAt.set(null);
    void this.anchor();
  }

  /** Let nothing move; what comes waits. */
  hold(): void {
    if (this.heldAt() !== null) return;
    const { isWhole } = this.shown();
    if (!isWhole) this.shown.set(this.newest);
    this.heldAt.set(this.shown().live.length);
    // What is left out from now on lies above what is shown.
    if (isWhole) this.newest = { ...this.newest, isWhole };
    else if (!this.newest.isWhole && !this.isAsking) void this.anchor();
  }

  /** Let go on. */
  release(): void {
    this.heldAt.set(null);
    if (!this.isBehind) return;
    this.newest = { ...this.newest, isWhole: false };
    this.shown.update((shown) => ({ ...shown, isWhole: false }));
    void this.anchor();
  }

  /** All prints of the day that pass, newest first, held or not. */
  async everything(): Promise<Answer<readonly TapeRow[]>> {
    const rows: TapeRow[] = [];
    const query = { ...filterQuery(this.chosen()), limit: EXPORT_ROWS };
    for (let before: number | null = null; ; before = rows.at(-1)?.id ?? null) {
      const answer = await this.api.tape({ ...query, before });
      if (answer.kind !== 'ok') return answer;
      rows.push(...answer.value.trades);
      if (answer.value.trades.length < EXPORT_ROWS) return { kind: 'ok', value: rows };
    }
  }

  private take(frame: StreamFrame): void {
    if (frame.type !== 'snapshot' && frame.type !== 'update') return;
    const elsewhere = isElsewhere(this.session, frame.session);
    this.session = frame.session;
    const fresh = frame.trades.filter((row) => passes(row, this.chosen()));
    if (frame.type === 'snapshot' || elsewhere) {
      this.newest = livePages(fresh);
      this.pagedBy = null;
      this.heldAt.set(null);
      void this.anchor();
    } else {
      this.newest = withChanged(this.newest, frame.changed_trades);
      if (this.hasSkipped(frame.trades)) {
        this.isBehind = true;
        if (this.heldAt() === null) this.newest = { ...this.newest, isWhole: false };
      }
      if (this.newest.live.length < WAITING_HELD) this.newest = withLive(this.newest, fresh);
      else this.isBehind = true;
      const isLong = this.newest.live.length > LIVE_HELD;
      if (isLong || this.isBehind) {
        this.catchUp.ask(() => {
          if (this.heldAt() === null && !this.isAsking) void this.anchor();
        });
      }
    }
    this.lastId = frame.trades.at(-1)?.id ?? this.lastId;
    this.draw(frame.trades.length > LEGIBLE_ROWS ? BURST_EVERY_MS : EVERY_MS);
  }

  private draw(every: number): void {
    this.pace.ask(() => {
      this.shown.set(this.newest);
    }, every);
  }

  /** A full frame that does not go on where the last one ended leaves prints out. */
  private hasSkipped(trades: readonly TapeRow[]): boolean {
    const first = trades[0]?.id;
    if (trades.length < FRAME_ROWS || first === undefined || this.lastId === null) return false;
    return first > this.lastId + 1;
  }

  /** Ask for the newest page, and count from there. */
  private async anchor(): Promise<void> {
    const epoch = ++this.epoch;
    const filter = this.chosen();
    const answer = await this.newestPage(filter);
    if (epoch !== this.epoch) return;
    this.isAsking = false;
    this.failure.set(answer.kind === 'ok' ? '' : failureWords(answer, 'No older prints'));
    const stands = this.heldAt() !== null;
    const isSame = this.pagedBy === filter;
    // A tape that was stopped meanwhile stands as it is, until it is let go.
    if (stands && isSame && this.shown().isWhole) {
      this.isBehind = true;
      // What was asked for meanwhile was put off.
      void this.fill();
      return;
    }
    const live = this.newest.live.filter((row) => passes(row, filter));
    const { trades = [], total = 0 } = answer.kind === 'ok' ? answer.value : {};
    // A burst that went on left prints out between the answer and those that came since.
    const isWhole = answer.kind === 'ok' ? stands || !this.isBehind : this.newest.isWhole;
    this.newest = { ...anchored(trades, total, live), isWhole };
    this.pagedBy = filter;
    if (stands) this.heldAt.set(this.isBehind ? 0 : this.newest.live.length);
    if (isSame && !stands) {
      this.draw(BURST_EVERY_MS);
    } else {
      if (!isSame) this.shownTape.set({});
      this.shown.set(this.newest);
    }
    void this.fill();
  }

  private newestPage(filter: TapeFilter): Promise<Answer<TapeReply>> {
    this.isAsking = true;
    this.isBehind = false;
    return this.api.tape({ ...filterQuery(filter), limit: PAGE_ROWS });
  }

  /** Ask for what is looked at and not held, one page after the other. */
  private async fill(): Promise<void> {
    const { first, end } = this.wanted;
    const request = nextRequest(this.newest, first, end, this.live());
    if (request === null || this.isAsking) return;
    const epoch = this.epoch;
    this.isAsking = true;
    const { page, before, skip } = request;
    const filter = filterQuery(this.chosen());
    const answer = await this.api.tape({ ...filter, before, skip, limit: PAGE_ROWS });
    if (epoch !== this.epoch) return;
    this.isAsking = false;
    this.failure.set(answer.kind === 'ok' ? '' : failureWords(answer, 'No older prints'));
    if (answer.kind !== 'ok' || answer.value.trades.length === 0) return;
    const near = Math.floor((this.wanted.first - this.live()) / PAGE_ROWS);
    const filled = withPage(this.newest, page, answer.value.trades);
    this.newest = withFewer(filled, near);
    this.shown.set(this.newest);
    void this.fill();
  }
}

function keptFilter(): TapeFilter {
  try {
    return readFilter(JSON.parse(read(KEY) ?? '{}'));
  } catch {
    return readFilter(null);
  }
}
