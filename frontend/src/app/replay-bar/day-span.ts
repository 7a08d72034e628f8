import { SessionInfo } from '../live/wire';
import { easternSeconds } from '../ui/eastern-time';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The stretch of time that the scrubber stands for, UNIX ms. */
export interface DaySpan {
  readonly start: number;
  readonly end: number;
  /** The market's close; it lies before the end of a day with late prints. */
  readonly close: number;
}

/** A replayed day goes to its last event; a day that still runs goes to its close. */
export function daySpan({
  open_time: start,
  close_time: close,
  replay,
}: Pick<SessionInfo, 'open_time' | 'close_time' | 'replay'>): DaySpan {
  return { start, close, end: Math.max(start, replay?.end ?? close) };
}

/** The nearest time inside the day. */
export function inside({ start, end }: DaySpan, ms: number): number {
  return Math.min(end, Math.max(start, ms));
}

/** How far through the day a time is, 0 to 1. */
export function shareOf(span: DaySpan, ms: number): number {
  const length = span.end - span.start;
  return length === 0 ? 0 : (inside(span, ms) - span.start) / length;
}

/** The whole second at a share (0 to 1) of the day, UNIX ms. */
export function timeAt({ start, end }: DaySpan, share: number): number {
  const place = start + Math.min(1, Math.max(0, share)) * (end - start);
  return Math.round(place / 1000) * 1000;
}

/** The moment of a day at which Eastern clocks show `seconds` since midnight, UNIX ms. */
export function momentOf({ start }: DaySpan, seconds: number): number {
  // No session spans a change of clocks.
  return start + (seconds - easternSeconds(start)) * 1000;
}

/** Shares of the day (0 to 1) at which a full hour strikes. */
export function hourShares(span: DaySpan): readonly number[] {
  const shares: number[] = [];
  // Eastern time is whole hours from UTC.
  for (let at = Math.ceil(span.start / HOUR_MS) * HOUR_MS; at < span.end; at += HOUR_MS) {
    shares.push(shareOf(span, at));
  }
  return shares;
}

/** A time to the nearest minute, for the labels at the ends. */
export function nearestMinute(ms: number): number {
  return Math.round(ms / MINUTE_MS) * MINUTE_MS;
}
