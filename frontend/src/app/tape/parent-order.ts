import { PrintsQuery } from '../live/flow-api';
import { TapeRow } from '../live/wire';

/** The children of a parent order lie within so much time, ms. */
const LASTS_MS = 500;
const NS_PER_MS = 1_000_000;
/** More children than any order has. */
const MOST_CHILDREN = 2000;

/** What a sweep or a split came to. */
export interface ParentOrder {
  readonly prints: number;
  readonly venues: number;
  /** Contracts. */
  readonly volume: number;
  /** USD. */
  readonly premium: number;
  /** From its first print to its last, ms. */
  readonly lasted: number;
}

/** Where the prints of a print's parent order are to be looked for; null when it has none. */
export function parentQuery({ group, ticker, t }: TapeRow): PrintsQuery | null {
  if (group === null) return null;
  const at = Math.floor(t / NS_PER_MS);
  return { ticker, from: at - LASTS_MS, to: at + LASTS_MS + 1, limit: MOST_CHILDREN };
}

/** Sum the prints of one parent order; null when none of them is there. */
export function parentOrder(group: number, rows: readonly TapeRow[]): ParentOrder | null {
  const children = rows.filter((row) => row.group === group);
  if (children.length === 0) return null;
  const times = children.map(({ t }) => t);
  return {
    prints: children.length,
    venues: new Set(children.map(({ exchange }) => exchange)).size,
    volume: children.reduce((sum, { size }) => sum + size, 0),
    premium: children.reduce((sum, { premium }) => sum + premium, 0),
    // Beyond whole ms a number of JavaScript does not hold these times.
    lasted: Math.round((Math.max(...times) - Math.min(...times)) / NS_PER_MS),
  };
}
