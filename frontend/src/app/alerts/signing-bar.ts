import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { dollars, percent } from '../ui/format';
import { signingShares } from './signing';

/** The day's premium by the rule that signed it. */
@Component({
  selector: 'sm-signing-bar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="sub">
      <h3>Premium by signing rule</h3>
      @if (premium()) {
        <span>
          of <em>{{ premium() }}</em>
        </span>
      }
    </div>
    <div class="stack" aria-hidden="true">
      @for (part of shares(); track part.name) {
        @if (part.share > 0) {
          <i
            [style.flex-grow]="part.thousandths"
            [class.hatch]="!part.signed"
            [class]="part.tone"
          ></i>
        }
      }
    </div>
    <dl>
      @for (part of shares(); track part.name) {
        <div [title]="part.about">
          <i aria-hidden="true" [class.hatch]="!part.signed" [class]="part.tone"></i>
          <dt>{{ part.name }}</dt>
          <dd>{{ part.text }} %</dd>
        </div>
      }
    </dl>
  `,
  styleUrl: './signing-bar.scss',
})
export class SigningBar {
  private readonly store = inject(MarketStore);

  protected readonly premium = computed(() => dollars(this.store.totals()?.cumulative_premium));
  protected readonly shares = computed(() =>
    signingShares(this.store.totals()?.premium_by_rule ?? {}).map((part, index) => ({
      ...part,
      tone: `tone-${index}`,
      text: percent(part.share, 0),
      // Half a pixel: the bar is laid out anew only where that shows.
      thousandths: Math.round(1000 * part.share),
    })),
  );
}
