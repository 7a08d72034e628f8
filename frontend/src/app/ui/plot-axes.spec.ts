import { CLOSE, OPEN } from '../../testing/frames';
import {
  acrossScale,
  pathOf,
  PLOT_MARGINS,
  roundTicks,
  scale,
  timeTicks,
  upScale,
} from './plot-axes';

describe('scales', () => {
  const size = { width: 308, height: 128 };

  it('lie between the margins, and back', () => {
    const x = acrossScale(0, 10, size, PLOT_MARGINS);
    expect([x.px(0), x.px(10)]).toEqual([50, 250]);
    expect(x.value(150)).toBe(5);
    const y = upScale(0, 10, size, PLOT_MARGINS);
    expect([y.px(0), y.px(10)]).toEqual([108, 8]);
  });

  it('put a stretch of no length in the middle', () => {
    expect(scale(5, 5, 0, 100).px(5)).toBe(50);
  });
});

describe('timeTicks', () => {
  it('are round, and not too many', () => {
    const texts = (from: number, to: number) => timeTicks(from, to, 7).map(({ text }) => text);
    expect(texts(OPEN, CLOSE)).toEqual([
      '10:00',
      '11:00',
      '12:00',
      '13:00',
      '14:00',
      '15:00',
      '16:00',
    ]);
    expect(texts(OPEN, OPEN + 45 * 60_000)).toEqual(['09:30', '09:40', '09:50', '10:00', '10:10']);
  });
});

describe('roundTicks', () => {
  it('are round', () => {
    expect(roundTicks(598.3, 601.2, 6)).toEqual([598.5, 599, 599.5, 600, 600.5, 601]);
    expect(roundTicks(0.11, 0.29, 3)).toEqual([0.2]);
    expect(roundTicks(5, 5, 3)).toEqual([]);
  });
});

describe('pathOf', () => {
  it('breaks where a point is unknown', () => {
    const points = [[0, 1], [1, 2], null, [3, 4], [4, 5]] as const;
    expect(pathOf(points)).toBe('M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0');
    expect(pathOf(points, true)).toBe('M0.0 1.0H1.0V2.0M3.0 4.0H4.0V5.0');
  });
});
