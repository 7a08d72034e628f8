import { print } from '../../testing/frames';
import { parentOrder, parentQuery } from './parent-order';

describe('a parent order', () => {
  const t = 1_765_898_103_869_000_000;
  const child = (part: object) => print({ group: 7, t, ...part });

  it('is looked for around the print, among those of its contract', () => {
    const { ticker } = print();
    const from = 1_765_898_103_369;
    expect(parentQuery(child({}))).toEqual({ ticker, from, to: from + 1001, limit: 2000 });
    expect(parentQuery(print({ group: null }))).toBeNull();
  });

  it('sums its prints and no other', () => {
    const rows = [
      child({ id: 9, t: t + 18_000_000, size: 320, premium: 18_560, exchange: 300 }),
      child({ id: 8, size: 850, premium: 49_300, exchange: 302 }),
      child({ id: 7, size: 10, premium: 580, exchange: 302 }),
      print({ group: 6, size: 5000 }),
      print({ group: null, size: 5000 }),
    ];
    const sum = { prints: 3, venues: 2, volume: 1180, premium: 68_440, lasted: 18 };
    expect(parentOrder(7, rows)).toEqual(sum);
    expect(parentOrder(8, rows)).toBeNull();
  });
});
