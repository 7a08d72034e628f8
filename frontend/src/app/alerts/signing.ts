/** The premium that one kind of evidence signed. */
export interface SigningShare {
  readonly name: string;
  readonly about: string;
  /** 0 to 1 of the day's premium. */
  readonly share: number;
  readonly signed: boolean;
}

interface Kind {
  readonly name: string;
  readonly about: string;
  readonly rules: readonly string[];
}

const SIGNED: readonly Kind[] = [
  {
    name: 'At quote',
    about: 'At the bid or the ask, or matched by the size shown there',
    rules: ['QUOTE_AT', 'TSIZE'],
  },
  { name: 'Inside', about: 'Between bid and ask, nearer to one of them', rules: ['QUOTE_IN'] },
  { name: 'Depth', about: 'At the middle, by the sizes at bid and ask', rules: ['DEPTH'] },
  { name: 'Tick', about: 'By the price before, without a usable quote', rules: ['TICK'] },
  { name: 'Outside', about: 'Below the bid or above the ask', rules: ['QUOTE_OUT'] },
];

/** Named only on days that have them. */
const SELDOM: readonly Kind[] = [
  { name: 'Model', about: 'By the model’s price, without a usable quote', rules: ['MODEL_MID'] },
  {
    name: 'Venue',
    about: 'In a locked market, by the side its venue quotes',
    rules: ['VENUE_LOCK'],
  },
];

/**
 * The day's premium by what signed it, unsigned last; empty before the first print.
 *
 * @param premiums By rule, USD.
 */
export function signingShares(premiums: Readonly<Record<string, number>>): readonly SigningShare[] {
  const total = Object.values(premiums).reduce((sum, premium) => sum + premium, 0);
  if (total <= 0) return [];
  const signed = [...SIGNED, ...SELDOM].map(({ name, about, rules }) => ({
    name,
    about,
    share: rules.reduce((sum, rule) => sum + (premiums[rule] ?? 0), 0) / total,
    signed: true,
  }));
  const unsigned = {
    name: 'Unsigned',
    about: 'Multi-leg, late or negotiated prints, and those without evidence',
    share: 1 - signed.reduce((sum, { share }) => sum + share, 0),
    signed: false,
  };
  const seldom = new Set(SELDOM.map(({ name }) => name));
  return [...signed.filter(({ name, share }) => !seldom.has(name) || share > 0), unsigned];
}
