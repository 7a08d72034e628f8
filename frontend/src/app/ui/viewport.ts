import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';

/** The three widths the page is drawn for: 1400 px and more, 700 px and more, a phone. */
export type Width = 'wide' | 'medium' | 'phone';

/** Which of the page's widths the window has. */
@Injectable({ providedIn: 'root' })
export class Viewport {
  private readonly wide = matches('(min-width: 1400px)');
  private readonly phone = matches('(max-width: 699px)');

  readonly width = computed<Width>(() => {
    if (this.phone()) return 'phone';
    return this.wide() ? 'wide' : 'medium';
  });
}

/** Height of a row of ladder and tape, px: `--row`, and `--row-touch` under a finger. */
export function rowHeight(width: Width): number {
  return width === 'phone' ? 30 : 20;
}

function matches(query: string) {
  const list = window.matchMedia(query);
  const value = signal(list.matches);
  const changed = (event: MediaQueryListEvent) => {
    value.set(event.matches);
  };
  list.addEventListener('change', changed);
  inject(DestroyRef).onDestroy(() => {
    list.removeEventListener('change', changed);
  });
  return value.asReadonly();
}
