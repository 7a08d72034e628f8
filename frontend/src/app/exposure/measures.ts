import { Exposure, ExposureTotals } from '../live/wire';

/** The exposures on offer. */
export type MeasureKey = keyof Exposure;

/** One exposure of the dealers. */
export interface Measure {
  readonly key: MeasureKey;
  readonly name: string;
  /** What the dollars are per; blank for dollars alone. */
  readonly per: string;
  /** What it is and what it makes dealers do, in a sentence. */
  readonly words: string;
  readonly formula: string;
}

const GEX: Measure = {
  key: 'gex',
  name: 'GEX',
  per: 'per +1 %',
  words: 'Gamma: above zero dealers sell a rise and buy a fall, which damps it',
  formula: 'Σ N·100·γ·S²·0.01',
};

/** In the order of the menu. */
export const MEASURES: readonly Measure[] = [
  GEX,
  {
    key: 'dex',
    name: 'DEX',
    per: 'of delta',
    words: 'Delta: the stock that dealers hold in options; their hedge is its opposite',
    formula: 'Σ N·100·Δ·S',
  },
  {
    key: 'vex',
    name: 'Vanna',
    per: 'per +1 pt',
    words: 'Vanna: delta gained per volatility point; when it falls by one, dealers buy so much',
    formula: 'Σ N·100·vanna·S',
  },
  {
    key: 'chex',
    name: 'Charm',
    per: 'per hour',
    words: 'Charm: delta gained per hour that passes; dealers sell so much in the next one',
    formula: 'Σ N·100·charm·S',
  },
];

/** The keys alone. */
export const MEASURE_KEYS: readonly MeasureKey[] = MEASURES.map(({ key }) => key);

/** The measure of a key. */
export function measureOf(key: MeasureKey): Measure {
  return MEASURES.find((measure) => measure.key === key) ?? GEX;
}

/**
 * The exposure of a whole move of 1 %, $, where it says more than the sum of the strikes: late in the
 * day gamma is a spike on one of them. Null where the sum says enough.
 */
export function finiteOf(totals: ExposureTotals, key: MeasureKey): number | null {
  return key === 'gex' && totals.headline === 'finite' ? totals.gex_finite : null;
}

/** The standard error of the sum over the chain, $; null where there is none. */
export function errorOf(totals: ExposureTotals, key: MeasureKey): number | null {
  return key === 'gex' ? totals.gex_error : key === 'dex' ? totals.dex_error : null;
}
