import { TapeQuery } from '../live/flow-api';
import { TapeRow } from '../live/wire';
import { parseTicker } from '../ui/contract';

/** Which prints the tape shows. */
export interface TapeFilter {
  readonly side: 'any' | 'buy' | 'sell' | 'none';
  readonly type: 'all' | 'C' | 'P';
  /** Smallest size shown, contracts. */
  readonly minSize: number;
  /** Smallest premium shown, USD. */
  readonly minPremium: number;
  /** USD; null for every strike. */
  readonly strike: number | null;
  /** Null for every print, tagged or not. */
  readonly tag: string | null;
}

/** Every print. */
export const EVERY_PRINT: TapeFilter = {
  side: 'any',
  type: 'all',
  minSize: 1,
  minPremium: 0,
  strike: null,
  tag: null,
};

/** Tags as the server calls them, and what they mean: all that rows show, and all that it looks for. */
export const TAGS: Readonly<Record<string, string>> = {
  sweep: 'Its order took several venues at once',
  split: 'Its order took one venue in several prints',
  block: 'A single large print',
  multi_leg: 'A leg of an order of several',
  stock_option: 'Traded together with stock',
  iso: 'Intermarket sweep order',
  auction: 'Traded in an auction',
  cross: 'Both sides arranged',
  floor: 'From the floor',
  post_close: 'After the close',
  refilled: 'Brought by REST after a gap',
  cancelled: 'Taken back by a cancel',
  wide: 'The quote was wide',
  stale: 'The quote was too old to sign by',
  locked: 'Bid and ask were equal',
  crossed: 'The bid was above the ask',
  one_sided: 'Only one side was quoted',
  zero_bid: 'The bid was zero',
};

/** A tag as rows and the menu name it. */
export function tagName(tag: string): string {
  return tag === 'iso' ? 'ISO' : tag.replaceAll('_', ' ');
}

const SIDES = { buy: 1, sell: -1, none: 0 } as const;

/** Whether a print passes. */
export function passes(row: TapeRow, filter: TapeFilter): boolean {
  if (filter.side !== 'any' && row.side !== SIDES[filter.side]) return false;
  if (row.size < filter.minSize || row.premium < filter.minPremium) return false;
  const name = parseTicker(row.ticker);
  if (filter.type !== 'all' && name?.type !== filter.type) return false;
  if (filter.strike !== null && name?.strike !== filter.strike) return false;
  if (filter.tag === 'refilled') return row.refilled;
  return filter.tag === null || row.tags.includes(filter.tag);
}

/** Whether everything passes. */
export function isEvery(filter: TapeFilter): boolean {
  const keys = Object.keys(EVERY_PRINT) as (keyof TapeFilter)[];
  return keys.every((key) => filter[key] === EVERY_PRINT[key]);
}

/** The same filter as the server takes it. */
export function filterQuery(filter: TapeFilter): Omit<TapeQuery, 'before' | 'limit'> {
  return {
    side: filter.side === 'any' ? null : filter.side,
    type: filter.type === 'all' ? null : filter.type,
    min_size: filter.minSize > 1 ? filter.minSize : null,
    min_premium: filter.minPremium > 0 ? filter.minPremium : null,
    strike: filter.strike,
    tag: filter.tag,
  };
}

/** Read a filter that was kept as JSON; what is missing or wrong is as in {@link EVERY_PRINT}. */
export function readFilter(value: unknown): TapeFilter {
  const kept = typeof value === 'object' && value !== null ? (value as Partial<TapeFilter>) : {};
  const number = (part: unknown, fallback: number) =>
    typeof part === 'number' && part >= 0 ? part : fallback;
  return {
    side: kept.side !== undefined && kept.side in SIDES ? kept.side : 'any',
    type: kept.type === 'C' || kept.type === 'P' ? kept.type : 'all',
    minSize: number(kept.minSize, 1),
    minPremium: number(kept.minPremium, 0),
    strike: typeof kept.strike === 'number' ? kept.strike : null,
    tag: typeof kept.tag === 'string' && kept.tag in TAGS ? kept.tag : null,
  };
}

/** What each part of a filter is called in the page's address. */
const FIELDS: Readonly<Record<keyof TapeFilter, string>> = {
  side: 'tape.side',
  type: 'tape.type',
  minSize: 'tape.size',
  minPremium: 'tape.premium',
  strike: 'tape.strike',
  tag: 'tape.tag',
};

const PARTS = Object.keys(FIELDS) as (keyof TapeFilter)[];

/** A filter as fields of the page's address; null for what lets everything pass. */
export function fieldsOfFilter(filter: TapeFilter): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    PARTS.map((part) => [
      FIELDS[part],
      filter[part] === EVERY_PRINT[part] ? null : String(filter[part]),
    ]),
  );
}

/** The same, read; what is missing or wrong lets everything pass. */
export function filterOfFields(field: (name: string) => string | null): TapeFilter {
  const numbers: ReadonlySet<keyof TapeFilter> = new Set(['minSize', 'minPremium', 'strike']);
  return readFilter(
    Object.fromEntries(
      PARTS.flatMap((part) => {
        const text = field(FIELDS[part]);
        const value = numbers.has(part) ? Number(text) : text;
        return text === null || Number.isNaN(value) ? [] : [[part, value]];
      }),
    ),
  );
}
