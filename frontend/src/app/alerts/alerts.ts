import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Now } from '../live/now';
import { alertLine } from './alert-lines';
import { EventStore } from './event-store';
import { SigningBar } from './signing-bar';

/** What happened, newest first, and below it how far the day's premium is signed. */
@Component({
  selector: 'sm-alerts',
  imports: [SigningBar],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section aria-labelledby="alerts-title" (pointerleave)="look()" (focusout)="look()">
      <header class="head">
        <h2 id="alerts-title">Alerts</h2>
        @if (old(); as text) {
          <span class="age"><i aria-hidden="true"></i>{{ text }}</span>
        }
        @if (unseen() > 0) {
          <span class="count" role="status">{{ unseen() }} new</span>
        }
      </header>
      <!-- A region that scrolls must be reachable by keyboard. -->
      <div class="scroller" tabindex="0" role="region" aria-label="Events, newest first">
        <ol>
          @for (line of lines(); track line.key; let index = $index) {
            <li [class.new]="index < unseen()" [class.amber]="line.amber">
              <time>{{ line.time }}</time>
              <svg viewBox="0 0 12 12" aria-hidden="true"><path [attr.d]="line.icon" /></svg>
              <span class="what" [title]="line.text">
                <b>{{ line.name }}</b> {{ line.text }}
              </span>
              <span>{{ line.figure }}</span>
            </li>
          } @empty {
            <li class="none">{{ known() ? 'Nothing has happened to the feed.' : '' }}</li>
          }
        </ol>
      </div>
    </section>
    <sm-signing-bar />
  `,
  styleUrl: './alerts.scss',
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class Alerts {
  private readonly store = inject(EventStore);

  protected readonly freshness = inject(Now).freshness;
  protected readonly old = inject(Now).old;
  protected readonly known = this.store.asked;
  protected readonly unseen = this.store.unseen;
  protected readonly lines = computed(() => this.store.events().map(alertLine));

  protected look(): void {
    this.store.look();
  }
}
