import { A11yModule } from '@angular/cdk/a11y';
import { ConnectedPosition, OverlayModule } from '@angular/cdk/overlay';
import { NgTemplateOutlet } from '@angular/common';
import {
  ChangeDetectionStrategy,
  Component,
  contentChild,
  ElementRef,
  inject,
  input,
  signal,
  TemplateRef,
} from '@angular/core';

/**
 * A sheet of choices that hangs on a button: `<sm-sheet [origin]="button"><ng-template>…`. It takes
 * the focus and gives it back, and closes by Escape or by a click beside it.
 */
@Component({
  selector: 'sm-sheet',
  imports: [A11yModule, NgTemplateOutlet, OverlayModule],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ng-template
      cdkConnectedOverlay
      cdkConnectedOverlayPush
      [cdkConnectedOverlayOrigin]="origin()"
      [cdkConnectedOverlayOpen]="isOpen()"
      [cdkConnectedOverlayPositions]="places"
      [cdkConnectedOverlayViewportMargin]="8"
      (overlayOutsideClick)="clickBeside($event)"
      (overlayKeydown)="press($event)"
      (detach)="close()"
    >
      <div
        class="sheet"
        role="dialog"
        [attr.aria-label]="label()"
        cdkTrapFocus
        cdkTrapFocusAutoCapture
      >
        <ng-container [ngTemplateOutlet]="content()" />
      </div>
    </ng-template>
  `,
})
export class Sheet {
  /** What it is, for a screen reader. */
  readonly label = input.required<string>();
  /** The button it hangs on. */
  readonly origin = input.required<HTMLElement>();

  private readonly opened = signal(false);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  protected readonly content = contentChild.required(TemplateRef);
  protected readonly places: ConnectedPosition[] = [
    { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
    { originX: 'end', originY: 'top', overlayX: 'end', overlayY: 'bottom', offsetY: -4 },
  ];

  readonly isOpen = this.opened.asReadonly();

  toggle(): void {
    this.opened.update((open) => !open);
  }

  close(): void {
    this.opened.set(false);
  }

  protected clickBeside(event: MouseEvent): void {
    // The button closes it by itself.
    if (
      !this.origin().contains(event.target as Node) &&
      !this.host.contains(event.target as Node)
    ) {
      this.close();
    }
  }

  protected press(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    this.close();
  }
}
