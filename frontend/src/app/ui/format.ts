/** Figures for a trader: U+2212 minus, K/M/B, one decimal under ten, blank for what is unknown. */

const MINUS = '−';

const PLAIN = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const SCALES = [
  { from: 999_500_000, unit: 1e9, letter: 'B' },
  { from: 999_500, unit: 1e6, letter: 'M' },
  { from: 1000, unit: 1e3, letter: 'K' },
] as const;

/** A magnitude (0 or more) as `4`, `3.4K`, `48M`, `1.2B`. */
function scaled(magnitude: number): string {
  const rounded = Math.round(magnitude);
  for (const { from, unit, letter } of SCALES) {
    if (rounded >= from) {
      const figure = magnitude / unit;
      return figure < 9.95 ? figure.toFixed(1) + letter : Math.round(figure).toFixed(0) + letter;
    }
  }
  return rounded.toFixed(0);
}

/** A count of any unit, `41K`; blank when unknown. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = scaled(Math.abs(value));
  return value < 0 && text !== '0' ? MINUS + text : text;
}

/** A signed flow, `+233K`, `−14`; 0 has no sign, unknown is blank. */
export function signedCompact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = scaled(Math.abs(value));
  if (text === '0') return '0';
  return (value < 0 ? MINUS : '+') + text;
}

/** Dollars, `$7.9M`; blank when unknown. */
export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = '$' + scaled(Math.abs(value));
  return value < 0 && text !== '$0' ? MINUS + text : text;
}

/** Dollars with their sign, `+$160M`; 0 has none, unknown is blank. */
export function signedDollars(value: number | null): string {
  const text = dollars(value);
  return value !== null && value > 0 && text !== '$0' ? `+${text}` : text;
}

/** A fixed number of decimals with a true minus; blank when unknown. */
export function fixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return '';
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** As {@link fixed}, with a plus sign before what is above zero. */
export function signedFixed(value: number | null | undefined, decimals: number): string {
  const text = fixed(value, decimals);
  if (text === '' || value === null || value === undefined) return '';
  return value > 0 && Number(text) !== 0 ? '+' + text : text;
}

/** A fraction as per cent without the sign, `15.6`; blank when unknown. */
export function percent(fraction: number | null | undefined, decimals: number): string {
  return fraction === null || fraction === undefined ? '' : fixed(fraction * 100, decimals);
}

/** A volatility as per cent without the sign: one decimal, from 100 on none; blank when unknown. */
export function volatility(fraction: number | null | undefined): string {
  return percent(fraction, (fraction ?? 0) < 0.9995 ? 1 : 0);
}

/** A whole count with thousands separators, `104,218`. */
export function grouped(value: number): string {
  return PLAIN.format(value).replace('-', MINUS);
}

/** A strike in dollars: `600`, `602.5`. */
export function strikeText(strike: number): string {
  return Number.isInteger(strike) ? strike.toFixed(0) : String(Number(strike.toFixed(3)));
}

/** An age in ms as a person says it: `4 ms`, `2.4 s`, `12 s`, `3 min`. */
export function ageText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms)).toFixed(0)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 99_500) return `${Math.round(ms / 1000).toFixed(0)} s`;
  return `${Math.round(ms / 60_000).toFixed(0)} min`;
}
