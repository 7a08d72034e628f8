import { CLOSE, feed, OPEN, replaying, session, TEN_FIFTEEN } from '../../testing/frames';
import { marketTime, nextAnchor } from './market-clock';
import { SessionInfo } from './wire';

const at = 5_000_000;

type Before = Parameters<typeof nextAnchor>[0];

function anchorOf(before: Before, shown: SessionInfo, now: number, sent = 0) {
  const anchor = nextAnchor(before, shown, now, sent);
  if (anchor === null) throw new Error('no anchor');
  return anchor;
}

describe('market time', () => {
  it('runs on from the newest event at the speed of the session', () => {
    const replay = anchorOf(null, session({ mode: 'replay', speed: 10 }), at);
    expect(marketTime(replay, at + 1000)).toBe(TEN_FIFTEEN + 10_000);
  });

  it('stands while paused, and without a speed to go by', () => {
    const paused = anchorOf(null, session({ feed: feed({ state: 'paused' }) }), at);
    const fastest = anchorOf(null, session({ mode: 'replay', speed: null }), at);
    expect([marketTime(paused, at + 1000), marketTime(fastest, at + 1000)]).toEqual([
      TEN_FIFTEEN,
      TEN_FIFTEEN,
    ]);
  });

  it('never goes back for an event that is a little behind', () => {
    const first = anchorOf(null, session(), at);
    const next = anchorOf(first, session({ market_time: TEN_FIFTEEN + 400 }), at + 1000);
    expect(marketTime(next, at + 1000)).toBe(TEN_FIFTEEN + 1000);
  });

  it('keeps running when a frame brings no new event', () => {
    const first = anchorOf(null, session(), at);
    const next = anchorOf(first, session(), at + 60_000);
    expect(marketTime(next, at + 60_000)).toBe(TEN_FIFTEEN + 60_000);
  });

  it('jumps with an event ahead of it, and with a seek back', () => {
    const first = anchorOf(null, session(), at);
    const ahead = anchorOf(first, session({ market_time: TEN_FIFTEEN + 5000 }), at + 1000);
    const back = anchorOf(first, session({ market_time: TEN_FIFTEEN - 60_000 }), at + 1000);
    expect([marketTime(ahead, at + 1000), marketTime(back, at + 1000)]).toEqual([
      TEN_FIFTEEN + 5000,
      TEN_FIFTEEN - 60_000,
    ]);
  });

  it('goes by where a replay says it stands, and never past its end', () => {
    const late = replaying({ position: CLOSE + 595_000 }, { market_time: TEN_FIFTEEN });
    const anchor = anchorOf(null, late, at);
    expect([marketTime(anchor, at + 100), marketTime(anchor, at + 9000)]).toEqual([
      CLOSE + 596_000,
      CLOSE + 600_000,
    ]);
    expect(anchorOf(null, replaying({ position: OPEN }, { market_time: null }), at).market).toBe(
      OPEN,
    );
  });

  it('stands with a replay that stands', () => {
    const anchor = anchorOf(null, replaying({ playing: false }), at);
    expect(marketTime(anchor, at + 5000)).toBe(TEN_FIFTEEN);
  });

  it('is unknown before the first event of a simulation', () => {
    const waiting = session({ market_time: null, feed: feed({ state: 'waiting' }) });
    expect(nextAnchor(null, waiting, at, OPEN)).toBeNull();
  });

  it.each<Partial<SessionInfo>>([
    { market_time: null },
    { market_time: null, feed: feed({ state: 'waiting' }) },
    { market_time: CLOSE, feed: feed({ state: 'closed' }) },
  ])('is the server’s clock, live and without events to go by: %o', (part) => {
    const live = session({ mode: 'live', ...part });
    const anchor = anchorOf(null, live, at, CLOSE + 7000);
    expect(marketTime(anchor, at + 1000)).toBe(CLOSE + 8000);
    const next = anchorOf(anchor, live, at + 1000, CLOSE + 7990);
    expect(marketTime(next, at + 1000)).toBe(CLOSE + 8000);
  });
});
