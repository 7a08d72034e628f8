import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { easternClock } from '../ui/eastern-time';

/** The server's last words, and what the signs on the page mean. */
@Component({
  selector: 'sm-status-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p class="notice" role="status" [attr.data-level]="notice()?.level">
      @if (notice(); as notice) {
        <time>{{ notice.time }}</time> {{ notice.text }}
      }
    </p>
    <p class="convention">+ bought, − sold, by the customer</p>
  `,
  styleUrl: './status-line.scss',
})
export class StatusLine {
  private readonly store = inject(MarketStore);

  protected readonly notice = computed(() => {
    const notice = this.store.notice();
    return notice === null ? null : { ...notice, time: easternClock(notice.at) };
  });
}
