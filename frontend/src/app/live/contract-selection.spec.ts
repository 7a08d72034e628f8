import { CALL_600 } from '../../testing/frames';
import { ContractSelection } from './contract-selection';

describe('ContractSelection', () => {
  afterEach(() => {
    window.history.replaceState(null, '', '/');
  });

  it('is kept by the address, and leaves the rest of it alone', () => {
    window.history.replaceState(null, '', '/?a=1#date=2025-12-16');
    const selection = new ContractSelection();
    expect(selection.ticker()).toBeNull();
    selection.open(CALL_600);
    expect(window.location.hash).toBe('#date=2025-12-16');
    expect(new ContractSelection().ticker()).toBe(CALL_600);
    selection.close();
    expect([selection.ticker(), window.location.search]).toEqual([null, '?a=1']);
  });
});
