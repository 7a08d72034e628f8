import { apart } from './labels';

const placed = (heights: Record<string, number>, ...rest: number[]) =>
  apart(
    Object.entries(heights).map(([name, y]) => ({ name, y })),
    10,
    ...rest,
  ).map(({ name, y }) => `${name} ${String(y)}`);

describe('apart', () => {
  it('leaves labels where they have room', () => {
    expect(placed({ spot: 50, flip: 80, wall: 20 })).toEqual(['wall 20', 'spot 50', 'flip 80']);
    expect(placed({})).toEqual([]);
  });

  it('moves the others away from the first, and none past another', () => {
    expect(placed({ spot: 50, high: 44, low: 52, put: 47, flip: 58, call: 41 })).toEqual([
      'call 20',
      'high 30',
      'put 40',
      'spot 50',
      'low 60',
      'flip 70',
    ]);
  });

  it('keeps them inside', () => {
    expect(placed({ spot: 95, low: 97, flip: 100 }, 0, 100)).toEqual([
      'spot 80',
      'low 90',
      'flip 100',
    ]);
    expect(placed({ spot: 3, high: 1 }, 0, 100)).toEqual(['high 0', 'spot 10']);
  });
});
