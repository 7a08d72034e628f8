import { DestroyRef, Directive, ElementRef, inject, signal } from '@angular/core';
import { Size, Sizes } from './sizes';

/** An element that a picture is drawn to the size of. */
@Directive({ selector: '[smPlotBox]', exportAs: 'smPlotBox' })
export class PlotBox {
  private readonly measured = signal<Size | null>(null);

  /** Inner size, px; null before it is known. */
  readonly size = this.measured.asReadonly();

  constructor() {
    const { nativeElement } = inject<ElementRef<HTMLElement>>(ElementRef);
    const stop = inject(Sizes).watchSize(nativeElement, (size) => {
      this.measured.set(size);
    });
    inject(DestroyRef).onDestroy(stop);
  }
}
