import { inject, Injectable } from '@angular/core';
import { Clock, Stop } from '../live/clock';
import { Preferences } from './preferences';

/** How often a wash fades, ms, and how often until it is gone: 450 ms in all. */
const FADE_MS = 225;
const FADES = 2;
/** Where more cells than this are washed, no one can follow their fading: they go out in one step. */
const MOST_FADING = 100;
/** A wash that stood so long may fade a step before its time, ms. */
const SOONEST_MS = 150;
/** How long the ladder takes to a new strike at the money, ms. */
const RECENTRE_MS = 180;

/** A cell on its way back from a change. */
interface Wash {
  readonly element: Element;
  /** Steps that are left. */
  level: number;
  /** When the last one was taken, UNIX ms. */
  since: number;
}

/** Everything that moves on the page; nothing does for a user who wants no motion. */
@Injectable({ providedIn: 'root' })
export class Motion {
  private readonly clock = inject(Clock);
  private readonly preferences = inject(Preferences);
  private readonly reduced = window.matchMedia('(prefers-reduced-motion: reduce)');
  private readonly washes = new Map<Element, Wash>();
  /** Those that began at one time, and fade together. */
  private readonly batches = new Map<number, Wash[]>();
  private stopScrolling: Stop | null = null;

  /**
   * Mark a changed cell by one wash, never restarted while it runs.
   *
   * It fades in two steps (in one where a great many are washed), together with the cells that
   * changed with it: an animation of each would be painted with every frame, and with a whole chain
   * that moves that alone costs half of them.
   */
  wash(element: Element): void {
    if (this.reduced.matches || !this.preferences.flash()) return;
    if (document.hidden || this.washes.has(element)) return;
    const now = this.clock.now();
    const wash = { element, level: FADES, since: now };
    this.washes.set(element, wash);
    show(wash);
    const batch = this.batches.get(now);
    if (batch !== undefined) {
      batch.push(wash);
      return;
    }
    const begun = [wash];
    this.batches.set(now, begun);
    this.clock.after(FADE_MS, () => {
      this.batches.delete(now);
      this.fade(begun, FADES - 1);
    });
  }

  /**
   * Let washed cells fade a step with what is painted now, where it is about time: a row that
   * changes again is not painted once more for its fading alone.
   */
  fadeAlong(elements: Iterable<Element>): void {
    if (this.washes.size === 0) return;
    const now = this.clock.now();
    for (const element of elements) {
      const wash = this.washes.get(element);
      if (wash !== undefined && now - wash.since >= SOONEST_MS) this.step(wash, wash.level - 1);
    }
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

  private fade(batch: readonly Wash[], level: number): void {
    for (const wash of batch) if (wash.level > level) this.step(wash, level);
    const left = batch.filter((wash) => wash.level > 0);
    if (left.length === 0) return;
    this.clock.after(FADE_MS, () => {
      this.fade(left, level - 1);
    });
  }

  private step(wash: Wash, level: number): void {
    wash.level = this.washes.size > MOST_FADING ? 0 : level;
    wash.since = this.clock.now();
    show(wash);
    if (wash.level === 0) this.washes.delete(wash.element);
  }
}

function show({ element, level }: Wash): void {
  if (level > 0) element.setAttribute('data-wash', String(level));
  else element.removeAttribute('data-wash');
}

/** Quick at first, slow at the end. */
function eased(part: number): number {
  return 1 - (1 - part) ** 3;
}
