import { ChangeDetectionStrategy, Component, input, output, signal } from '@angular/core';
import { parseTimeOfDay } from '../ui/eastern-time';

/** The time of day, Eastern, to read and to write over. */
@Component({
  selector: 'sm-time-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <input
      #field
      class="ctl"
      type="text"
      inputmode="numeric"
      maxlength="8"
      autocomplete="off"
      spellcheck="false"
      aria-label="Time, Eastern, HH:MM:SS"
      title="Eastern time: write another to go there"
      [disabled]="disabled()"
      [value]="typed() ?? text()"
      [attr.aria-invalid]="wrong()"
      (focus)="begin(field)"
      (input)="typed.set(field.value)"
      (keydown.enter)="commit(field)"
      (keydown.escape)="cancel(field)"
      (blur)="leave(field)"
    />
  `,
  styleUrl: './time-field.scss',
})
export class TimeField {
  /** HH:MM:SS. */
  readonly text = input.required<string>();
  readonly disabled = input(false);
  /** The user wants another time, seconds since midnight; null when it was no time. */
  readonly wish = output<number | null>();

  /** What stands in the field while it is written in; null when it only shows. */
  protected readonly typed = signal<string | null>(null);
  protected readonly wrong = signal(false);

  protected begin(field: HTMLInputElement): void {
    // The time does not run on under the writing hand.
    this.typed.set(this.text());
    field.select();
  }

  protected commit(field: HTMLInputElement): void {
    const seconds = parseTimeOfDay(field.value);
    this.wrong.set(seconds === null);
    this.wish.emit(seconds);
    if (seconds === null) {
      field.select();
      return;
    }
    this.typed.set(null);
    field.blur();
  }

  protected cancel(field: HTMLInputElement): void {
    this.typed.set(null);
    field.blur();
  }

  /** What was written and not entered is forgotten. */
  protected leave(field: HTMLInputElement): void {
    this.typed.set(null);
    this.wrong.set(false);
    field.value = this.text();
  }
}
