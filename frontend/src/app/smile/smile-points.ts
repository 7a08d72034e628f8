import { SmilePoint, SmileReply } from '../live/wire';
import { fixed, percent, strikeText } from '../ui/format';

/** Volatility points. */
const PERCENT = 100;

/** One strike of the smile, ready to draw. */
export interface SmileDot {
  readonly strike: number;
  /** Volatilities, per cent a year; null where there is none. */
  readonly bid: number | null;
  readonly mid: number | null;
  readonly ask: number | null;
  readonly inForce: number | null;
  readonly doubtful: boolean;
}

/** The strikes from the lowest to the highest of the ladder's; all of them without any. */
export function smileDots(reply: SmileReply, window: readonly number[]): readonly SmileDot[] {
  const [low, high] = [Math.min(...window), Math.max(...window)];
  return reply.points
    .filter(({ strike }) => window.length === 0 || (strike >= low && strike <= high))
    .map((point) => ({
      strike: point.strike,
      bid: points(point.bid_iv),
      mid: points(point.mid_iv),
      ask: points(point.ask_iv),
      inForce: points(point.implied_volatility),
      doubtful: point.doubtful,
    }));
}

function points(volatility: number | null): number | null {
  return volatility === null ? null : volatility * PERCENT;
}

/**
 * The axis of the volatilities, per cent: as far as what can be trusted goes, so that a far strike
 * which moves by many points a tick does not flatten the rest. Null where nothing is known.
 */
export function smileRange(dots: readonly SmileDot[]): readonly [number, number] | null {
  const sure = dots.filter(({ doubtful }) => !doubtful);
  const values = (sure.length > 0 ? sure : dots).flatMap(({ bid, mid, ask, inForce }) =>
    [bid, mid, ask, inForce].filter((value) => value !== null),
  );
  if (values.length === 0) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.5, (high - low) * 0.08);
  return [Math.max(0, low - room), high + room];
}

/** One strike in words, and how far the vendor's greeks are from ours. */
export function smileWords(point: SmilePoint): readonly string[] {
  const leg = point.side === 'C' ? point.call : point.put;
  const lines = [
    `${strikeText(point.strike)} ${point.side} · ${bandWords(point)}${point.doubtful ? ' · doubtful' : ''}`,
  ];
  const vendor = leg?.vendor_implied_volatility ?? null;
  if (vendor !== null && point.implied_volatility !== null) {
    const gap = (vendor - point.implied_volatility) * PERCENT;
    lines.push(`vendor ${percent(vendor, 1)} %, ${gap > 0 ? '+' : ''}${fixed(gap, 1)} points`);
  }
  const theirs = leg?.vendor_delta ?? null;
  if (theirs !== null) lines.push(`Δ ${fixed(leg?.delta, 2) || '?'}, vendor ${fixed(theirs, 2)}`);
  return lines;
}

function bandWords({ bid_iv, mid_iv, ask_iv, implied_volatility }: SmilePoint): string {
  if (mid_iv !== null) {
    return `${percent(mid_iv, 1)} % (${percent(bid_iv, 1) || '0'} to ${percent(ask_iv, 1) || '?'})`;
  }
  if (ask_iv !== null) return `at most ${percent(ask_iv, 1)} %`;
  if (implied_volatility !== null) return `${percent(implied_volatility, 1)} %, held`;
  return 'unknown';
}

/** Index of the strike nearest to a price, the lower of two; -1 without strikes. */
export function nearestIndex(strikes: readonly number[], price: number): number {
  let best = -1;
  strikes.forEach((strike, index) => {
    const before = strikes[best];
    if (before === undefined || Math.abs(strike - price) < Math.abs(before - price)) best = index;
  });
  return best;
}
