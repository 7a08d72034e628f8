import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
} from '@angular/core';
import { EventStore } from '../alerts/event-store';
import { DataStreamService } from '../data-stream.service';
import { emptyText } from '../levels/empty-words';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import type { PrintsQuestion } from '../prints/prints-question';
import { PrintsSheet } from '../prints/prints-sheet';
import { Choice, ChoiceMenu } from '../ui/choice-menu';
import { isModified, movedIndex } from '../ui/cursor-keys';
import { easternClock } from '../ui/eastern-time';
import { fixed, signedDollars, strikeText } from '../ui/format';
import { Preferences } from '../ui/preferences';
import { FlowPlot } from './flow-plot';
import { FlowPoint, INTERVAL_MS, sinceInstant } from './flow-series';
import { FlowStore, FlowWindow, WINDOW_MS } from './flow-store';
import { FlowView } from './flow-view';
import { gapsOf } from './gaps';
import { pressureWords } from './pressure-words';

/** What there is room for at all times is chosen at one click; the rest by a menu. */
const WINDOWS = [
  { value: '5m', name: '5m', about: 'The last five minutes, summed from their start' },
  { value: '30m', name: '30m', about: 'The last half hour, summed from its start' },
  { value: 'day', name: 'Day', about: 'Since the open' },
] as const;

const SHORT_WINDOWS = [
  { key: '5s', name: '5s', words: 'The last five seconds, summed from their start' },
  { key: '30s', name: '30s', words: 'The last half minute, summed from its start' },
  { key: '1m', name: '1m', words: 'The last minute, summed from its start' },
] as const;

const TYPES = [
  { value: 'all', name: 'All' },
  { value: 'C', name: 'Calls' },
  { value: 'P', name: 'Puts' },
] as const;

const LEGS = [
  { value: 'all', name: 'All legs' },
  { value: 'single', name: 'Single' },
  { value: 'multi', name: 'Multi' },
] as const;

const NO_PRINT = 'No print yet.';

/** Spot and the hedging pressure of the day's flow, on one time axis. */
@Component({
  selector: 'sm-flow-chart',
  imports: [ChoiceMenu, FlowPlot, PrintsSheet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './flow-chart.html',
  styleUrl: './flow-chart.scss',
  providers: [FlowStore],
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class FlowChart {
  private readonly market = inject(MarketStore);
  private readonly stream = inject(DataStreamService);
  private readonly store = inject(FlowStore);
  private readonly now = inject(Now);
  private readonly preferences = inject(Preferences);
  private readonly events = inject(EventStore);

  protected readonly view = inject(FlowView);
  protected readonly windows = WINDOWS;
  protected readonly shortWindows: readonly Choice<FlowWindow>[] = SHORT_WINDOWS;
  protected readonly allWindows: readonly Choice<FlowWindow>[] = [
    ...SHORT_WINDOWS,
    ...WINDOWS.map(({ value, name, about }) => ({ key: value, name, words: about })),
  ];
  protected readonly types = TYPES;
  protected readonly legs = LEGS;
  protected readonly legChoices = LEGS.map(({ value, name }) => ({ key: value, name }));
  protected readonly error = this.store.error;
  protected readonly freshness = this.now.freshness;
  protected readonly age = this.now.old;
  protected readonly strike = computed(() => {
    const strike = this.view.strike();
    return strike === null ? null : strikeText(strike);
  });
  /** Whether more than by default stands in the head. */
  protected readonly crowded = computed(
    () => this.strike() !== null || SHORT_WINDOWS.some(({ key }) => key === this.view.window()),
  );

  private readonly filter = computed(() => {
    const [type, legs] = [this.view.type(), this.view.legs()];
    return {
      type: type === 'all' ? null : type,
      legs: legs === 'all' ? null : legs,
      strike: this.view.strike(),
    };
  });
  /** Start of the window, UNIX ms; null for the open. */
  private readonly from = computed(() => {
    const length = WINDOW_MS[this.view.window()];
    const last = this.store.points()?.at(-1);
    return length === null || last === undefined ? null : last.t - length;
  });
  protected readonly points = computed(() => sinceInstant(this.store.points() ?? [], this.from()));
  private readonly empty = emptyText(this.error, NO_PRINT);
  /** Words over the chart; null while it speaks for itself. */
  protected readonly state = computed(() => {
    const isGone = this.stream.connection().state === 'gone';
    // Of what is drawn its age tells that the server is gone.
    if (this.points().length > 0) return isGone ? null : this.error();
    const waits = this.store.points() === null;
    return waits && this.empty() === NO_PRINT ? null : this.empty();
  });
  protected readonly gaps = computed(() => gapsOf(this.events.events()));
  protected readonly look = computed(
    () => `${this.preferences.theme()} ${this.preferences.palette()} ${this.freshness()}`,
  );

  /** First instant of the point that is pointed at, UNIX ms; null for none. */
  private readonly pointedAt = signal<number | null>(null);
  private readonly byKey = signal(false);
  protected readonly pointed = computed(() => {
    const t = this.pointedAt();
    return t === null ? null : (this.points().find((point) => point.t === t) ?? null);
  });
  protected readonly cursor = computed(() => (this.byKey() ? this.pointed() : null));
  protected readonly index = computed(() => {
    const pointed = this.pointed();
    return pointed === null ? this.points().length - 1 : this.points().indexOf(pointed);
  });

  /** What the read-out tells: of the point that is pointed at, else of now. */
  protected readonly words = computed(() => {
    const point = this.pointed() ?? this.points().at(-1);
    if (point === undefined) return null;
    return {
      ...pressureWords(point.pressure, Math.sqrt(point.variance)),
      sign: point.pressure < 0 ? 'neg' : 'pos',
      spot: fixed(point.spot, 2),
      at: this.pointed() === null ? null : easternClock(point.t),
      flow: signedDollars(point.flow),
    };
  });
  protected readonly spoken = computed(() => {
    const words = this.words();
    if (words === null) return 'No flow yet';
    const { at, figure, band, dealers, spot } = words;
    return `${at ?? 'Now'}: hedging pressure ${figure}, ${band}, ${dealers}; spot ${spot}`;
  });

  /** What is asked of the prints behind a point; null while nothing is. */
  protected readonly question = signal<PrintsQuestion | null>(null);

  constructor() {
    effect(() => {
      this.store.show({ ...this.filter(), window: this.view.window() });
    });
  }

  /** A pointer that is nowhere takes no cursor away that a key has set: new data says that too. */
  protected hover(t: number | null): void {
    if (t !== null || !this.byKey()) this.point(t);
  }

  protected leave(): void {
    if (this.byKey()) this.point(null);
  }

  private point(t: number | null): void {
    this.byKey.set(false);
    this.pointedAt.set(t);
  }

  protected press(event: KeyboardEvent): void {
    if (isModified(event) || this.points().length === 0) return;
    const next = movedIndex(event.key, this.index(), this.points().length);
    if (next !== null) {
      this.byKey.set(true);
      this.pointedAt.set(this.points()[next]?.t ?? null);
    } else if (event.key === 'Enter') {
      this.ask(this.points()[this.index()]);
    } else if (event.key === 'Escape' && this.pointed() !== null) {
      this.point(null);
    } else {
      return;
    }
    // These keys mean something to the whole page too.
    event.stopPropagation();
    event.preventDefault();
  }

  protected pick(t: number): void {
    this.ask(this.points().find((point) => point.t === t));
  }

  private ask(point: FlowPoint | undefined): void {
    const interval = this.store.interval();
    if (point === undefined || interval === null) return;
    this.question.set({
      filter: this.filter(),
      from: point.t,
      to: point.t + INTERVAL_MS[interval],
      since: this.from() ?? this.market.session()?.open_time ?? point.t,
      flow: point.flow,
      pressure: point.pressure,
    });
  }
}
