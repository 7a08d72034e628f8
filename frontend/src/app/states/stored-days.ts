import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { Api } from '../live/api';
import { MarketStore } from '../live/market-store';
import { CachedDay } from '../live/wire';
import { DAYS_ID } from '../replay-bar/day-menu';
import { ReplayStore } from '../replay-bar/replay-store';

/** While nothing trades: how many days are on the disk, and the latest to replay. */
@Component({
  selector: 'sm-stored-days',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (latest(); as day) {
      <p>{{ count() }} on this disk.</p>
      @if (day.complete === false) {
        <p>{{ day.date }} is only partly stored.</p>
      }
      <div class="actions">
        <button type="button" class="main" (click)="replay.open(day.date)">
          Replay {{ day.date }}
        </button>
        <button type="button" class="ctl" [attr.popovertarget]="daysId">Other day</button>
      </div>
    }
  `,
  styleUrl: './day-fetch.scss',
})
export class StoredDays {
  private readonly api = inject(Api);
  private readonly market = inject(MarketStore);
  private readonly days = signal<readonly CachedDay[]>([]);
  protected readonly replay = inject(ReplayStore);
  protected readonly daysId = DAYS_ID;

  protected readonly latest = computed(() => this.days().at(-1) ?? null);
  protected readonly count = computed(() => {
    const count = this.days().length;
    return count === 1 ? '1 session is' : `${count} sessions are`;
  });

  constructor() {
    void this.ask();
  }

  private async ask(): Promise<void> {
    const answer = await this.api.cachedDays();
    if (answer.kind !== 'ok') return;
    // The session that is shown is recorded from its start, also while nothing of it comes.
    const shown = this.market.session()?.date;
    this.days.set(answer.value.filter((day) => day.date !== shown || day.contracts !== 0));
  }
}
