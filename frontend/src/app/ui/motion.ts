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
  private readonly washed = new Map<HTMLElement, number>();
  private stopFading: Stop | null = null;
  private stopScrolling: Stop | null = null;

  /**
   * Mark a changed cell by one wash, never restarted while it runs.
   *
   * It fades in three steps and all cells fade together: an animation of each would be painted
   * with every frame, and with a whole chain that moves that alone costs half of them.
   */
  wash(element: HTMLElement): void {
    if (this.reduced.matches || !this.preferences.flash()) return;
    if (document.hidden || this.washed.has(element)) return;
    this.show(element, FADES);
    this.stopFading ??= this.clock.every(FADE_MS, () => {
      this.fade();
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

  private fade(): void {
    for (const [element, level] of this.washed) this.show(element, level - 1);
    if (this.washed.size > 0) return;
    this.stopFading?.();
    this.stopFading = null;
  }

  private show(element: HTMLElement, level: number): void {
    if (level > 0) {
      this.washed.set(element, level);
      element.dataset['wash'] = String(level);
    } else {
      this.washed.delete(element);
      delete element.dataset['wash'];
    }
  }
}

/** Quick at first, slow at the end. */
function eased(part: number): number {
  return 1 - (1 - part) ** 3;
}
