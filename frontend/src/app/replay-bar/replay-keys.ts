import { inject, Injectable } from '@angular/core';
import { ReplayStore } from './replay-store';

const MINUTE_MS = 60_000;

/** The keys of the replay, for the list of keys. */
export const REPLAY_KEYS: readonly { readonly key: string; readonly does: string }[] = [
  { key: 'Space', does: 'Play or pause the replay' },
  { key: '← →', does: 'Step a second; with Alt a print, with Shift a minute' },
  { key: '[ ]', does: 'Replay slower, faster' },
  { key: 'L', does: 'Back to live, or to the simulator' },
];

/** What the keys of the replay do. */
@Injectable({ providedIn: 'root' })
export class ReplayKeys {
  private readonly store = inject(ReplayStore);
  private busy = false;

  /** Take a key that means something now; says whether it did. */
  press(event: KeyboardEvent): boolean {
    const action = event.ctrlKey || event.metaKey ? null : this.actionOf(event);
    if (action === null) return false;
    // A key held down goes as fast as the server answers, and not on after it is let go.
    if (!event.repeat || !this.busy) void this.run(action);
    return true;
  }

  private actionOf(event: KeyboardEvent): (() => Promise<void>) | null {
    const { key, altKey, shiftKey } = event;
    if (key.toLowerCase() === 'l' && !altKey) {
      const elsewhere = this.store.live() === false || this.store.missing() !== null;
      return elsewhere ? () => this.store.goLive() : null;
    }
    if (!this.store.ready()) return null;
    if (key === 'ArrowLeft' || key === 'ArrowRight') {
      const direction = key === 'ArrowRight' ? 1 : -1;
      return shiftKey
        ? () => this.store.move(direction * MINUTE_MS)
        : () => this.store.step(direction, altKey ? 'print' : 'second');
    }
    if (altKey) return null;
    if (key === '[') return () => this.store.changePace(-1);
    if (key === ']') return () => this.store.changePace(1);
    // A button in focus is pressed by it.
    if (key === ' ' && !isPressable(event.target)) return () => this.store.toggle();
    return null;
  }

  private async run(action: () => Promise<void>): Promise<void> {
    this.busy = true;
    await action();
    this.busy = false;
  }
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, summary') !== null;
}
