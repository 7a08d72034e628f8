import { DestroyRef, effect, inject, linkedSignal, Signal, signal } from '@angular/core';
import { Clock, Stop } from '../live/clock';

/** Rows as they are shown, on their way to those that are wanted. */
export interface RowTurn<T> {
  readonly rows: readonly T[];
  /** Index that the next turn begins at. */
  readonly next: number;
  /** Whether every row is the one that is wanted. */
  readonly done: boolean;
}

/**
 * One turn: at most `most` rows are replaced, going on where the last turn ended, so that none
 * waits for others that change again. Other places than before are taken all at once.
 */
export function nextTurn<T>(
  shown: RowTurn<T> | undefined,
  wanted: readonly T[],
  isPlace: (a: T, b: T) => boolean,
  most: number,
): RowTurn<T> {
  const sameList =
    shown?.rows.length === wanted.length &&
    wanted.every((row, index) => isPlace(row, shown.rows[index] as T));
  if (shown === undefined || !sameList) return { rows: wanted, next: 0, done: true };
  const rows = [...shown.rows];
  let { next } = shown;
  let replaced = 0;
  for (let looked = 0; looked < wanted.length && replaced < most; looked += 1) {
    if (rows[next] !== wanted[next]) {
      rows[next] = wanted[next] as T;
      replaced += 1;
    }
    next = (next + 1) % wanted.length;
  }
  const done = rows.every((row, index) => row === wanted[index]);
  return replaced === 0 ? { ...shown, done } : { rows, next, done };
}

/**
 * Rows that change by turns, some in each animation frame: a whole chain that changes at once
 * would take one frame longer than a screen waits for it. Call it where `inject` works.
 */
export function rowTurns<T>(
  wanted: Signal<readonly T[]>,
  isPlace: (a: T, b: T) => boolean,
  most: number,
): Signal<RowTurn<T>> {
  const clock = inject(Clock);
  const frame = signal(0);
  const turn = linkedSignal<{ wanted: readonly T[]; frame: number }, RowTurn<T>>({
    source: () => ({ wanted: wanted(), frame: frame() }),
    computation: ({ wanted: rows }, previous) => nextTurn(previous?.value, rows, isPlace, most),
  });
  let stop: Stop | null = null;
  effect(() => {
    if (turn().done) return;
    stop ??= clock.nextFrame(() => {
      stop = null;
      frame.update((count) => count + 1);
    });
  });
  inject(DestroyRef).onDestroy(() => stop?.());
  return turn.asReadonly();
}
