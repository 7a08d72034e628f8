import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { ReplayStore } from '../replay-bar/replay-store';
import { DayFetch } from './day-fetch';
import { StoredDays } from './stored-days';
import { sessionWords } from './session-words';

/** Stands where the ladder will be: the frame of it, or why there is none. */
@Component({
  selector: 'sm-session-state',
  imports: [DayFetch, StoredDays],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (words(); as words) {
      @if (words.loading) {
        <p class="line" role="status">{{ words.lines[0] }}</p>
        <div class="skeleton" aria-hidden="true">
          @for (width of skeleton; track $index) {
            <i [style.width.%]="width"></i>
          }
        </div>
      } @else {
        <div class="card" role="status">
          <h3>{{ words.title }}</h3>
          @for (line of words.lines; track $index) {
            <p>{{ line }}</p>
          }
          @if (words.fetch; as date) {
            <sm-day-fetch [date]="date" (come)="replay.open(date)" />
          }
          @if (words.replays) {
            <sm-stored-days />
          }
        </div>
      }
    }
  `,
  styleUrl: './session-state.scss',
})
export class SessionState {
  private readonly stream = inject(DataStreamService);
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);
  protected readonly replay = inject(ReplayStore);

  protected readonly skeleton = [62, 74, 68, 84, 72, 80, 58];
  protected readonly words = computed(() =>
    sessionWords(this.stream.connection(), this.store.session(), this.now.market()),
  );
}
