import { ContractRow } from '../live/wire';
import { fixed, grouped, percent } from '../ui/format';

/** A named figure at the head of the sheet; blank text for what is unknown. */
export interface Figure {
  readonly name: string;
  readonly text: string;
  readonly about: string;
}

/** What is known of a contract now. */
export function contractFigures(row: ContractRow): readonly Figure[] {
  const { open_interest: interest } = row;
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
    { name: 'Volume', text: grouped(row.cumulative_volume), about: 'Contracts today' },
  ];
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
