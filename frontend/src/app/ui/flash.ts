import { Injectable } from '@angular/core';

const WASH_MS = 450;

/** Marks what changed: one wash of the cell, never restarted while it runs. */
@Injectable({ providedIn: 'root' })
export class Flash {
  private readonly still = window.matchMedia('(prefers-reduced-motion: reduce)');
  private readonly running = new WeakSet<Element>();

  /** Wash one cell, unless it is being washed or the user wants no motion. */
  wash(element: Element): void {
    if (this.still.matches || document.hidden || this.running.has(element)) return;
    this.running.add(element);
    const animation = element.animate(
      [
        { boxShadow: 'inset 0 0 0 20px var(--flash)' },
        { boxShadow: 'inset 0 0 0 20px transparent' },
      ],
      { duration: WASH_MS, easing: 'cubic-bezier(.2, 0, 0, 1)' },
    );
    const done = () => {
      this.running.delete(element);
    };
    animation.onfinish = done;
    animation.oncancel = done;
  }
}
