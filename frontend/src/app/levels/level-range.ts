/** How far beyond spot and its bounds a level may lie to be drawn, as a share of their stretch. */
const REACH = 0.5;
/** Room over and under, $. */
const ROOM = 0.2;

/**
 * The stretch of prices of the levels' picture, $: spot and the bounds of its move, and every level
 * that is not far from them. One far level would make a line of all the others.
 *
 * @returns Null when nothing is known.
 */
export function levelRange(
  core: readonly (number | null)[],
  levels: readonly (number | null)[],
): readonly [number, number] | null {
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const inner = known(core).length > 0 ? known(core) : known(levels);
  if (inner.length === 0) return null;
  const [low, high] = [least(inner), most(inner)];
  const reach = (high - low) * REACH + ROOM;
  const near = known(levels).filter((value) => value >= low - reach && value <= high + reach);
  return [Math.min(low, least(near)) - ROOM, Math.max(high, most(near)) + ROOM];
}

// A day has thousands of points: too many for the arguments of a call.
function least(values: readonly number[]): number {
  return values.reduce((best, value) => Math.min(best, value), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((best, value) => Math.max(best, value), -Infinity);
}
