import { Injectable } from '@angular/core';

const WASH_MS = 450;
const EASE = 'cubic-bezier(.2, 0, 0, 1)';

/** Everything that moves on the page; nothing does for a user who wants no motion. */
@Injectable({ providedIn: 'root' })
export class Motion {
  private readonly reduced = window.matchMedia('(prefers-reduced-motion: reduce)');
  private readonly washed = new WeakSet<Element>();

  /** Mark a changed cell by one wash, never restarted while it runs. */
  wash(element: Element): void {
    if (this.reduced.matches || document.hidden || this.washed.has(element)) return;
    this.washed.add(element);
    const animation = element.animate(
      [
        { boxShadow: 'inset 0 0 0 20px var(--flash)' },
        { boxShadow: 'inset 0 0 0 20px transparent' },
      ],
      { duration: WASH_MS, easing: EASE },
    );
    const done = () => {
      this.washed.delete(element);
    };
    animation.onfinish = done;
    animation.oncancel = done;
  }

  /** Whether any of `element` is seen, so that a wash of it is worth its cost. */
  inView(element: Element): boolean {
    const { top, bottom } = element.getBoundingClientRect();
    const view = element.closest('[role="region"]')?.getBoundingClientRect();
    return view === undefined || (bottom >= view.top && top <= view.bottom);
  }

  /** Bring `row` to the middle of `view`, at once or as a movement that can be followed. */
  centre(view: HTMLElement, row: HTMLElement, how: 'instant' | 'smooth'): void {
    view.scrollTo({
      top: row.offsetTop - (view.clientHeight - row.offsetHeight) / 2,
      behavior: this.reduced.matches ? 'instant' : how,
    });
  }
}
