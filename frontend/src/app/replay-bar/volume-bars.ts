import { Bar } from '../live/wire';
import { DaySpan, shareOf } from './day-span';

/** One minute of the day's volume on the scrubber. */
export interface VolumeBar {
  /** Start of the minute, UNIX ms. */
  readonly t: number;
  /** Left edge, per cent of the day. */
  readonly left: number;
  /** Per cent of the tallest. */
  readonly height: number;
}

const MINUTE_MS = 60_000;

/** A minute's volume, contracts. */
export type Minutes = ReadonlyMap<number, number>;

/** What is known of a day by now, and what was seen of it before a leap back. */
export function seenMinutes(known: Minutes, bars: readonly Bar[]): Minutes {
  const seen = new Map(known);
  for (const { t, volume } of bars) seen.set(t, volume);
  return seen;
}

/** The bars of a day, scaled to all but its loudest hundredth, so that one print is not all. */
export function volumeBars(minutes: Minutes, span: DaySpan): readonly VolumeBar[] {
  const inDay = [...minutes].filter(([t]) => t >= span.start - MINUTE_MS && t < span.end);
  const sorted = inDay.map(([, volume]) => volume).sort((a, b) => a - b);
  const full = sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 0;
  if (full === 0) return [];
  return inDay
    .filter(([, volume]) => volume > 0)
    .map(([t, volume]) => ({
      t,
      left: shareOf(span, t) * 100,
      height: Math.min(1, volume / full) * 100,
    }));
}
