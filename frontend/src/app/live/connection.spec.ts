import { lost, retryDelay } from './connection';

describe('the pause before a try', () => {
  it('doubles from half a second to ten', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelay(attempt, 0.999_999));
    expect(pauses.map(Math.round)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('is spread over its upper half', () => {
    expect([retryDelay(1, 0), retryDelay(6, 0)]).toEqual([250, 5000]);
  });
});

it('calls the server gone after three tries', () => {
  expect([lost(3, 7).state, lost(4, 7).state]).toEqual(['reconnecting', 'gone']);
});
