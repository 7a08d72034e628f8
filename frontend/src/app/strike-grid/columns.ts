import { compact, dollars, fixed, signedCompact, signedDollars, volatility } from '../ui/format';
import { Width } from '../ui/viewport';
import { ContractRow } from '../live/wire';

/** The measures of one side of the ladder. */
export type ColumnKey =
  'deltaFlow' | 'gammaFlow' | 'premium' | 'volume' | 'iv' | 'delta' | 'bid' | 'ask';

/** One measure of a contract, as the ladder shows it. */
export interface Column {
  readonly key: ColumnKey;
  /** Head, and the unit under it; a delta has none. */
  readonly name: string;
  readonly unit: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** Relative width. */
  readonly weight: number;
  /** The narrowest page it is shown on. */
  readonly from: Width;
  /** `flow` is signed and coloured, `quiet` and `faint` step back behind the values. */
  readonly tone: 'flow' | 'value' | 'quiet' | 'faint';
  /** The bar under the figure. */
  readonly bar: 'diverging' | 'contract' | 'volume' | null;
  /** Whether the sum of the column means anything. */
  readonly summed: boolean;
  value(row: ContractRow): number | null;
  text(value: number | null): string;
  /** Why a cell is blank. */
  readonly unknown: string;
  /** What stands under the figure where rows are tall. */
  readonly detail?: Detail;
}

/** The second line of a cell. */
export interface Detail {
  /** What it is, in a sentence. */
  readonly about: string;
  /** Blank when unknown. */
  text(row: ContractRow): string;
  /** Whose sign colours it; 0 for no colour. */
  sign(row: ContractRow): number;
}

const noSign = () => 0;

/** `of 142K`: how much was bought and sold together. */
function grossOf(gross: (row: ContractRow) => number | null, about: string): Detail {
  return {
    about,
    text: (row) => {
      const value = gross(row);
      return value === null ? '' : `of ${compact(Math.abs(value))}`;
    },
    sign: noSign,
  };
}

const NO_GREEKS = 'Unknown: no implied volatility could be solved from the quote yet';

const DELTA_FLOW: Column = {
  key: 'deltaFlow',
  name: 'Δ flow',
  unit: 'sh',
  about: 'Net delta flow: bought less sold delta of the day, in shares, signed for the customer',
  weight: 54,
  from: 'phone',
  tone: 'flow',
  bar: 'diverging',
  summed: true,
  value: (row) => row.net_delta_flow,
  text: signedCompact,
  unknown: 'Unknown: prints wait for the first greeks of this contract',
  detail: grossOf((row) => row.gross_delta_flow, 'of the delta traded, bought and sold'),
};

const GAMMA_FLOW: Column = {
  key: 'gammaFlow',
  name: 'γ flow',
  unit: 'sh/$',
  about: 'Net gamma flow: bought less sold gamma of the day, in shares per $1, for the customer',
  weight: 48,
  from: 'wide',
  tone: 'flow',
  bar: 'diverging',
  summed: true,
  value: (row) => row.net_gamma_flow,
  text: signedCompact,
  unknown: 'Unknown: prints wait for the first greeks of this contract',
  detail: grossOf((row) => row.gross_gamma_flow, 'of the gamma traded, bought and sold'),
};

const PREMIUM: Column = {
  key: 'premium',
  name: 'Premium',
  unit: '$',
  about: 'Premium traded today: price × size × 100, whoever bought',
  weight: 49,
  from: 'medium',
  tone: 'value',
  bar: 'contract',
  summed: true,
  value: (row) => row.cumulative_premium,
  text: dollars,
  unknown: 'Unknown',
  detail: {
    about: 'net premium, bought less sold',
    text: (row) => signedDollars(row.net_premium),
    sign: (row) => Math.sign(row.net_premium),
  },
};

const VOLUME: Column = {
  key: 'volume',
  name: 'Vol',
  unit: 'ct',
  about: 'Contracts traded today',
  weight: 43,
  from: 'phone',
  tone: 'value',
  bar: 'volume',
  summed: true,
  value: (row) => row.cumulative_volume,
  text: compact,
  unknown: 'Unknown',
  detail: {
    about: 'open interest of the evening before',
    text: (row) => (row.open_interest === null ? '' : `OI ${compact(row.open_interest)}`),
    sign: noSign,
  },
};

const IV: Column = {
  key: 'iv',
  name: 'IV',
  unit: '%',
  about: 'Implied volatility, per cent a year',
  weight: 36,
  from: 'wide',
  tone: 'faint',
  bar: null,
  summed: false,
  value: (row) => row.implied_volatility,
  text: volatility,
  unknown: NO_GREEKS,
};

const DELTA: Column = {
  key: 'delta',
  name: 'Δ',
  unit: '',
  about: 'Delta: shares of the underlying per share of the option',
  weight: 43,
  from: 'wide',
  tone: 'faint',
  bar: null,
  summed: false,
  value: (row) => row.delta,
  text: (value) => fixed(value, 2),
  unknown: NO_GREEKS,
  detail: {
    about: 'gamma, a share and $1',
    text: (row) => (row.gamma === null ? '' : `γ ${fixed(row.gamma, 2)}`),
    sign: noSign,
  },
};

const BID: Column = {
  key: 'bid',
  name: 'Bid',
  unit: '$',
  about: 'Best bid, dollars a share',
  weight: 42,
  from: 'medium',
  tone: 'quiet',
  bar: null,
  summed: false,
  value: (row) => row.bid,
  text: (value) => fixed(value, 2),
  unknown: 'Unknown: no quote yet',
};

const ASK: Column = {
  key: 'ask',
  name: 'Ask',
  unit: '$',
  about: 'Best ask, dollars a share',
  weight: 42,
  from: 'phone',
  tone: 'quiet',
  bar: null,
  summed: false,
  value: (row) => row.ask,
  text: (value) => fixed(value, 2),
  unknown: 'Unknown: no quote, or nobody offers',
};

/** Every column, from the edge of the page to the strike. */
export const COLUMNS: readonly Column[] = [
  DELTA_FLOW,
  GAMMA_FLOW,
  PREMIUM,
  VOLUME,
  IV,
  DELTA,
  BID,
  ASK,
];

const ROOM: Readonly<Record<Width, number>> = { phone: 0, medium: 1, wide: 2 };

/** Whether a page of that width shows the column at all. */
export function hasRoom(column: Column, width: Width): boolean {
  return ROOM[column.from] <= ROOM[width];
}

/** The columns of the call side, left to right, for a width and the user's choice. */
export function shownColumns(width: Width, hidden: ReadonlySet<string>): readonly Column[] {
  return COLUMNS.filter((column) => hasRoom(column, width) && !hidden.has(column.key));
}

/** The same columns on the put side: mirrored, but the bid stays left of the ask. */
export function mirrored(columns: readonly Column[]): readonly Column[] {
  const quotes = columns.filter(({ key }) => key === 'bid' || key === 'ask');
  const rest = columns.filter(({ key }) => key !== 'bid' && key !== 'ask');
  return [...quotes, ...rest.reverse()];
}
