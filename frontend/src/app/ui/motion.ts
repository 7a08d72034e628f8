import { inject, Injectable } from '@angular/core';
import { Clock, Stop } from '../live/clock';
import { Preferences } from './preferences';

/** How often a wash fades, ms, and how often until it is gone: 450 ms in all. */
const FADE_MS = 150;
const FADES = 3;
/** How long the ladder takes to a new strike at the money, ms. */
const RECENTRE_MS = 180;

/** Everything that moves on the page; nothing does for a user who wants no motion. */
@Injectable({ providedIn: 'root' })
export class Motion {
  private readonly clock = inject(Clock);
  private readonly preferences = inject(Preferences);
  private readonly reduced = window.matchMedia('(prefers-reduced-motion: reduce)');
  private readonly washed = new Set<HTMLElement>();
  /** Those that were washed at one time, and fade together. */
  private readonly batches = new Map<number, HTMLElement[]>();
  private stopScrolling: Stop | null = null;

  /**
   * Mark a changed cell by one wash, never restarted while it runs.
   *
   * It fades in three steps, together with the cells that changed with it: an animation of each
   * would be painted with every frame, and with a whole chain that moves that alone costs half of
   * them.
   */
  wash(element: HTMLElement): void {
    if (this.reduced.matches || !this.preferences.flash()) return;
    if (document.hidden || this.washed.has(element)) return;
    this.washed.add(element);
    show(element, FADES);
    const now = this.clock.now();
    const batch = this.batches.get(now);
    if (batch !== undefined) {
      batch.push(element);
      return;
    }
    const begun = [element];
    this.batches.set(now, begun);
    this.clock.after(FADE_MS, () => {
      this.batches.delete(now);
      this.fade(begun, FADES - 1);
    });
  }

  /** Scroll `view` to `top`, px: at once, or in 180 ms. */
  scroll(view: HTMLElement, top: number, how: 'instant' | 'smooth'): void {
    this.stopScrolling?.();
    this.stopScrolling = null;
    if (how === 'instant' || this.reduced.matches || document.hidden) {
      view.scrollTo({ top, behavior: 'instant' });
      return;
    }
    const from = view.scrollTop;
    const began = this.clock.now();
    const step = () => {
      const part = Math.min(1, (this.clock.now() - began) / RECENTRE_MS);
      view.scrollTo({ top: from + (top - from) * eased(part), behavior: 'instant' });
      this.stopScrolling = part < 1 ? this.clock.nextFrame(step) : null;
    };
    step();
  }

  private fade(elements: readonly HTMLElement[], level: number): void {
    for (const element of elements) {
      show(element, level);
      if (level === 0) this.washed.delete(element);
    }
    if (level === 0) return;
    this.clock.after(FADE_MS, () => {
      this.fade(elements, level - 1);
    });
  }
}

function show(element: HTMLElement, level: number): void {
  if (level > 0) element.setAttribute('data-wash', String(level));
  else element.removeAttribute('data-wash');
}

/** Quick at first, slow at the end. */
function eased(part: number): number {
  return 1 - (1 - part) ** 3;
}
