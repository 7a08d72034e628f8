import { CALL_600, contract, print, PUT_600, snapshot, update } from '../../testing/frames';
import { applySnapshot, applyUpdate, PRINTS_KEPT, signedShare, tradeCount } from './market';

describe('the market', () => {
  it('lays an update over what is known, and leaves the rest as it was', () => {
    const before = applySnapshot(null, snapshot(), 1);
    const changed = contract({ cumulative_volume: 101 });
    const after = applyUpdate(before, update(2, { contracts: { [CALL_600]: changed } }), 2);
    expect(after.contracts.get(CALL_600)).toBe(changed);
    expect(after.contracts.get(PUT_600)).toBe(before.contracts.get(PUT_600));
    expect(before.contracts.get(CALL_600)?.cumulative_volume).toBe(100);
  });

  it('keeps the map when no contract changed', () => {
    const before = applySnapshot(null, snapshot(), 1);
    expect(applyUpdate(before, update(2), 2).contracts).toBe(before.contracts);
  });

  it('forgets contracts that a new snapshot does not hold', () => {
    const before = applySnapshot(null, snapshot(), 1);
    const after = applySnapshot(before, snapshot({ contracts: { [PUT_600]: contract() } }), 2);
    expect([...after.contracts.keys()]).toEqual([PUT_600]);
  });

  it('numbers prints on over a reconnection, and keeps the newest only', () => {
    const first = applySnapshot(null, snapshot({ trades: [print(), print()] }), 1);
    const second = applySnapshot(first, snapshot({ trades: [print()] }), 2);
    expect(second.prints.map(({ id }) => id)).toEqual([3]);
    const trades = Array.from({ length: PRINTS_KEPT + 5 }, () => print());
    const third = applyUpdate(second, update(2, { trades }), 3);
    expect(third.prints).toHaveLength(PRINTS_KEPT);
    expect(third.prints.at(-1)?.id).toBe(3 + PRINTS_KEPT + 5);
  });
});

describe('sums', () => {
  it('shares signed volume out of all volume, and knows none before a trade', () => {
    expect(signedShare([contract(), contract({ cumulative_volume: 50, sell_volume: 0 })])).toBe(
      125 / 150,
    );
    expect(signedShare([contract({ cumulative_volume: 0 })])).toBeNull();
  });

  it('counts trades', () => {
    expect(tradeCount([contract(), contract({ trade_count: 5 })])).toBe(15);
  });
});
