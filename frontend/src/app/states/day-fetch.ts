import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { ReplayStore } from '../replay-bar/replay-store';
import { CommandBox } from '../ui/command-box';
import { FetchStore } from './fetch-store';
import { fetchProgress } from './fetch-words';

/** Fetches a day that is not on the disk, shows how that goes, and offers it for replay. */
@Component({
  selector: 'sm-day-fetch',
  imports: [CommandBox],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (store.running()) {
      <p role="status">Fetching {{ fetched() }}, once. It is kept.</p>
      @if (progress(); as progress) {
        <progress aria-label="Contracts fetched" max="1" [attr.value]="progress.share"></progress>
        <p class="figures">
          <span>{{ progress.done }}</span>
          <span>{{ progress.size }}</span>
          <span>{{ progress.left }}</span>
        </p>
      }
      <div class="actions">
        <button type="button" class="ctl" (click)="store.stop()">Stop</button>
        <small>safe to stop: it goes on from here</small>
      </div>
    } @else {
      @if (ended(); as words) {
        <p role="status" [class.failed]="failed()">{{ words }}</p>
      }
      @if (store.error(); as words) {
        <p role="alert" class="failed">{{ words }}</p>
      }
      <div class="actions">
        @if (ready()) {
          <button type="button" class="main" (click)="come.emit()">Replay {{ date() }}</button>
        } @else {
          <button type="button" class="main" (click)="store.start(date())">
            Fetch {{ date() }}
          </button>
          <small>{{ source() }}</small>
        }
      </div>
    }
    <sm-command-box [command]="'uv run spymaster fetch ' + date()" />
  `,
  styleUrl: './day-fetch.scss',
})
export class DayFetch {
  /** YYYY-MM-DD. */
  readonly date = input.required<string>();
  /** The day is there, and the user wants it. */
  readonly come = output();

  protected readonly store = inject(FetchStore);
  private readonly replay = inject(ReplayStore);

  /** A page that has seen replays alone does not know whether its server has a key. */
  protected readonly source = computed(() => {
    switch (this.replay.home()) {
      case 'sim':
        return 'once; without a key the simulator makes it';
      case 'live':
        return 'once, from the vendor';
      case null:
        return 'once, from the vendor with its key; without one the command has the simulator make it';
    }
  });

  protected readonly fetched = computed(() => this.store.reply()?.date ?? '');
  protected readonly progress = computed(() => {
    const reply = this.store.reply();
    return reply === null ? null : fetchProgress(reply);
  });
  private readonly ours = computed(() => {
    const reply = this.store.reply();
    return reply?.date === this.date() ? reply : null;
  });
  protected readonly ready = computed(() => this.ours()?.state === 'done');
  protected readonly failed = computed(() => this.ours()?.state === 'failed');
  /** What became of the last fetch of this day; blank without one. */
  protected readonly ended = computed(() => {
    switch (this.ours()?.state) {
      case 'done':
        return `${this.date()} is on the disk.`;
      case 'stopped':
        return 'Stopped. Another start goes on from here.';
      case 'failed':
        return this.ours()?.message ?? 'The fetch failed.';
      default:
        return '';
    }
  });

  constructor() {
    void this.store.look();
  }
}
