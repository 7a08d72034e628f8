import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { parseTicker } from '../ui/contract';
import { grouped, signedCompact, strikeText } from '../ui/format';
import { SideDrawer } from '../ui/side-drawer';
import { aggressorSplit, contractFigures } from './contract-figures';

/** The figures of one contract, its flow by aggressor and through the day, and its tape. */
@Component({
  selector: 'sm-contract-sheet',
  imports: [SideDrawer],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './contract-sheet.html',
  styleUrl: './contract-sheet.scss',
})
export class ContractSheet {
  readonly ticker = input.required<string>();
  readonly closed = output();

  private readonly store = inject(MarketStore);

  protected readonly name = computed(() => {
    const name = parseTicker(this.ticker());
    return name && { strike: strikeText(name.strike), type: name.type };
  });
  protected readonly session = this.store.session;
  private readonly row = computed(() => this.store.contracts()?.get(this.ticker()) ?? null);
  protected readonly figures = computed(() => {
    const row = this.row();
    return row && contractFigures(row);
  });
  protected readonly split = computed(() => {
    const row = this.row();
    return row && aggressorSplit(row);
  });
  protected readonly netFlow = computed(() => this.row()?.net_delta_flow ?? null);
  protected readonly netFlowText = computed(() => signedCompact(this.netFlow()));
  protected readonly grouped = grouped;
}
