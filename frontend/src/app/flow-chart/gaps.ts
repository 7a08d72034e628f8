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

/**
 * Gaps among events, earliest first. A lost connection is asked of REST as a whole, so the first
 * refill after a gap says what became of it, whether it names the stretch or not.
 */
export function gapsOf(events: readonly Event[]): readonly Gap[] {
  const gaps = new Map<number, Gap>();
  let open: Event | null = null;
  for (const event of [...events].sort((a, b) => a.t - b.t)) {
    if (event.kind !== 'gap' && event.kind !== 'refill') continue;
    const { start, end } = event.start === null && open !== null ? open : event;
    open = event.kind === 'gap' ? event : null;
    if (start === null || end === null) continue;
    const word = event.kind === 'refill' ? 'refilled' : 'gap';
    gaps.set(start, { start, end, label: `${word} ${ageText(end - start)}` });
  }
  return [...gaps.values()].sort((a, b) => a.start - b.start);
}
