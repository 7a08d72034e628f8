import { TapeRow } from '../live/wire';

const RULES: Readonly<Record<string, string>> = {
  TSIZE: 'Size match',
  DEPTH: 'Depth',
  VENUE_LOCK: 'Locked, by venue',
  MODEL_MID: 'Model mid',
  TICK: 'Tick',
  NONE: 'No evidence',
  COMPLEX: 'Multi-leg',
  LATE: 'Late',
  CANCEL: 'Cancel',
  EXCLUDED: 'Excluded',
};

type Quoted = Pick<TapeRow, 'price' | 'bid' | 'ask'>;

/** Why a print has its side, in words. */
export function evidenceWords(row: Quoted & Pick<TapeRow, 'rule'>): string {
  const place = spreadPlace(row);
  switch (row.rule) {
    case 'QUOTE_AT':
      return place === 0 ? 'At bid' : place === 1 ? 'At ask' : 'At quote';
    case 'QUOTE_OUT':
      return row.ask !== null && row.price > row.ask ? 'Above ask' : 'Below bid';
    case 'QUOTE_IN':
      return place !== null && place > 0.5 ? 'Inside, high' : 'Inside, low';
    default:
      return RULES[row.rule] ?? sentence(row.rule);
  }
}

/** A rule this page has no words for: `NEW_RULE` as `New rule`. */
function sentence(rule: string): string {
  const words = rule.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Where the price lies from bid (0) to ask (1); null without a two-sided quote. */
export function spreadPlace({ price, bid, ask }: Quoted): number | null {
  if (bid === null || ask === null || ask < bid) return null;
  if (ask === bid) return 0.5;
  return Math.min(1, Math.max(0, (price - bid) / (ask - bid)));
}
