import { ContractRow, PrintsReply } from '../live/wire';
import { fixed, grouped, percent } from '../ui/format';

/** A named figure at the head of the sheet; blank text for what is unknown. */
export interface Figure {
  readonly name: string;
  readonly text: string;
  readonly about: string;
}

/** The mean prices of a contract's prints. */
export type Vwaps = Pick<PrintsReply, 'premium_vwap' | 'premium_vwap_buy' | 'premium_vwap_sell'>;

/** What is known of a contract now; its mean prices are asked for apart. */
export function contractFigures(row: ContractRow, vwaps: Vwaps | null): readonly Figure[] {
  const { open_interest: interest, cumulative_volume: volume } = row;
  const whose = row.greeks_source === null ? 'No greeks yet' : `Of the ${row.greeks_source}`;
  const iv = percent(row.implied_volatility, 1);
  return [
    { name: 'Bid', text: fixed(row.bid, 2), about: '$' },
    { name: 'Ask', text: fixed(row.ask, 2), about: '$' },
    { name: 'Last', text: fixed(row.last_price, 2), about: '$' },
    { name: 'IV', text: iv === '' ? '' : `${iv} %`, about: `Implied volatility a year. ${whose}` },
    { name: 'Δ', text: fixed(row.delta, 2), about: `${whose}, a share` },
    { name: 'γ', text: fixed(row.gamma, 3), about: `${whose}, a share and $1` },
    {
      name: 'OI',
      text: interest === null ? '' : grouped(interest),
      about: 'Open interest of the evening before, contracts',
    },
    { name: 'Volume', text: grouped(volume), about: 'Contracts today' },
    {
      name: 'Vol/OI',
      text: fixed(interest ? volume / interest : null, 1),
      about: 'Volume of today by the open interest before it',
    },
    {
      name: 'VWAP',
      text: fixed(vwaps?.premium_vwap ?? null, 2),
      about: `Mean price of today by contracts, $; ${sides(vwaps)}`,
    },
  ];
}

function sides(vwaps: Vwaps | null): string {
  const bought = fixed(vwaps?.premium_vwap_buy ?? null, 3) || 'unknown';
  const sold = fixed(vwaps?.premium_vwap_sell ?? null, 3) || 'unknown';
  return `bought at ${bought}, sold at ${sold}`;
}

/** The day's contracts by who crossed the spread. */
export interface AggressorSplit {
  readonly bought: number;
  readonly sold: number;
  readonly unsigned: number;
}

/** Split a contract's volume by its aggressor. */
export function aggressorSplit(row: ContractRow): AggressorSplit {
  const { buy_volume: bought, sell_volume: sold } = row;
  return { bought, sold, unsigned: Math.max(0, row.cumulative_volume - bought - sold) };
}
