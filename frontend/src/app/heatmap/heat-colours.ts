/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** The tokens of the heat, most negative first. */
const TOKENS = ['n4', 'n3', 'n2', 'n1', '0', 'p1', 'p2', 'p3', 'p4'] as const;

/** Little is seen of most cells on a straight scale: magnitudes are raised to this. */
const GAMMA = 0.62;

/** The colours of the tokens, as the style sheet in force gives them. */
export function heatStops(token: (name: string) => string): readonly Rgb[] {
  return TOKENS.map((name) => hexRgb(token(`--heat-${name}`)));
}

/** Read `#0e1115`, or `#fff` as a build may shorten it. */
export function hexRgb(text: string): Rgb {
  const digits = text.trim().slice(1);
  const value = parseInt(digits.length === 3 ? digits.replace(/./g, '$&$&') : digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/**
 * The colour of a value.
 *
 * @param share Of the largest magnitude, -1 to 1; the middle stop is 0.
 */
export function heatColour(share: number, stops: readonly Rgb[]): Rgb {
  const bent = Math.sign(share) * Math.min(1, Math.abs(share)) ** GAMMA;
  const place = ((bent + 1) / 2) * (stops.length - 1);
  const lower = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [stops[lower], stops[lower + 1]];
  if (from === undefined || to === undefined) return [0, 0, 0];
  const part = place - lower;
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * part);
  return [mix(0), mix(1), mix(2)];
}
