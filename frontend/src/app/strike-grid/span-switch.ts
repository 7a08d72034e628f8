import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Span, SPANS, SpanStore } from './span';

/** How many strikes each side of the money are followed. */
@Component({
  selector: 'sm-span-switch',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span id="span-label" class="note">Span</span>
    <div class="seg" role="group" aria-labelledby="span-label">
      @for (choice of choices; track choice) {
        <button
          type="button"
          [class.on]="span() === choice"
          [attr.aria-pressed]="span() === choice"
          [attr.title]="hint(choice)"
          (click)="choose(choice)"
        >
          {{ choice === 'all' ? 'All' : choice }}
        </button>
      }
    </div>
  `,
  styles: `
    :host {
      display: flex;
      align-items: center;
      gap: 8px;
    }
  `,
})
export class SpanSwitch {
  private readonly store = inject(SpanStore);
  protected readonly choices = SPANS;
  protected readonly span = this.store.span;

  protected choose(span: Span): void {
    void this.store.choose(span);
  }

  protected hint(span: Span): string {
    const key = SPANS.indexOf(span) + 1;
    return span === 'all' ? `The whole chain (${key})` : `${span} strikes each side (${key})`;
  }
}
