import { Bar } from '../live/wire';

/** One interval of a contract's day. */
export interface ContractPoint {
  /** Its first instant, UNIX ms. */
  readonly t: number;
  /** Net delta flow since the open, shares; positive: customers got longer. */
  readonly flow: number;
  /** Last print's price, USD; null before the first. */
  readonly price: number | null;
}

/** A contract's flow summed through the day, and its price; one that did not trade keeps it. */
export function contractPoints(bars: readonly Bar[]): readonly ContractPoint[] {
  let flow = 0;
  let price: number | null = null;
  return bars.map((bar) => {
    flow += bar.measures['delta']?.net ?? 0;
    price = bar.price ?? price;
    return { t: bar.t, flow, price };
  });
}
