import {
  afterRenderEffect,
  DestroyRef,
  Directive,
  ElementRef,
  inject,
  input,
  signal,
} from '@angular/core';
import { Sizes } from './sizes';

/** Tells whether an element has too little room for its text. */
@Directive({ selector: '[smCutOff]', exportAs: 'smCutOff' })
export class CutOff {
  /** The text, as the element shows it. */
  readonly text = input.required<string | undefined>({ alias: 'smCutOff' });

  private readonly cut = signal(false);
  /** Whether some of it is not seen. */
  readonly isCut = this.cut.asReadonly();

  constructor() {
    const { nativeElement: element } = inject<ElementRef<HTMLElement>>(ElementRef);
    const width = signal(0);
    const stop = inject(Sizes).watchSize(element, (size) => {
      width.set(size.width);
    });
    inject(DestroyRef).onDestroy(stop);
    afterRenderEffect({
      read: () => {
        width();
        this.cut.set(this.text() !== undefined && element.scrollHeight > element.clientHeight);
      },
    });
  }
}
