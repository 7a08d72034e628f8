import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { ChainApi } from '../live/chain-api';
import { failureWords } from '../live/http';
import { MarketStore } from '../live/market-store';
import { ColumnChoices } from '../strike-grid/column-choices';
import { Preferences } from '../ui/preferences';

/** How the page looks, and by which rules the server signs. */
@Component({
  selector: 'sm-settings',
  imports: [ColumnChoices],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h2>Settings</h2>
    <fieldset>
      <legend>Look, kept by this browser</legend>
      <label>
        <input
          type="checkbox"
          [checked]="preferences.theme() === 'light'"
          (change)="preferences.switchTheme()"
        />
        Light theme <small>t</small>
      </label>
      <label>
        <input
          type="checkbox"
          [checked]="preferences.palette() === 'cvd'"
          (change)="preferences.switchPalette()"
        />
        Colour-blind set
      </label>
      <label>
        <input
          type="checkbox"
          [checked]="preferences.flash()"
          (change)="preferences.switchFlash()"
        />
        Flash a changed cell
      </label>
    </fieldset>
    <sm-column-choices />
    <fieldset>
      <legend>Rules of the server, for everybody</legend>
      <label title="A print as large as one side of the quote is signed by that side">
        <input
          #rule
          type="checkbox"
          [checked]="bySize()"
          [disabled]="asking() || bySize() === null"
          (change)="signBySize(rule)"
        />
        Sign by trade size
      </label>
      <p class="hint">The whole day is signed anew.</p>
      @if (failure(); as words) {
        <p class="failed" role="alert">{{ words }}</p>
      }
      <p title="Set GREEKS_SOURCE to change it">
        Greeks <em>{{ greeks() }}</em>
      </p>
    </fieldset>
  `,
  styles: `
    h2 {
      padding-bottom: 8px;
      font-weight: var(--weight-head);
    }

    p {
      line-height: 20px;
      color: var(--text-2);
    }

    .hint {
      padding-left: 21px;
      font-size: 11px;
      color: var(--text-3);
    }

    .failed {
      max-width: 240px;
      color: var(--stale);
    }
  `,
  host: { class: 'choices' },
})
export class Settings {
  private readonly api = inject(ChainApi);
  private readonly store = inject(MarketStore);
  protected readonly preferences = inject(Preferences);

  protected readonly asking = signal(false);
  protected readonly failure = signal<string | null>(null);
  /** The server's word; null before it is known. */
  protected readonly bySize = computed(() => this.store.session()?.trade_size_rule ?? null);
  protected readonly greeks = computed(() => {
    const source = this.store.session()?.greeks_source;
    if (source === undefined) return '';
    return source === 'model' ? 'our own model' : 'the vendor’s snapshot';
  });

  protected async signBySize(box: HTMLInputElement): Promise<void> {
    this.asking.set(true);
    const answer = await this.api.signByTradeSize(box.checked);
    this.asking.set(false);
    this.failure.set(
      answer.kind === 'ok' ? null : failureWords(answer, 'The rule was not changed'),
    );
    // A box shows what holds, not what was asked for.
    if (answer.kind !== 'ok') box.checked = this.bySize() ?? false;
  }
}
