import { Bar } from '../live/wire';
import { compact } from '../ui/format';
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

/** What is known of the minute around a moment (UNIX ms), in words; blank where nothing is. */
export function volumeWords(minutes: Minutes, usual: Minutes, at: number): string {
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const [seen, typical] = [minutes.get(minute), usual.get(minute)];
  if (seen !== undefined) return `${compact(seen)} ct`;
  return typical === undefined ? '' : `typically ${compact(typical)} ct`;
}

/** Minutes that follow each other from a moment on, UNIX ms. */
export function minutesFrom(start: number, volumes: readonly number[]): Minutes {
  return new Map(volumes.map((volume, index) => [start + index * MINUTE_MS, volume]));
}

/** Bars on one scale. */
export interface DayVolume {
  /** Of minutes that were seen. */
  readonly seen: readonly VolumeBar[];
  /** Of those after the last one that was seen, by what is typical. */
  readonly typical: readonly VolumeBar[];
}

/** The bars of a day, scaled to all but its loudest hundredth, so that one print is not all. */
export function volumeBars(minutes: Minutes, usual: Minutes, span: DaySpan): DayVolume {
  const inDay = (all: Minutes) =>
    [...all].filter(([t]) => t >= span.start - MINUTE_MS && t < span.end);
  const seen = inDay(minutes);
  const last = Math.max(-Infinity, ...seen.map(([t]) => t));
  const typical = inDay(usual).filter(([t]) => t > last);
  const sorted = [...seen, ...typical].map(([, volume]) => volume).sort((a, b) => a - b);
  const full = sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 0;
  const bars = (all: readonly (readonly [number, number])[]) =>
    all
      .filter(([, volume]) => volume > 0 && full > 0)
      .map(([t, volume]) => ({
        t,
        left: shareOf(span, t) * 100,
        height: Math.min(1, volume / full) * 100,
      }));
  return { seen: bars(seen), typical: bars(typical) };
}
