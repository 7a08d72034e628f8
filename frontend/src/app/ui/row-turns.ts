import { DestroyRef, effect, inject, linkedSignal, Signal, signal } from '@angular/core';
import { Clock, Stop } from '../live/clock';
import { RowWindow } from './row-window';

/** Rows as they are shown, on their way to those that are wanted. */
export interface RowTurn<T> {
  readonly rows: readonly T[];
  /** Index that the next turn begins at. */
  readonly next: number;
  /** Whether every row is the one that is wanted. */
  readonly done: boolean;
}

/** How rows take their turns. */
export interface TurnRule<T> {
  /** Whether two rows are in one place. */
  readonly isPlace: (a: T, b: T) => boolean;
  /** Whether a change must be seen in all rows at once: a mark that moves from one to another. */
  readonly isUrgent: (shown: T, wanted: T) => boolean;
  /** In so many frames all rows in view change, a like share of them with each. */
  readonly frames: number;
  /** So few rows change at once. */
  readonly least: number;
}

/**
 * One turn: a share of the rows in view is replaced, going on where the last turn ended, so that none
 * waits for others that change again. One out of view is replaced when none in view waits. What is
 * urgent, and other places than before, are taken all at once.
 *
 * @param isDue Whether it is a turn's time; before, only what is urgent is replaced.
 */
export function nextTurn<T>(
  shown: RowTurn<T> | undefined,
  wanted: readonly T[],
  { isPlace, isUrgent, frames, least }: TurnRule<T>,
  inView: RowWindow = { first: 0, end: wanted.length },
  isDue = true,
): RowTurn<T> {
  const sameList =
    shown?.rows.length === wanted.length &&
    wanted.every((row, index) => isPlace(row, shown.rows[index] as T));
  if (shown === undefined || !sameList) return { rows: wanted, next: 0, done: true };
  const waiting = waitingFrom(shown, wanted);
  if (waiting.length === 0) return { ...shown, done: true };
  const seen = waiting.filter((index) => index >= inView.first && index < inView.end);
  const most = Math.max(least, Math.ceil((inView.end - inView.first) / frames));
  const inTurn = !isDue ? [] : seen.length > 0 ? seen.slice(0, most) : waiting.slice(0, 1);
  const last = inTurn.at(-1) ?? shown.next - 1;
  const urgent = waiting.filter((index) => isUrgent(shown.rows[index] as T, wanted[index] as T));
  const taken = new Set([...inTurn, ...urgent]);
  const rows = [...shown.rows];
  for (const index of taken) rows[index] = wanted[index] as T;
  return { rows, next: (last + 1) % rows.length, done: taken.size === waiting.length };
}

/** Indexes of the rows that are not yet as wanted, from the one whose turn it is. */
function waitingFrom<T>({ rows, next }: RowTurn<T>, wanted: readonly T[]): readonly number[] {
  const inTurn = rows.map((_, offset) => (next + offset) % rows.length);
  return inTurn.filter((index) => rows[index] !== wanted[index]);
}

/**
 * Rows that change by turns, some in each animation frame: a whole chain that changes at once
 * would take one frame longer than a screen waits for it. The first turn comes with the frame after
 * the change, which has enough to do with everything else that changed. Call it where `inject`
 * works.
 */
export function rowTurns<T>(
  wanted: Signal<readonly T[]>,
  inView: Signal<RowWindow>,
  rule: TurnRule<T>,
): Signal<RowTurn<T>> {
  const clock = inject(Clock);
  const frame = signal(0);
  const turn = linkedSignal<{ wanted: readonly T[]; inView: RowWindow; frame: number }, RowTurn<T>>(
    {
      source: () => ({ wanted: wanted(), inView: inView(), frame: frame() }),
      computation: (now, previous) =>
        nextTurn(
          previous?.value,
          now.wanted,
          rule,
          now.inView,
          previous?.source.frame !== now.frame,
        ),
    },
  );
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
