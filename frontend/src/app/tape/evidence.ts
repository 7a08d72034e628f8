import { TapeRow } from '../live/wire';
import {
  ageText,
  dollars,
  fixed,
  grouped,
  percent,
  signedCompact,
  signedDollars,
} from '../ui/format';
import { ParentOrder } from './parent-order';

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

/** A line of the evidence: what it is about, the figure that counts, and the rest of the words. */
export interface Fact {
  readonly name: string;
  readonly figure: string;
  readonly rest: string;
}

const CONDITIONS: Readonly<Record<number, string>> = {
  202: 'late, out of sequence',
  204: 'late',
  206: 'late opening, out of sequence',
  208: 'late opening',
  209: 'electronic',
  210: 'reopening',
  219: 'ISO',
  227: 'auction',
  228: 'auction ISO',
  229: 'cross',
  230: 'cross ISO',
  231: 'floor',
  232: 'multi-leg',
  233: 'multi-leg auction',
  234: 'multi-leg cross',
  235: 'multi-leg floor',
  236: 'multi-leg against single legs',
  237: 'with stock, auction',
  238: 'multi-leg auction against single legs',
  239: 'multi-leg floor against single legs',
  240: 'with stock',
  241: 'with stock, cross',
  242: 'with stock, floor',
  243: 'with stock, against single legs',
  244: 'with stock, auction against single legs',
  245: 'with stock, floor against single legs',
  246: 'combination order, floor',
  247: 'compression',
  248: 'extended hours',
};

/** Everything that speaks for and against a print's side, in words and figures. */
export function evidenceFacts(row: TapeRow, order: ParentOrder | null = null): readonly Fact[] {
  const weight = row.side === 0 ? 0 : 2 * row.confidence - 1;
  const facts: Fact[] = [
    { name: 'Rule', figure: evidenceWords(row), rest: `· ${row.rule}` },
    { name: 'Confidence', figure: fixed(row.confidence, 2), rest: `· weight ${fixed(weight, 2)}` },
  ];
  if (row.quote_age_ms !== null) {
    facts.push({ name: 'Quote', figure: ageText(row.quote_age_ms), rest: 'before the print' });
  }
  if (row.aggressor !== row.side) {
    const word = row.aggressor > 0 ? 'bought' : row.aggressor < 0 ? 'sold' : 'is not known';
    facts.push({ name: 'Aggressor', figure: word, rest: 'who crossed the spread' });
  }
  const conditions = row.conditions.map((id) => `${id} ${CONDITIONS[id] ?? ''}`.trim());
  if (conditions.length > 0) {
    facts.push({ name: 'Conditions', figure: '', rest: conditions.join(', ') });
  }
  if (row.group !== null) facts.push(orderFact(row, order));
  if (row.package !== null) {
    const { side, confidence } = row.package;
    const word = side > 0 ? 'Bought' : side < 0 ? 'Sold' : 'Undecided';
    facts.push({ name: 'Package', figure: word, rest: `as its leg, ${fixed(confidence, 2)}` });
  }
  if (row.refilled)
    facts.push({ name: 'Refilled', figure: '', rest: 'brought by REST after a gap' });
  return facts;
}

/** What the whole order came to, of which the print is a part. */
function orderFact({ tags }: TapeRow, order: ParentOrder | null): Fact {
  const name = tags.includes('sweep') ? 'Sweep' : 'Split';
  if (order === null) return { name, figure: 'One order', rest: 'with others of its moment' };
  const { prints, venues, volume, premium, lasted } = order;
  const figure = venues === 1 ? `${prints} prints` : `${venues} venues`;
  return { name, figure, rest: `${ageText(lasted)}, ${grouped(volume)} ct, ${dollars(premium)}` };
}

/** What the print moved. Blank figures where the greeks are unknown. */
export function effectFacts(row: TapeRow, multiplier = 100): readonly Fact[] {
  const { delta, gamma, spot, hedging_pressure: pressure } = row;
  if (delta === null) {
    return [{ name: 'Δ in force', figure: '', rest: 'unknown: it waits for greeks' }];
  }
  const shares = row.side * row.size * multiplier;
  const whole = spot === null ? null : shares * delta * spot;
  const iv = percent(row.implied_volatility, 1);
  return [
    {
      name: 'Δ in force',
      figure: fixed(delta, 2),
      rest: [gamma === null ? '' : `· γ ${fixed(gamma, 3)}`, iv === '' ? '' : `· IV ${iv} %`]
        .join(' ')
        .trim(),
    },
    { name: 'Δ flow', figure: `${signedCompact(shares * delta)} sh`, rest: '' },
    {
      name: 'Pressure',
      figure: signedDollars(pressure),
      rest: whole === null ? '' : `of ${signedDollars(whole)}, weighted`,
    },
  ];
}
