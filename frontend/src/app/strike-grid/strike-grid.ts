import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  linkedSignal,
  untracked,
  viewChild,
} from '@angular/core';
import {
  ExposureCell,
  exposureCells,
  largestExposure,
  moneyText,
  moneyUnit,
  NO_CELL,
  rowPlace,
} from '../exposure/exposure-cells';
import { ExposureHead } from '../exposure/exposure-head';
import { ExposureStore } from '../exposure/exposure-store';
import { totalOf } from '../exposure/measures';
import { ContractSelection } from '../live/contract-selection';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { SessionState } from '../states/session-state';
import { drawnRows } from '../ui/drawn-rows';
import { ageText, fixed } from '../ui/format';
import { Preferences } from '../ui/preferences';
import { ScrollView } from '../ui/scroll-view';
import { rowHeight, Viewport } from '../ui/viewport';
import { ColumnMenu } from './column-menu';
import { toneOf } from './cells';
import { Column, mirrored, shownColumns } from './columns';
import { columnSum, LadderRow, ladderRows, ladderScales, sameScales } from './ladder';
import { hasTwoLines, ladderRowHeight } from './row-room';
import { SpanStore } from './span';
import { SpanSwitch } from './span-switch';
import { StrikeRow } from './strike-row';

/** How long words of the server stand in the head, ms. */
const NEWS_MS = 30_000;
/** Half the height of the name of a wall, and a hair, px; and with half of a line's own name. */
const NAME_PX = 10;
const TWO_NAMES_PX = 17;
/** Relative width of the strike's own column. */
const STRIKE_WEIGHT = 50;
/** Width of the exposure column, which shares the rows. */
const EXPOSURE_TRACK = 'var(--expo)';

/**
 * The strike ladder: every strike of the window, calls left, puts right, and dealers' exposure on
 * the same rows, so that a strike is one line across both.
 */
@Component({
  selector: 'sm-strike-grid',
  imports: [ColumnMenu, ExposureHead, ScrollView, SessionState, SpanSwitch, StrikeRow],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './strike-grid.html',
  styleUrls: ['./strike-grid.scss', './strike-detail.scss'],
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
  protected readonly scales = computed(() => ladderScales(this.ascending(), this.callColumns()), {
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
  /** What a full bar stands for, $. */
  private readonly largestExposure = computed(() => {
    const reply = this.exposure.reply();
    const { key } = this.exposure.measure();
    const strikes = this.ascending().map(({ strike }) => strike);
    return reply === null ? 0 : largestExposure(reply, key, strikes);
  });
  private readonly exposureCells = computed(() => {
    const reply = this.exposure.reply();
    const { key } = this.exposure.measure();
    return reply === null ? null : exposureCells(reply, key, this.largestExposure());
  });
  protected readonly exposureUnit = computed(() => moneyUnit(this.largestExposure()));
  protected readonly exposureTotal = computed(() => {
    const reply = this.exposure.reply();
    const { key } = this.exposure.measure();
    return reply === null ? '' : moneyText(totalOf(reply.totals, key), this.exposureUnit());
  });
  /** What the sum is of, and how sure it is. */
  protected readonly totalWords = computed(() => {
    const totals = this.exposure.reply()?.totals;
    const { key, name } = this.exposure.measure();
    const finite = key === 'gex' && totals?.headline === 'finite' ? ' over a move of 1 %' : '';
    const error = key === 'gex' ? totals?.gex_error : key === 'dex' ? totals?.dex_error : null;
    const sure =
      error === null || error === undefined
        ? ''
        : `, ± ${moneyText(error, this.exposureUnit()).slice(1)}`;
    return `${name} of the whole chain${finite}${sure}. ${this.exposure.convention().words}`;
  });
  /** Lines of prices across the exposure column, px from the first row's top. */
  protected readonly lines = computed(() => {
    const flip = this.exposure.reply()?.levels.flip.value ?? null;
    const spot = this.store.session()?.spot ?? null;
    const [flipTop, spotTop] = [this.heightOf(flip), this.heightOf(spot)];
    // A line begins or ends where the name of a wall stands in its way.
    return {
      flip: flipTop,
      flipText: fixed(flip, 2),
      flipName: this.nameAt(flipTop, TWO_NAMES_PX),
      spot: spotTop,
      spotName: this.nameAt(spotTop, NAME_PX),
    };
  });
  protected readonly date = computed(() => this.store.session()?.date ?? null);
  protected readonly freshness = this.now.freshness;
  protected readonly age = computed(() => {
    const age = this.now.age();
    return age === null || this.freshness() === 'fresh' ? null : `${ageText(age)} old`;
  });
  protected readonly error = this.spans.error;
  /** The server's last words, as long as they are news. */
  protected readonly notice = computed(() => {
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
  private centred = false;

  constructor() {
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

  protected exposureOf(strike: number): ExposureCell | null {
    return this.withExposure() ? (this.exposureCells()?.get(strike) ?? NO_CELL) : null;
  }

  /** Open the contract under a click: calls lie left of the strike. */
  protected openUnder(event: MouseEvent): void {
    const cell = (event.target as Element).closest('td');
    const row = cell?.closest('tr');
    if (!cell || !row || cell.classList.contains('expo')) return;
    const strike = Number(row.dataset['strike']);
    this.cursor.set(strike);
    this.open(strike, cell.cellIndex < this.callColumns().length ? 'C' : 'P');
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

  /** Where a line at `top`, px, meets the name of a wall: the side that the wall's bar leaves free. */
  private nameAt(top: number | null, room: number): 'left' | 'right' | null {
    if (top === null) return null;
    const height = this.rowHeight();
    const index = Math.floor(top / height);
    const row = this.rows()[index];
    const cell = row && this.exposureCells()?.get(row.strike);
    const meets = Math.abs((index + 0.5) * height - top) <= room;
    if (!cell?.wall || !meets) return null;
    return cell.direction < 0 ? 'right' : 'left';
  }

  /** Px over the first row for a price; null where it lies on no row. */
  private heightOf(price: number | null): number | null {
    const strikes = this.ascending().map(({ strike }) => strike);
    const place = rowPlace(strikes, price);
    if (place === null) return null;
    const last = strikes.length - 1;
    const down = this.preferences.strikeOrder() === 'high-first' ? last - place : place;
    return (down + 0.5) * this.rowHeight();
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

/** Whether a pointer rests on it, or a keyboard is in it. */
function isUsed(element: HTMLElement): boolean {
  const { activeElement } = document;
  const keyboard = element.contains(activeElement) && activeElement?.matches(':focus-visible');
  return element.matches(':hover') || keyboard === true;
}
