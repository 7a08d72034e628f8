import { Assumption } from '../live/chain-api';

/** The conventions on offer. */
export type ConventionKey = 'flow' | 'oi-flow' | 'oi' | 'absolute' | 'short';

/** Whose positions exposures assume. All of them are assumptions: the tape names no holder. */
export interface Convention {
  readonly key: ConventionKey;
  readonly name: string;
  /** Who holds what, in a sentence. */
  readonly words: string;
  /** Contracts that dealers hold in one contract of the chain. */
  readonly formula: string;
  readonly assumption: Assumption;
}

const FLOW: Convention = {
  key: 'flow',
  name: 'Flow',
  words: 'Today’s flow: dealers hold the opposite of what customers bought today',
  formula: 'N = −Σ w·s·n over today’s prints: weight × side × contracts (convention D, base 0)',
  assumption: { convention: 'D', base: 0 },
};

/** In the order of the menu; the first is the default of a day that ends tonight. */
export const CONVENTIONS: readonly Convention[] = [
  FLOW,
  {
    key: 'oi-flow',
    name: 'OI+flow',
    words: 'Last night’s open interest, calls long and puts short, and today’s flow on top',
    formula: 'N = ±OI − Σ w·s·n: + calls, − puts (convention D, base 1)',
    assumption: { convention: 'D', base: 1 },
  },
  {
    key: 'oi',
    name: 'OI',
    words: 'Last night’s open interest: dealers long every call, short every put',
    formula: 'N = +OI calls, −OI puts (convention A, naive)',
    assumption: { convention: 'A', base: 0 },
  },
  {
    key: 'absolute',
    name: 'Absolute',
    words: 'All open interest, whoever holds it: what is at stake, without a side',
    formula: '|N| = OI (convention B)',
    assumption: { convention: 'B', base: 0 },
  },
  {
    key: 'short',
    name: 'Short all',
    words: 'Dealers short all open interest: a bound of stress',
    formula: 'N = −OI (convention C)',
    assumption: { convention: 'C', base: 0 },
  },
];

/** The keys alone. */
export const CONVENTION_KEYS = CONVENTIONS.map(({ key }) => key);

/** The convention of a key. */
export function conventionOf(key: ConventionKey): Convention {
  return CONVENTIONS.find((convention) => convention.key === key) ?? FLOW;
}
