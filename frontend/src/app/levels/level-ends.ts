import { Levels } from '../live/wire';
import { fixed } from '../ui/format';
import { LEVELS, LevelKey } from './level-list';

/** What has a line in the levels' picture: levels, spot, and one standard deviation around it. */
export type PathKey = Exclude<LevelKey, 'expected_move'> | 'low' | 'high' | 'spot';

/** Where a line stands now. */
export interface LevelEnd {
  readonly key: PathKey;
  readonly value: number;
  readonly text: string;
}

/** The levels that are prices. */
export const PRICE_LEVELS = LEVELS.flatMap((level) =>
  level.key === 'expected_move' ? [] : [{ ...level, key: level.key }],
);

/** Spot with so many times the move that is left; null while either is unknown. */
export function bound(spot: number | null, move: number | null, times: -1 | 1): number | null {
  return spot === null || move === null ? null : spot + times * move;
}

/**
 * Words at the lines' ends, spot first: of now, as the header and the strip tell it. The paths end
 * up to half a minute earlier.
 */
export function levelEnds(levels: Levels | null, spot: number | null): readonly LevelEnd[] {
  const move = levels?.expected_move.value ?? null;
  const all: readonly { key: PathKey; value: number | null; text: string }[] = [
    { key: 'spot', value: spot, text: fixed(spot, 2) },
    { key: 'high', value: bound(spot, move, 1), text: '+1 sd' },
    { key: 'low', value: bound(spot, move, -1), text: '−1 sd' },
    ...PRICE_LEVELS.map(({ key, name }) => ({
      key,
      value: levels?.[key].value ?? null,
      text: name.toLowerCase(),
    })),
  ];
  return all.flatMap(({ key, value, text }) => (value === null ? [] : [{ key, value, text }]));
}
