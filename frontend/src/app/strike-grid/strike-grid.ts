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
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { SessionState } from '../states/session-state';
import { drawnRows } from '../ui/drawn-rows';
import { ageText } from '../ui/format';
import { Preferences } from '../ui/preferences';
import { ScrollView } from '../ui/scroll-view';
import { Viewport } from '../ui/viewport';
import { ColumnMenu } from './column-menu';
import { toneOf } from './cells';
import { Column, mirrored, shownColumns } from './columns';
import { columnSum, LadderRow, ladderRows, ladderScales, sameScales } from './ladder';
import { SpanStore } from './span';
import { SpanSwitch } from './span-switch';
import { StrikeRow } from './strike-row';

/** Relative width of the strike's own column. */
const STRIKE_WEIGHT = 48;

/** The strike ladder: every strike of the window, calls left, puts right. */
@Component({
  selector: 'sm-strike-grid',
  imports: [ColumnMenu, ScrollView, SessionState, SpanSwitch, StrikeRow],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './strike-grid.html',
  styleUrl: './strike-grid.scss',
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class StrikeGrid {
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);
  private readonly preferences = inject(Preferences);
  private readonly viewport = inject(Viewport);
  private readonly spans = inject(SpanStore);
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
  protected readonly list = drawnRows(this.rows, this.scroller);
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
    return [...calls, STRIKE_WEIGHT, ...puts].map((weight) => `minmax(0, ${weight}fr)`).join(' ');
  });
  protected readonly date = computed(() => this.store.session()?.date ?? null);
  protected readonly freshness = this.now.freshness;
  protected readonly age = computed(() => {
    const age = this.now.age();
    return age === null || this.freshness() === 'fresh' ? null : `${ageText(age)} old`;
  });
  protected readonly error = this.spans.error;

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

  /** Follow the money, but never move rows away from under a pointer. */
  private follow(): void {
    const view = this.scroller();
    if (view && !(this.centred && view.element.matches(':hover'))) this.centre();
  }

  private scrollToMoney(how: 'instant' | 'smooth'): void {
    const view = this.scroller();
    const body = this.body()?.nativeElement;
    const index = untracked(this.rows).findIndex((row) => row.atTheMoney);
    if (!view || !body || index < 0) return;
    const height = untracked(this.list.rowHeight);
    view.centre(body.offsetTop + index * height, height, how);
    this.centred = true;
  }

  private sum(type: 'C' | 'P', column: Column) {
    const value = column.summed ? columnSum(this.ascending(), type, column) : null;
    const text = column.text(value);
    return { key: type + column.key, text, tone: toneOf(column, value, text) };
  }
}
