import { Event } from '../live/wire';
import { ageText } from '../ui/format';

/** A stretch of market time without data, or with data that came later. */
export interface Gap {
  /** UNIX ms. */
  readonly start: number;
  readonly end: number;
  /** What became of it. */
  readonly label: string;
}

/** Gaps among events, earliest first; one that was refilled says so, and is there once. */
export function gapsOf(events: readonly Event[]): readonly Gap[] {
  const gaps = new Map<number, Gap>();
  // A refill comes after its gap, and replaces it.
  for (const { kind, start, end } of [...events].sort((a, b) => a.t - b.t)) {
    if ((kind !== 'gap' && kind !== 'refill') || start === null || end === null) continue;
    const word = kind === 'refill' ? 'refilled' : 'gap';
    gaps.set(start, { start, end, label: `${word} ${ageText(end - start)}` });
  }
  return [...gaps.values()].sort((a, b) => a.start - b.start);
}
