import { FlowPoint } from './flow-series';

/** Index of the first point that is not as it was drawn; the shorter length when none is. */
export function firstChange(drawn: readonly FlowPoint[], points: readonly FlowPoint[]): number {
  const both = Math.min(drawn.length, points.length);
  // The shorter series first: then it did not grow, it became another.
  if (points.length < drawn.length) return 0;
  for (let index = 0; index < both; index++) {
    const [was, is] = [drawn[index], points[index]];
    if (
      was?.t !== is?.t ||
      was?.pressure !== is?.pressure ||
      was?.variance !== is?.variance ||
      was?.spot !== is?.spot
    ) {
      return index;
    }
  }
  return both;
}
