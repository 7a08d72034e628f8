import { PrintFilter } from '../live/flow-api';
import { Bar, BarsReply, FlowBar } from '../live/wire';

/**
 * The day's hedging pressure as the chart draws it, from two sources that must not overlap.
 *
 * `GET /api/bars` tells everything up to the moment of its answer; the stream tells the seconds
 * that change from then on, each in full, in four parts (calls and puts, single- and multi-leg).
 * They meet at the end of the last whole bar of the answer: bars before it are the server's,
 * seconds from it on the stream's. That needs a stream which has seen every one of those seconds,
 * so until it has, the answer alone is shown, and asked for again.
 */

/** One interval of the chart. */
export interface FlowPoint {
  /** Its first instant, UNIX ms. */
  readonly t: number;
  /** Its last known spot, USD; null while unknown. */
  readonly spot: number | null;
  /** Weighted delta notional of this interval, USD; positive: dealers buy. */
  readonly flow: number;
  /** The same since the first point, this one included, USD. */
  readonly pressure: number;
  /** Variance of `pressure`, USD squared. */
  readonly variance: number;
}

/** Length of an interval of the server's bars, ms. */
export const INTERVAL_MS: Readonly<Record<BarsReply['interval'], number>> = {
  '1s': 1000,
  '5s': 5000,
  '10s': 10_000,
  '30s': 30_000,
  '1m': 60_000,
  '5m': 300_000,
};

/** The four parts of one second, by part. */
type Parts = ReadonlyMap<string, FlowBar>;

/** Seconds of the stream by their first instant, UNIX ms, in the order in which they came. */
export type LiveSeconds = ReadonlyMap<number, Parts>;

/** Lay seconds over those that are known; a part that comes again replaces what it was. */
export function addSeconds(known: LiveSeconds, bars: readonly FlowBar[]): LiveSeconds {
  if (bars.length === 0) return known;
  const next = new Map(known);
  for (const bar of bars) {
    next.set(bar.t, new Map(next.get(bar.t)).set(bar.type + bar.legs, bar));
  }
  return next;
}

/** The seconds that an answer does not tell: those from its joint on; all of them without one. */
export function secondsFrom(known: LiveSeconds, joint: number | null): LiveSeconds {
  return joint === null ? known : new Map([...known].filter(([t]) => t >= joint));
}

/** Whether the stream alone can tell these prints: it does not know strikes. */
export function isStreamed({ strike, ticker }: PrintFilter): boolean {
  return (strike ?? null) === null && (ticker ?? null) === null;
}

/** End of the last whole bar of an answer, UNIX ms; null without one. */
export function wholeUntil({ interval, market_time, bars }: BarsReply): number | null {
  const length = INTERVAL_MS[interval];
  if (market_time === null) return null;
  const last = bars.filter(({ t }) => t + length <= market_time).at(-1);
  return last === undefined ? null : last.t + length;
}

/** The server's bars as points: what they sum is told by themselves. */
export function pointsOf(bars: readonly Bar[]): FlowPoint[] {
  let before = 0;
  return bars.map((bar) => {
    const flow = bar.measures['delta_notional']?.weighted ?? bar.hedging_pressure - before;
    before = bar.hedging_pressure;
    const variance = bar.hedging_pressure_error ** 2;
    return { t: bar.t, spot: bar.spot, flow, pressure: bar.hedging_pressure, variance };
  });
}

/**
 * Points of the whole day: the server's whole bars, then the stream's seconds in intervals of the
 * same length.
 *
 * @param streamedFrom First second that the stream has seen whole, UNIX ms; null when it tells
 *   nothing of these prints.
 */
export function joinSeries(
  reply: BarsReply,
  seconds: LiveSeconds,
  filter: PrintFilter,
  streamedFrom: number | null,
): readonly FlowPoint[] {
  const joint = wholeUntil(reply);
  const told = pointsOf(reply.bars);
  if (joint === null || streamedFrom === null || streamedFrom > joint) return told;
  const length = INTERVAL_MS[reply.interval];
  return continued(
    told.filter(({ t }) => t < joint),
    intervals(seconds, filter, joint, length),
  );
}

interface Interval {
  readonly t: number;
  spot: number | null;
  flow: number;
  variance: number;
}

/** Sums of the stream's seconds from `from` on, by interval, oldest first; none is left out. */
function intervals(
  seconds: LiveSeconds,
  filter: PrintFilter,
  from: number,
  length: number,
): readonly Interval[] {
  const times = [...seconds.keys()].filter((t) => t >= from).sort((a, b) => a - b);
  const all: Interval[] = [];
  for (const t of times) {
    const start = from + Math.floor((t - from) / length) * length;
    for (let next = from + all.length * length; next <= start; next += length) {
      all.push({ t: next, spot: null, flow: 0, variance: 0 });
    }
    const interval = all.at(-1);
    if (interval === undefined) continue;
    for (const part of seconds.get(t)?.values() ?? []) {
      interval.spot = part.spot ?? interval.spot;
      if (!passes(part, filter)) continue;
      interval.flow += part.hedging_pressure;
      interval.variance += part.variance;
    }
  }
  return all;
}

function passes(part: FlowBar, { type = null, legs = null }: PrintFilter): boolean {
  return (type === null || part.type === type) && (legs === null || part.legs === legs);
}

/** Go on summing from the last point; an interval without a spot keeps the one before. */
function continued(points: FlowPoint[], more: readonly Interval[]): readonly FlowPoint[] {
  const last = points.at(-1);
  let { pressure, variance, spot } = last ?? { pressure: 0, variance: 0, spot: null };
  for (const interval of more) {
    pressure += interval.flow;
    variance += interval.variance;
    spot = interval.spot ?? spot;
    points.push({ t: interval.t, spot, flow: interval.flow, pressure, variance });
  }
  return points;
}

/**
 * The points from an instant on, their pressure summed from there.
 *
 * @param from UNIX ms; null for all of them.
 */
export function sinceInstant(
  points: readonly FlowPoint[],
  from: number | null,
): readonly FlowPoint[] {
  if (from === null) return points;
  const first = points.findIndex(({ t }) => t >= from);
  if (first < 0) return [];
  const before = points[first - 1] ?? { pressure: 0, variance: 0 };
  return points.slice(first).map((point) => ({
    ...point,
    pressure: point.pressure - before.pressure,
    variance: Math.max(0, point.variance - before.variance),
  }));
}
