import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { FlowView } from '../flow-chart/flow-view';
import { FlowApi } from '../live/flow-api';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { Polling } from '../live/polling';
import { PrintList } from '../prints/print-list';
import { parseTicker } from '../ui/contract';
import { grouped, signedCompact, strikeText } from '../ui/format';
import { Preferences } from '../ui/preferences';
import { SideDrawer } from '../ui/side-drawer';
import { aggressorSplit, contractFigures } from './contract-figures';
import { ContractPlot } from './contract-plot';
import { contractPoints } from './contract-series';

/** The stream tells no bars of single contracts, and no tape of them: they are asked for, ms. */
const EVERY_MS = 2000;
const PRINTS_LISTED = 1000;

/** The figures of one contract, its flow by aggressor and through the day, and its tape. */
@Component({
  selector: 'sm-contract-sheet',
  imports: [ContractPlot, PrintList, SideDrawer],
  host: { '[attr.data-freshness]': 'freshness()' },
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './contract-sheet.html',
  styleUrl: './contract-sheet.scss',
})
export class ContractSheet {
  readonly ticker = input.required<string>();
  readonly closed = output();

  private readonly store = inject(MarketStore);
  private readonly api = inject(FlowApi);
  private readonly polling = inject(Polling);
  private readonly preferences = inject(Preferences);
  private readonly flowView = inject(FlowView);

  protected readonly freshness = inject(Now).freshness;

  protected readonly name = computed(() => {
    const name = parseTicker(this.ticker());
    return name && { strike: strikeText(name.strike), type: name.type };
  });
  protected readonly session = this.store.session;
  private readonly row = computed(() => this.store.contracts()?.get(this.ticker()) ?? null);
  protected readonly figures = computed(() => {
    const row = this.row();
    return row && contractFigures(row, this.mean.value() ?? null);
  });
  protected readonly split = computed(() => {
    const row = this.row();
    return row && aggressorSplit(row);
  });
  protected readonly netFlow = computed(() => this.row()?.net_delta_flow ?? null);
  protected readonly netFlowText = computed(() => signedCompact(this.netFlow()));
  protected readonly grouped = grouped;

  private readonly bars = this.polling.start({
    question: this.ticker,
    every: EVERY_MS,
    ask: (ticker) => this.api.bars({ ticker, interval: '30s', measures: 'delta' }),
  });
  protected readonly points = computed(() => contractPoints(this.bars.value()?.bars ?? []));
  private readonly tape = this.polling.start({
    question: computed(() => parseTicker(this.ticker())),
    every: EVERY_MS,
    ask: ({ strike, type }) => this.api.tape({ strike, type, limit: PRINTS_LISTED }),
  });
  /** The sums are over all prints, however few are listed. */
  private readonly mean = this.polling.start({
    question: this.ticker,
    every: EVERY_MS,
    ask: (ticker) => this.api.prints({ ticker, limit: 1 }),
  });
  protected readonly prints = computed(() => this.tape.value()?.trades ?? []);
  protected readonly error = computed(() => this.bars.error() ?? this.tape.error());
  protected readonly look = computed(
    () => `${this.preferences.theme()} ${this.preferences.palette()} ${this.freshness()}`,
  );

  /** Leave, with the flow chart showing this strike alone. */
  protected showInFlow(): void {
    this.flowView.chooseStrike(parseTicker(this.ticker())?.strike ?? null);
    this.closed.emit();
  }
}
