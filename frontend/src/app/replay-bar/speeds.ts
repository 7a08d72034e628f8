/** Market seconds a second, or as fast as possible. */
export type Speed = number | 'max';

/** What the menu offers, slowest first. */
export const SPEEDS: readonly Speed[] = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 'max'];

/** `0.25×`, `10×`, `max`. */
export function speedText(speed: Speed): string {
  return speed === 'max' ? 'max' : `${speed}×`;
}

/** The menu's speeds, with the one in force among them even if the menu does not have it. */
export function speedsWith(current: Speed | null): readonly Speed[] {
  if (current === null || SPEEDS.includes(current)) return SPEEDS;
  return [...SPEEDS, current].sort((a, b) => pace(a) - pace(b));
}

/** The menu's next speed up (1) or down (-1); the same at either end. */
export function nextSpeed(current: Speed, direction: 1 | -1): Speed {
  const faster = SPEEDS.find((speed) => pace(speed) > pace(current));
  const slower = SPEEDS.filter((speed) => pace(speed) < pace(current)).at(-1);
  return (direction > 0 ? faster : slower) ?? current;
}

/** Read back what a menu item says. */
export function parseSpeed(text: string): Speed {
  return text === 'max' ? 'max' : Number(text);
}

function pace(speed: Speed): number {
  return speed === 'max' ? Infinity : speed;
}
