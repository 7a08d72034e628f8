import { FocusMonitor, FocusOrigin } from '@angular/cdk/a11y';
import { CdkConnectedOverlay, ConnectedPosition } from '@angular/cdk/overlay';
import {
  afterNextRender,
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  ElementRef,
  inject,
  linkedSignal,
  signal,
  viewChild,
} from '@angular/core';
import { failureWords } from '../live/api';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { TapeRow as Row } from '../live/wire';
import { isModified } from '../ui/cursor-keys';
import { grouped } from '../ui/format';
import { rowTurns } from '../ui/row-turns';
import { rowsInView, rowWindow, sameWindow } from '../ui/row-window';
import { saveText } from '../ui/save-text';
import { ScrollView } from '../ui/scroll-view';
import { rowHeight, Viewport } from '../ui/viewport';
import { EvidenceCard } from './evidence-card';
import { FilterBar } from './filter-bar';
import { tapeCsv } from './tape-csv';
import { isEvery, TapeFilter } from './tape-filter';
import { isPlace, TapePlace, tapePlaces } from './tape-places';
import { TapeRow } from './tape-row';
import { TapeStore } from './tape-store';

/** Room for rows before it is known, px. */
const FIRST_HEIGHT = 400;
/** In so many frames all rows that changed are drawn: a burst changes every one. */
const TURN_FRAMES = 5;
const LEAST_ROWS = 4;

/** Over the row where there is room, else under it; beside its evidence. */
const PLACES: ConnectedPosition[] = [
  { originX: 'center', originY: 'top', overlayX: 'center', overlayY: 'bottom', offsetY: -6 },
  { originX: 'center', originY: 'bottom', overlayX: 'center', overlayY: 'top', offsetY: 6 },
];

/**
 * The day's prints, newest first. Stands still under a pointer and while the keyboard is on a row, and
 * says how many wait.
 */
@Component({
  selector: 'sm-tape',
  imports: [CdkConnectedOverlay, EvidenceCard, FilterBar, ScrollView, TapeRow],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './tape.html',
  styleUrl: './tape.scss',
  providers: [TapeStore],
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class Tape {
  private readonly market = inject(MarketStore);
  private readonly store = inject(TapeStore);
  private readonly viewport = inject(Viewport);
  private readonly now = inject(Now);
  private readonly scroller = viewChild(ScrollView);
  private readonly focusMonitor = inject(FocusMonitor);
  private readonly body = viewChild.required<ElementRef<HTMLElement>>('body');
  private hovered = false;
  /** Whether the keyboard is on a row: rows that move on would take the focus along, or lose it. */
  private focused = false;

  protected readonly freshness = this.now.freshness;
  protected readonly age = this.now.old;
  protected readonly places = PLACES;
  protected readonly filter = this.store.filter;
  protected readonly waiting = this.store.waiting;
  protected readonly paused = signal(false);
  protected readonly exporting = signal(false);
  private readonly exportError = signal('');
  protected readonly error = computed(() => this.exportError() || this.store.error());

  private readonly rowHeight = computed(() => rowHeight(this.viewport.width()));
  protected readonly height = computed(() => this.store.count() * this.rowHeight());
  /** Which of the rows are drawn: those in view. */
  private readonly drawn = computed(
    () => {
      const view = this.scroller();
      const height = view?.height() ?? FIRST_HEIGHT;
      return rowWindow(view?.top() ?? 0, height, this.rowHeight(), this.store.count());
    },
    { equal: sameWindow },
  );
  protected readonly above = computed(() => this.drawn().first * this.rowHeight());
  private readonly inView = computed(
    () => {
      const view = this.scroller();
      const height = view?.height() ?? FIRST_HEIGHT;
      return rowsInView(view?.top() ?? 0, height, this.rowHeight(), this.drawn());
    },
    { equal: sameWindow },
  );
  private readonly wanted = linkedSignal<
    { tape: object; first: number; rows: readonly (Row | null)[] },
    readonly TapePlace[]
  >({
    source: () => {
      const { first, end } = this.drawn();
      return { tape: this.store.tape(), first, rows: this.store.rows(first, end) };
    },
    computation: ({ tape, first, rows }, previous) =>
      tapePlaces(tape, first, rows, previous?.value ?? []),
  });
  /** The drawn rows; of those that changed only some change with each frame. */
  protected readonly turn = rowTurns(this.wanted, this.inView, {
    isPlace,
    isUrgent: () => false,
    frames: TURN_FRAMES,
    least: LEAST_ROWS,
  });
  protected readonly isEmpty = computed(() => this.store.count() === 0);
  protected readonly everyPrint = computed(() => isEvery(this.filter()));
  /** Whether the day is known at all. */
  protected readonly known = computed(
    () => this.market.market() !== null && !this.market.isNothing(),
  );
  protected readonly count = computed(() => {
    const all = grouped(this.market.tradeCount());
    return this.everyPrint() ? all : `${grouped(this.store.count())} of ${all}`;
  });

  /** Number, from the newest, of the print that the keyboard is on; null for none. */
  private cursor: number | null = null;

  /** The print whose evidence is open, and its row. */
  protected readonly opened = signal<{ row: Row; origin: HTMLElement } | null>(null);

  constructor() {
    afterRenderEffect({
      write: () => {
        const { first, end } = this.drawn();
        this.store.need(first, end);
      },
    });
    afterRenderEffect({
      write: () => {
        // An element is a place: scrolled on, it shows another print, and the focus stays with its own.
        const { first } = this.drawn();
        if (!this.focused || this.cursor === null) return;
        focus(this.body().nativeElement.children.item(this.cursor - first), {
          preventScroll: true,
        });
      },
    });
    afterNextRender(() => {
      this.focusMonitor.monitor(this.body(), true).subscribe((origin) => {
        this.focusMoved(origin);
      });
    });
    inject(DestroyRef).onDestroy(() => {
      this.focusMonitor.stopMonitoring(this.body());
    });
    afterRenderEffect({
      write: () => {
        // Rows that are looked at further down do not move on, nor does the one that is explained.
        const isDown = (this.scroller()?.top() ?? 0) > 0;
        if (isDown || this.paused() || this.opened() !== null) this.store.hold();
        else if (!this.hovered && !this.focused) this.store.release();
      },
    });
  }

  /** Stop for a mouse; a finger leaves no pointer behind. */
  protected enter(event: PointerEvent): void {
    this.hovered = event.pointerType === 'mouse';
    if (this.hovered) this.store.hold();
  }

  protected leave(): void {
    this.hovered = false;
    this.goOn();
  }

  private focusMoved(origin: FocusOrigin): void {
    this.focused = origin === 'keyboard' || origin === 'program';
    if (this.focused) this.store.hold();
    else this.goOn();
  }

  private goOn(): void {
    const isStill = this.paused() || this.opened() !== null || this.hovered || this.focused;
    if (!isStill && (this.scroller()?.top() ?? 0) === 0) this.store.release();
  }

  protected togglePause(): void {
    this.paused.update((paused) => !paused);
    if (!this.paused()) this.toTop();
  }

  protected choose(filter: TapeFilter): void {
    this.store.choose(filter);
    this.toTop();
  }

  protected open(row: Row | null, event: Event): void {
    const origin = event.currentTarget as HTMLElement;
    this.opened.set(row === null || row === this.opened()?.row ? null : { row, origin });
  }

  /** A click on a row opens that row's evidence instead. */
  protected outside(event: MouseEvent): void {
    const { target } = event;
    if (!(target instanceof Element && target.closest('[sm-tape-row]'))) this.opened.set(null);
  }

  protected close(): void {
    this.opened()?.origin.focus({ preventScroll: true });
    this.opened.set(null);
  }

  /** From the list as a whole, where Tab stops, down or Enter goes to the first row in view. */
  protected enterRows(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || isModified(event)) return;
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    // Rows above the view are drawn too: to go to one of them would scroll.
    const row = this.body().nativeElement.children.item(this.inView().first);
    if (row === null) return;
    event.preventDefault();
    focus(row);
  }

  protected reach({ currentTarget }: Event): void {
    const rows = [...this.body().nativeElement.children];
    this.cursor = this.drawn().first + rows.findIndex((row) => row === currentTarget);
  }

  /** Up and down go from row to row, Enter opens the evidence. */
  protected press(event: KeyboardEvent, row: Row | null): void {
    const element = event.currentTarget as HTMLElement;
    if (event.key === 'Enter') this.open(row, event);
    else if (event.key === 'Escape' && this.opened() !== null) this.close();
    else if (event.key === 'ArrowDown') focus(element.nextElementSibling);
    else if (event.key === 'ArrowUp') focus(element.previousElementSibling);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Save everything that passes the filter, not only what is in view. */
  protected async export(): Promise<void> {
    this.exporting.set(true);
    const answer = await this.store.everything();
    this.exporting.set(false);
    this.exportError.set(answer.kind === 'ok' ? '' : failureWords(answer, 'Not exported'));
    const date = this.market.session()?.date ?? 'day';
    if (answer.kind === 'ok') saveText(`tape-${date}.csv`, 'text/csv', tapeCsv(answer.value));
  }

  private toTop(): void {
    const view = this.scroller()?.element;
    if (view !== undefined) view.scrollTop = 0;
  }
}

function focus(row: Element | null, options?: FocusOptions): void {
  if (row instanceof HTMLElement) row.focus(options);
}
