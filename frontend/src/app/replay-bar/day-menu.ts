import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { Answer, Api, failureWords } from '../live/api';
import { CachedDay } from '../live/wire';
import { CommandBox } from '../ui/command-box';

/** Id of the list of days, for buttons elsewhere that open it. */
export const DAYS_ID = 'replay-days';

/** The days on the disk, latest first; choosing one replays it. */
@Component({
  selector: 'sm-day-menu',
  imports: [CommandBox],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <button
      #opener
      type="button"
      class="ctl opener date"
      [attr.popovertarget]="daysId"
      [attr.aria-label]="'Day to replay, now ' + (date() ?? 'none')"
    >
      {{ date() ?? 'Day' }}
    </button>
    <div #menu [id]="daysId" popover class="menu" (beforetoggle)="turn($event)">
      <h3>Replay a day</h3>
      @switch (state()) {
        @case ('asking') {
          <p>Looking on the disk</p>
        }
        @case ('failed') {
          <p role="alert" class="failed">{{ failure() }}</p>
        }
        @case ('none') {
          <p>No day is on this disk yet. This fetches one:</p>
          <sm-command-box command="uv run spymaster fetch YYYY-MM-DD" />
        }
        @case ('some') {
          <ul>
            @for (day of days(); track day.date) {
              <li>
                <button
                  type="button"
                  [attr.aria-current]="replaying() && day.date === date() ? 'date' : null"
                  (click)="choose(day.date)"
                >
                  <span class="date">{{ day.date }}</span>&ngsp;
                  <small
                    >{{ kind(day) }}
                    @if (day.complete === false) {
                      <span class="partly">· only partly stored</span>
                    }
                  </small>
                </button>
              </li>
            }
          </ul>
        }
      }
    </div>
  `,
  styleUrl: './day-menu.scss',
})
export class DayMenu {
  /** The day that is shown, YYYY-MM-DD; null before it is known. */
  readonly date = input.required<string | null>();
  /** Whether it is replayed. */
  readonly replaying = input(false);
  /** The user wants a day, YYYY-MM-DD. */
  readonly pick = output<string>();

  protected readonly daysId = DAYS_ID;
  private readonly api = inject(Api);
  private readonly opener = viewChild.required<ElementRef<HTMLElement>>('opener');
  private readonly menu = viewChild.required<ElementRef<HTMLElement>>('menu');
  private readonly answer = signal<Answer<readonly CachedDay[]> | null>(null);

  protected readonly days = computed(() => {
    const answer = this.answer();
    return answer?.kind === 'ok' ? [...answer.value].reverse() : [];
  });
  protected readonly failure = computed(() => {
    const answer = this.answer();
    return answer === null || answer.kind === 'ok' ? null : failureWords(answer, 'No list');
  });
  protected readonly state = computed(() => {
    if (this.answer() === null) return 'asking';
    if (this.failure() !== null) return 'failed';
    return this.days().length === 0 ? 'none' : 'some';
  });

  /** Opening asks anew: a fetch may have ended since. */
  protected async turn(event: Event): Promise<void> {
    if ((event as ToggleEvent).newState !== 'open') return;
    this.place();
    this.answer.set(null);
    this.answer.set(await this.api.cachedDays());
  }

  /** Where it comes from, or how much of it there is. */
  protected kind({ remote, contracts }: CachedDay): string {
    if (remote) return 'in S3';
    // A session that is recorded has no files by contract before it is over.
    if (contracts === 0) return 'recorded';
    return contracts === 1 ? '1 contract' : `${contracts} contracts`;
  }

  protected choose(date: string): void {
    this.menu().nativeElement.hidePopover();
    this.pick.emit(date);
  }

  /** A popover lies on the top layer, where nothing but the window gives it a place. */
  private place(): void {
    const { right, top } = this.opener().nativeElement.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const { style } = this.menu().nativeElement;
    style.bottom = `${clientHeight - top + 6}px`;
    style.right = `${clientWidth - right}px`;
  }
}
