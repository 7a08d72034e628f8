import { feed, session, snapshot } from '../../testing/frames';
import { dataAge, freshnessOf } from './freshness';
import { applySnapshot } from './market';

const open = { state: 'open' } as const;
const of = (state: Parameters<typeof feed>[0]) =>
  applySnapshot(null, snapshot({ session: session({ feed: feed(state) }) }), 1000);

describe('freshness', () => {
  it('adds what passed here to the age the server gave', () => {
    expect(dataAge(of({ age_ms: 300 }), open, 2100)).toBe(1400);
  });

  it('knows no age where nothing is expected', () => {
    for (const state of ['waiting', 'closed', 'paused', 'ended', 'empty', 'connecting'] as const) {
      expect(dataAge(of({ state }), open, 60_000)).toBeNull();
    }
    expect(dataAge(null, open, 60_000)).toBeNull();
  });

  it('grows old even at rest once the server is lost', () => {
    const gone = { state: 'gone', attempt: 4, since: 1000 } as const;
    expect(dataAge(of({ state: 'paused' }), gone, 13_000)).toBe(12_000);
  });

  it('turns stale at 2 s and dead at 10 s', () => {
    expect([null, 1999, 2000, 9999, 10_000].map(freshnessOf)).toEqual([
      'fresh',
      'fresh',
      'stale',
      'stale',
      'dead',
    ]);
  });
});
