import { fixed } from '../ui/format';

/** A badge hides the ticks of its axis within this of its middle, px. */
const BADGE_PX = 13;

const UNITS = [
  { unit: 1e9, letter: 'B' },
  { unit: 1e6, letter: 'M' },
  { unit: 1e3, letter: 'K' },
  { unit: 1, letter: '' },
] as const;

/** Prices of an axis: all in whole dollars, or all in cents. */
export function priceTicks(prices: readonly number[]): string[] {
  const decimals = decimalsOf(prices) === 0 ? 0 : 2;
  return prices.map((price) => fixed(price, decimals));
}

/** Dollars of an axis with their sign, all in one unit and with as many decimals. */
export function dollarTicks(amounts: readonly number[]): string[] {
  const largest = Math.max(0, ...amounts.map(Math.abs));
  const { unit, letter } = UNITS.find((one) => largest >= one.unit) ?? UNITS[3];
  const decimals = decimalsOf(amounts.map((amount) => amount / unit));
  return amounts.map((amount) => {
    const sign = amount > 0 ? '+' : amount < 0 ? '−' : '';
    return amount === 0 ? '$0' : `${sign}$${fixed(Math.abs(amount) / unit, decimals)}${letter}`;
  });
}

/**
 * Ticks without those that a badge would cover.
 *
 * @param px Where on the axis a value lies; null while that is unknown.
 */
export function besideBadge(
  texts: readonly string[],
  values: readonly number[],
  badge: number | null,
  px: (value: number) => number | null,
): string[] {
  const middle = badge === null ? null : px(badge);
  return texts.map((text, index) => {
    const at = px(values[index] ?? 0);
    return middle !== null && at !== null && Math.abs(at - middle) < BADGE_PX ? '' : text;
  });
}

/** The fewest decimals, at most two, in which figures can be told. */
function decimalsOf(figures: readonly number[]): number {
  const isTold = (decimals: number) =>
    figures.every((figure) => Math.abs(figure - Number(figure.toFixed(decimals))) < 1e-6);
  return [0, 1].find(isTold) ?? 2;
}
