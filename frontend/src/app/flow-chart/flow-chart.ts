import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { ageText } from '../ui/format';
import { pressureWords } from './pressure-words';

/** Spot and the hedging pressure of the day's flow, on one time axis. */
@Component({
  selector: 'sm-flow-chart',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './flow-chart.html',
  styleUrl: './flow-chart.scss',
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class FlowChart {
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);

  protected readonly freshness = this.now.freshness;
  protected readonly age = computed(() => {
    const age = this.now.age();
    return age === null || this.freshness() === 'fresh' ? null : `${ageText(age)} old`;
  });
  protected readonly words = computed(() => {
    const totals = this.store.totals();
    return totals && pressureWords(totals.hedging_pressure, totals.hedging_pressure_error);
  });
}
