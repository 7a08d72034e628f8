import { afterNextRender, DestroyRef, Directive, ElementRef, inject, signal } from '@angular/core';
import { Motion } from './motion';
import { Sizes } from './sizes';

/** A view that scrolls, as signals: how far, and how tall it is. */
@Directive({
  selector: '[smScrollView]',
  exportAs: 'smScrollView',
  host: { '(scroll)': 'look()' },
})
export class ScrollView {
  private readonly motion = inject(Motion);
  private readonly scrolled = signal(0);
  private readonly tall = signal<number | null>(null);

  /** The element that scrolls. */
  readonly element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  /** Px scrolled. */
  readonly top = this.scrolled.asReadonly();
  /** Inner height, px; null before it is known. */
  readonly height = this.tall.asReadonly();

  constructor() {
    const stop = inject(Sizes).watchHeight(this.element, (height) => {
      this.tall.set(height);
    });
    inject(DestroyRef).onDestroy(stop);
    afterNextRender({
      // The observer tells after the first paint: rows as tall as the view would jump then.
      earlyRead: () => {
        const height = this.element.clientHeight;
        if (height > 0) this.tall.set(height);
      },
    });
  }

  /** Bring what lies from `top` on, `height` tall, to the middle; px in the scrolled content. */
  centre(top: number, height: number, how: 'instant' | 'smooth'): void {
    this.motion.scroll(this.element, top - (this.element.clientHeight - height) / 2, how);
    // What is in view now is drawn with this frame, not with the event's.
    this.look();
  }

  protected look(): void {
    this.scrolled.set(this.element.scrollTop);
  }
}
