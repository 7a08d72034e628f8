import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  ElementRef,
  inject,
  linkedSignal,
  untracked,
  viewChild,
} from '@angular/core';
import { NO_CELL } from '../exposure/exposure-cells';
import { ExposureHead } from '../exposure/exposure-head';
import { ExposureStore } from '../exposure/exposure-store';
import { ContractSelection } from '../live/contract-selection';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { ReplayStore } from '../replay-bar/replay-store';
import { MissingDay } from '../states/missing-day';
import { SessionState } from '../states/session-state';
import { drawnRows } from '../ui/drawn-rows';
import { CutOff } from '../ui/cut-off';
import { Preferences } from '../ui/preferences';
import { rowTurns } from '../ui/row-turns';
import { ScrollView } from '../ui/scroll-view';
import { rowHeight, Viewport } from '../ui/viewport';
import { ColumnMenu } from './column-menu';
import { toneOf } from './cells';
import { Column, mirrored, shownColumns } from './columns';
import { ExposureColumn } from './exposure-column';
import { inputsAge } from './inputs-age';
import {
  columnSum,
  LadderLine,
  ladderLines,
  LadderRow,
  ladderRows,
  ladderScales,
  sameScales,
  Scales,
} from './ladder';
import { hasTwoLines, keepRows, ladderRowHeight, likelyRows } from './row-room';
import { SpanStore } from './span';
import { SpanSwitch } from './span-switch';
import { StrikeRow } from './strike-row';

/** How long words of the server stand in the head, ms. */
const NEWS_MS = 30_000;
/** In so many frames all rows that changed are drawn: less than lie between two updates of 100 ms. */
const TURN_FRAMES = 5;
const LEAST_ROWS = 4;
/** Relative width of the strike's own column. */
const STRIKE_WEIGHT = 46;
/** Width of the exposure column, which shares the rows. */
const EXPOSURE_TRACK = 'var(--expo)';

/**
 * The strike ladder: every strike of the window, calls left, puts right, and dealers' exposure on
 * the same rows, so that a strike is one line across both.
 */
@Component({
  selector: 'sm-strike-grid',
  imports: [
    ColumnMenu,
    CutOff,
    ExposureHead,
    MissingDay,
    ScrollView,
    SessionState,
    SpanSwitch,
    StrikeRow,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './strike-grid.html',
  styleUrls: [
    './strike-grid.scss',
    './strike-rows.scss',
    './exposure-column.scss',
    './strike-detail.scss',
  ],
  host: {
    '[attr.data-freshness]': 'freshness()',
    '[attr.data-exposure]': 'exposure.freshness()',
  },
})
export class StrikeGrid {
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);
  private readonly preferences = inject(Preferences);
  private readonly viewport = inject(Viewport);
  private readonly spans = inject(SpanStore);
  private readonly selection = inject(ContractSelection);
  protected readonly exposure = inject(ExposureStore);
  private readonly scroller = viewChild<ScrollView>('scroller');
  private readonly body = viewChild<ElementRef<HTMLElement>>('body');

  /** Lowest strike first; keeps the objects of rows that did not change. */
  private readonly ascending = linkedSignal<
    {
      session: ReturnType<MarketStore['session']>;
      contracts: ReturnType<MarketStore['contracts']>;
    },
    readonly LadderRow[]
  >({
    source: () => ({ session: this.store.session(), contracts: this.store.contracts() }),
    computation: ({ session, contracts }, previous) =>
      session === null || contracts === null
        ? []
        : ladderRows(session, contracts.values(), previous?.value ?? []),
  });

  protected readonly rows = computed(() =>
    this.preferences.strikeOrder() === 'high-first'
      ? [...this.ascending()].reverse()
      : this.ascending(),
  );
  /** A phone's rows are under a finger, and the page scrolls. */
  private readonly rowHeight = computed(() => {
    const width = this.viewport.width();
    const view = width === 'phone' ? null : (this.scroller()?.height() ?? null);
    return ladderRowHeight(view, this.rows().length, rowHeight(width));
  });
  protected readonly list = drawnRows(this.rows, this.scroller, this.rowHeight);
  protected readonly detailed = computed(() => hasTwoLines(this.rowHeight()));
  protected readonly callColumns = computed(() =>
    shownColumns(this.viewport.width(), this.preferences.hiddenColumns()),
  );
  protected readonly putColumns = computed(() => mirrored(this.callColumns()));
  private readonly scales = computed(() => ladderScales(this.ascending(), this.callColumns()), {
    equal: sameScales,
  });
  protected readonly sums = computed(() => ({
    calls: this.callColumns().map((column) => this.sum('C', column)),
    puts: this.putColumns().map((column) => this.sum('P', column)),
  }));
  /** Tracks of every row, for CSS. */
  protected readonly tracks = computed(() => {
    const calls = this.callColumns().map(({ weight }) => weight);
    const puts = this.putColumns().map(({ weight }) => weight);
    const tracks = [...calls, STRIKE_WEIGHT, ...puts].map((weight) => `minmax(0, ${weight}fr)`);
    return [...tracks, ...(this.withExposure() ? [EXPOSURE_TRACK] : [])].join(' ');
  });
  /** A phone has no room for it beside the ladder. */
  protected readonly withExposure = computed(() => this.viewport.width() !== 'phone');
  /** Dealers' exposure on the same rows. */
  protected readonly dealers = new ExposureColumn(this.exposure, {
    ascending: this.ascending,
    rows: this.rows,
    height: this.rowHeight,
    spot: computed(() => this.store.session()?.spot ?? null),
  });
  private readonly drawnLines = linkedSignal<
    {
      rows: readonly LadderRow[];
      scales: Scales;
      cells: ReturnType<ExposureColumn['cells']>;
      shown: boolean;
    },
    readonly LadderLine[]
  >({
    source: () => ({
      rows: this.list.rows(),
      scales: this.scales(),
      cells: this.dealers.cells(),
      shown: this.withExposure(),
    }),
    computation: ({ rows, scales, cells, shown }, previous) =>
      ladderLines(
        rows,
        scales,
        (strike) => (shown ? (cells?.get(strike) ?? NO_CELL) : null),
        previous?.value ?? [],
      ),
  });
  /** The drawn rows; of those that changed only some change with each frame. */
  protected readonly turn = rowTurns(this.drawnLines, this.list.inView, {
    // A column that comes or goes does so in all rows at once.
    isPlace: (a, b) =>
      a.row.strike === b.row.strike && (a.exposure === null) === (b.exposure === null),
    // One row is at the money.
    isUrgent: (a, b) => a.row.atTheMoney !== b.row.atTheMoney,
    frames: TURN_FRAMES,
    least: LEAST_ROWS,
  });
  /** A day that was asked for and is not stored takes the place of the rows. */
  protected readonly missing = inject(ReplayStore).missing;
  protected readonly date = computed(() => this.store.session()?.date ?? null);
  protected readonly freshness = this.now.freshness;
  protected readonly age = this.now.old;
  /** Why a span was not taken; else the server's last words, as long as they are news. */
  protected readonly notice = computed(() => {
    const error = this.spans.error();
    if (error !== null) return { text: error, level: 'error' as const };
    const notice = this.store.notice();
    return notice !== null && this.now.wall() - notice.at < NEWS_MS ? notice : null;
  });

  /** The strike that keys act on; the one at the money until another is chosen. */
  private readonly cursor = linkedSignal<readonly LadderRow[], number | null>({
    source: this.ascending,
    computation: (rows, previous) =>
      rows.find(({ strike }) => strike === previous?.value)?.strike ?? null,
  });
  protected readonly reached = computed(() => this.cursor() ?? this.atm());

  private readonly atm = computed(() => this.store.session()?.atm ?? null);
  private readonly rowCount = computed(() => this.rows().length);
  private readonly viewHeight = computed(() => this.scroller()?.height() ?? null);
  /** Rows that a phone leaves room for, so that what lies below does not move when they come. */
  protected readonly likelyRows = likelyRows();
  private centred = false;

  constructor() {
    effect(() => {
      if (this.rowCount() > 0) keepRows(this.rowCount());
    });
    // Not in the template: each event would have the whole ladder looked at.
    inject<ElementRef<HTMLElement>>(ElementRef).nativeElement.addEventListener(
      'mouseover',
      this.tellAge.bind(this),
    );
    afterRenderEffect({
      write: () => {
        // Whatever moves the money or the number of rows moves the view after it.
        this.atm();
        this.rowCount();
        this.viewHeight();
        this.preferences.strikeOrder();
        this.follow();
      },
    });
  }

  /** Bring the strike at the money to the middle of the view. */
  centre(): void {
    this.scrollToMoney(this.centred ? 'smooth' : 'instant');
  }

  protected aboutColumn({ about, detail }: Column): string {
    return detail !== undefined && this.detailed() ? `${about}. Under it: ${detail.about}` : about;
  }

  /** Open the contract under a click. */
  protected openUnder(event: MouseEvent): void {
    const under = this.legUnder(event);
    if (under === null) return;
    this.cursor.set(under.strike);
    this.open(under.strike, under.type);
  }

  /** The leg that the pointer is on: calls lie left of the strike. */
  private legUnder(event: MouseEvent): Leg | null {
    const cell = (event.target as Element).closest('td');
    const row = cell?.closest<HTMLElement>('tr[data-strike]');
    if (!cell || !row || cell.classList.contains('expo')) return null;
    const type = cell.cellIndex < this.callColumns().length ? 'C' : 'P';
    return { strike: Number(row.dataset['strike']), type, row };
  }

  /** Say on the row how old the inputs of the figure are that the pointer comes to. */
  private tellAge(event: MouseEvent): void {
    const under = this.legUnder(event);
    if (under === null) return;
    for (const row of this.store.contracts()?.values() ?? []) {
      if (row.strike_price === under.strike && row.type === under.type) {
        under.row.title = inputsAge(row, this.store.session()?.market_time ?? null);
      }
    }
  }

  /** Up and down choose a strike, Enter opens its call, with Shift its put. */
  protected press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const strike = this.reached();
    if (strike === null) return;
    if (event.key === 'Enter') this.open(strike, event.shiftKey ? 'P' : 'C');
    else if (event.key === 'ArrowUp') this.moveCursor(strike, -1);
    else if (event.key === 'ArrowDown') this.moveCursor(strike, 1);
    else return;
    event.preventDefault();
  }

  private open(strike: number, type: 'C' | 'P'): void {
    for (const [ticker, row] of this.store.contracts() ?? []) {
      if (row.strike_price === strike && row.type === type) this.selection.open(ticker);
    }
  }

  private moveCursor(strike: number, step: number): void {
    const rows = this.rows();
    const index = rows.findIndex((row) => row.strike === strike) + step;
    const next = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (next === undefined) return;
    this.cursor.set(next.strike);
    // Rows just out of view are there; scrolled further away, none is.
    const row = this.body()?.nativeElement.querySelector<HTMLElement>(
      `[data-strike="${next.strike}"]`,
    );
    if (row) row.focus();
    else this.scrollTo(next.strike, 'instant');
  }

  /** Follow the money, but never move rows away from under a pointer or a keyboard. */
  private follow(): void {
    const view = this.scroller();
    if (view && !(this.centred && isUsed(view.element))) this.centre();
  }

  private scrollToMoney(how: 'instant' | 'smooth'): void {
    const money = untracked(this.rows).find((row) => row.atTheMoney);
    if (money !== undefined && this.scrollTo(money.strike, how)) this.centred = true;
  }

  /** Bring a strike to the middle; says whether there was a view to do it in. */
  private scrollTo(strike: number, how: 'instant' | 'smooth'): boolean {
    const view = this.scroller();
    const body = this.body()?.nativeElement;
    const index = untracked(this.rows).findIndex((row) => row.strike === strike);
    if (!view || !body || index < 0) return false;
    const height = untracked(this.rowHeight);
    view.centre(body.offsetTop + index * height, height, how);
    return true;
  }

  private sum(type: 'C' | 'P', column: Column) {
    const value = column.summed ? columnSum(this.ascending(), type, column) : null;
    const text = column.text(value);
    return { key: type + column.key, text, tone: toneOf(column, value, text) };
  }
}

/** One side of a row. */
interface Leg {
  readonly strike: number;
  readonly type: 'C' | 'P';
  readonly row: HTMLElement;
}

/** Whether a pointer rests on it, or a keyboard is in it. */
function isUsed(element: HTMLElement): boolean {
  const { activeElement } = document;
  const keyboard = element.contains(activeElement) && activeElement?.matches(':focus-visible');
  return element.matches(':hover') || keyboard === true;
}
