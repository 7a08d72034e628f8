/** A label at a height, px. */
interface Label {
  readonly y: number;
}

/**
 * Labels from the highest to the lowest, moved apart until none stands closer than `room` px to the
 * next. The first that is given stays, the others give way upwards or downwards, and none passes
 * another. Where they would leave the stretch from `top` to `bottom`, px, all may move.
 */
export function apart<T extends Label>(
  labels: readonly T[],
  room: number,
  top = -Infinity,
  bottom = Infinity,
): readonly T[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  const heights = sorted.map(({ y }) => y);
  const raise = (from: number, limit: number) => {
    for (let [index, most] = [from, limit]; index >= 0; index -= 1) {
      const y = Math.min(heights[index] ?? most, most);
      heights[index] = y;
      most = y - room;
    }
  };
  const lower = (from: number, limit: number) => {
    for (let [index, least] = [from, limit]; index < heights.length; index += 1) {
      const y = Math.max(heights[index] ?? least, least);
      heights[index] = y;
      least = y + room;
    }
  };
  const stays = sorted.findIndex((label) => label === labels[0]);
  raise(stays, heights[stays] ?? 0);
  lower(stays, heights[stays] ?? 0);
  raise(heights.length - 1, bottom);
  lower(0, top);
  return sorted.map((label, index) => ({ ...label, y: heights[index] ?? label.y }));
}
