import { A11yModule } from '@angular/cdk/a11y';
import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';

/**
 * A sheet over the page's right column. It takes the focus, keeps it until Escape closes it, and
 * then gives it back.
 */
@Component({
  selector: 'sm-side-drawer',
  imports: [A11yModule],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div
      class="drawer"
      role="dialog"
      tabindex="-1"
      cdkTrapFocus
      cdkTrapFocusAutoCapture
      [attr.aria-label]="name()"
      (keydown.escape)="close($event)"
    >
      <ng-content />
    </div>
  `,
  styleUrl: './side-drawer.scss',
})
export class SideDrawer {
  /** What it shows, for those who do not see it. */
  readonly name = input.required<string>();
  /** Escape was pressed. */
  readonly closed = output();

  protected close(event: Event): void {
    event.stopPropagation();
    this.closed.emit();
  }
}
