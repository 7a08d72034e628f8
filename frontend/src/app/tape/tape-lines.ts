import { TapeRow } from '../live/wire';
import { parseTicker } from '../ui/contract';
import { easternMillis } from '../ui/eastern-time';
import { dollars, fixed, grouped, strikeText, volatility } from '../ui/format';
import { evidenceWords, spreadPlace } from './evidence';
import { tagName } from './tape-filter';

/** Premium from which a print stands out, USD. */
const NOTABLE_PREMIUM = 25_000;

/** What stands out by its tag in a line, and what makes the whole line stand out. */
const KEY_TAGS: ReadonlySet<string> = new Set(['sweep', 'block']);
const NOTABLE_TAG = 'block';
/** These tags are about the quote, and say that the side is less sure for it. */
const DOUBTFUL_TAGS: ReadonlySet<string> = new Set([
  'stale',
  'crossed',
  'one_sided',
  'wide',
  'late',
  'cancelled',
]);

/** A quote older than this is marked, ms. */
const OLD_QUOTE_MS = 1000;

/** A tag in words, and how much it matters. */
export interface TagWords {
  readonly text: string;
  readonly tone: 'key' | 'warn' | 'plain';
}

/** One print, ready to show. */
export interface TapeLine {
  readonly id: number;
  /** Hours to seconds, and the fraction that steps back. */
  readonly time: string;
  readonly millis: string;
  readonly strike: string;
  readonly type: 'C' | 'P' | '';
  readonly side: 'Buy' | 'Sell' | 'None';
  readonly arrow: '▲' | '▼' | '–';
  readonly size: string;
  readonly price: string;
  readonly bid: string;
  readonly ask: string;
  /** Per cent of the way from bid to ask; null without a quote. */
  readonly place: number | null;
  readonly premium: string;
  /** Per cent a year. */
  readonly volatility: string;
  readonly delta: string;
  readonly evidence: string;
  /** Chance that the side is right; blank when unsigned. */
  readonly confidence: string;
  /** Ms, grouped. */
  readonly quoteAge: string;
  readonly quoteOld: boolean;
  readonly tags: readonly TagWords[];
  /** All of them, in words. */
  readonly tagText: string;
  readonly notable: boolean;
}

/** A print in words and figures. */
export function tapeLine(row: TapeRow): TapeLine {
  const name = parseTicker(row.ticker);
  const time = easternMillis(row.t / 1e6);
  const place = spreadPlace(row);
  const tags = tagWords(row);
  return {
    id: row.id,
    time: time.slice(0, 8),
    millis: time.slice(8),
    strike: name === null ? row.ticker : strikeText(name.strike),
    type: name === null ? '' : name.type,
    side: row.side > 0 ? 'Buy' : row.side < 0 ? 'Sell' : 'None',
    arrow: row.side > 0 ? '▲' : row.side < 0 ? '▼' : '–',
    size: grouped(row.size),
    price: fixed(row.price, 2),
    bid: fixed(row.bid, 2),
    ask: fixed(row.ask, 2),
    place: place === null ? null : Math.round(place * 100),
    premium: dollars(row.premium),
    volatility: volatility(row.implied_volatility),
    delta: fixed(row.delta, 2),
    evidence: evidenceWords(row),
    confidence: row.side === 0 ? '' : fixed(row.confidence, 2),
    quoteAge: row.quote_age_ms === null ? '' : grouped(row.quote_age_ms),
    quoteOld: row.quote_age_ms !== null && row.quote_age_ms > OLD_QUOTE_MS,
    tags,
    tagText: tags.map(({ text }) => text).join(', '),
    notable: row.premium >= NOTABLE_PREMIUM || row.tags.includes(NOTABLE_TAG),
  };
}

/** What is to be known of a print beside its figures. */
export function tagWords({ tags, refilled }: TapeRow): readonly TagWords[] {
  const words = tags.map((tag): TagWords => {
    const tone = KEY_TAGS.has(tag) ? 'key' : DOUBTFUL_TAGS.has(tag) ? 'warn' : 'plain';
    return { text: tagName(tag), tone };
  });
  if (refilled) words.push({ text: tagName('refilled'), tone: 'warn' });
  // What matters first: a narrow column shows no more than that.
  return words.sort((a, b) => Number(b.tone === 'key') - Number(a.tone === 'key'));
}
