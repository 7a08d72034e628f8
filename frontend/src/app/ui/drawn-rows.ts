import { computed, inject, Signal } from '@angular/core';
import { RowWindow, rowsInView, rowWindow, sameWindow } from './row-window';
import { ScrollView } from './scroll-view';
import { rowHeight, Viewport } from './viewport';

/** A long list of which only the rows in view are drawn. */
export interface DrawnRows<T> {
  /** Px. */
  readonly rowHeight: Signal<number>;
  /** Height of all rows, px. */
  readonly height: Signal<number>;
  /** Which of the rows are drawn. */
  readonly drawn: Signal<RowWindow>;
  /** Which of those are in view, counted from the first of them. */
  readonly inView: Signal<RowWindow>;
  /** Those that are drawn. */
  readonly rows: Signal<readonly T[]>;
  /** Height of the rows above them, px. */
  readonly above: Signal<number>;
}

/**
 * Wires a list to the view it scrolls in. Call it where `inject` works.
 *
 * @param tall Height of a row, px; the page's own where it is left out.
 */
export function drawnRows<T>(
  all: Signal<readonly T[]>,
  view: Signal<ScrollView | undefined>,
  tall: Signal<number> = pageRows(),
): DrawnRows<T> {
  const drawn = computed(
    () => rowWindow(view()?.top() ?? 0, view()?.height() ?? null, tall(), all().length),
    { equal: sameWindow },
  );
  return {
    rowHeight: tall,
    height: computed(() => all().length * tall()),
    drawn,
    inView: computed(
      () => rowsInView(view()?.top() ?? 0, view()?.height() ?? null, tall(), drawn()),
      { equal: sameWindow },
    ),
    rows: computed(() => all().slice(drawn().first, drawn().end)),
    above: computed(() => drawn().first * tall()),
  };
}

function pageRows(): Signal<number> {
  const viewport = inject(Viewport);
  return computed(() => rowHeight(viewport.width()));
}
