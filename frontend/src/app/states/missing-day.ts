import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { ReplayRestore } from '../replay-bar/replay-restore';
import { MissingDay as Missing, ReplayStore } from '../replay-bar/replay-store';
import { DayFetch } from './day-fetch';
import { missingWords } from './missing-words';

/** Stands where the ladder was when a day is asked for, by a link or by the menu, that is not stored. */
@Component({
  selector: 'sm-missing-day',
  imports: [DayFetch],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="card">
      <div role="status">
        <h3>{{ words().title }}</h3>
        @for (line of words().lines; track $index) {
          <p>{{ line }}</p>
        }
      </div>
      <sm-day-fetch [date]="day().date" (come)="restore.retry()" />
      <button type="button" class="ctl" (click)="replay.giveUp()">{{ words().stay }}</button>
    </div>
  `,
  styleUrl: './session-state.scss',
})
export class MissingDay {
  /** What is missing. */
  readonly day = input.required<Missing>();

  private readonly market = inject(MarketStore);
  protected readonly replay = inject(ReplayStore);
  protected readonly restore = inject(ReplayRestore);

  protected readonly words = computed(() => missingWords(this.day(), this.market.session()));
}
