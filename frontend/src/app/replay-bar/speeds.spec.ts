import { nextSpeed, parseSpeed, speedsWith, speedText, SPEEDS } from './speeds';

describe('speeds', () => {
  it.each([
    [1, 1, 2],
    [7, 1, 10],
    [7, -1, 5],
    [300, 1, 'max'],
    ['max', 1, 'max'],
    ['max', -1, 300],
    [0.25, -1, 0.25],
  ] as const)('goes from %s by %s to %s', (from, direction, to) => {
    expect(nextSpeed(from, direction)).toBe(to);
  });

  it('are the menu’s, and the one in force', () => {
    expect(speedsWith(10)).toBe(SPEEDS);
    expect(speedsWith(20)).toEqual([0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 'max']);
    expect(speedsWith(null)).toBe(SPEEDS);
  });

  it('are written and read', () => {
    expect(SPEEDS.map((speed) => parseSpeed(String(speed)))).toEqual(SPEEDS);
    expect([speedText(0.25), speedText('max')]).toEqual(['0.25×', 'max']);
  });
});
