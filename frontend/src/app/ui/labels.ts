/** A label at a height, px. */
interface Label {
  readonly y: number;
}

/** Labels moved apart until none stands closer than `room` px to another; the first stays. */
export function apart<T extends Label>(labels: readonly T[], room: number): readonly T[] {
  const placed: T[] = [];
  for (const label of labels) {
    let { y } = label;
    const up = placed.some((other) => other.y > label.y && other.y - label.y < room);
    const step = up ? -1 : 1;
    while (placed.some((other) => Math.abs(other.y - y) < room)) y += step;
    placed.push({ ...label, y });
  }
  return placed;
}
