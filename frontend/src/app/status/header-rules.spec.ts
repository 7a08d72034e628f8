import { CLOSE, feed, OPEN, session, TEN_FIFTEEN } from '../../testing/frames';
import { Connection } from '../live/connection';
import { Feed } from '../live/wire';
import { feedWord } from './feed-word';
import { modeBadge } from './mode';
import { sessionPhase } from './session-clock';
import { spotChange } from './spot-change';

const open: Connection = { state: 'open' };
const gone: Connection = { state: 'gone', attempt: 5, since: TEN_FIFTEEN };

describe('the mode badge', () => {
  it('says what kind of data this is', () => {
    const words = [
      session({ mode: 'sim' }),
      session({ mode: 'replay' }),
      session({ mode: 'live' }),
      session({ mode: 'live', spot_source: 'chain-delayed' }),
    ].map((shown) => modeBadge(shown, open).word);
    expect(words).toEqual(['SIM', 'REPLAY', 'LIVE', 'DELAYED']);
  });

  it('is an outline when nothing moves', () => {
    const closed = session({ feed: feed({ state: 'closed' }) });
    expect([
      modeBadge(session(), open),
      modeBadge(session(), gone),
      modeBadge(closed, open),
    ]).toEqual([
      { word: 'SIM', key: 'sim', hollow: false },
      { word: 'SIM', key: 'sim', hollow: true },
      { word: 'SIM', key: 'sim', hollow: true },
    ]);
  });
});

describe('the feed word', () => {
  const said = (connection: Connection, part: Partial<Feed> = {}, age: number | null = 0) => {
    const { text, figure, tone } = feedWord(connection, session({ feed: feed(part) }), age);
    return `${text} ${figure}`.trim() + ` (${tone})`;
  };

  it.each<[string, Partial<Feed>, number | null]>([
    ['feed ok 4 ms (quiet)', {}, 0],
    ['feed ok (quiet)', { lag_ms: null }, 0],
    ['stale 2.4 s (stale)', {}, 2400],
    ['no data for 12 s (dead)', { state: 'stale' }, 12_000],
    ['connecting (quiet)', { state: 'connecting' }, null],
    ['waiting for the open (quiet)', { state: 'waiting' }, null],
    ['market shut (quiet)', { state: 'closed' }, null],
    ['paused (quiet)', { state: 'paused' }, null],
    ['ended (quiet)', { state: 'ended' }, null],
    ['no data of this day (quiet)', { state: 'empty' }, null],
    ['feed lost, reconnecting (stale)', { state: 'reconnecting' }, 5000],
    ['refused: bad key (stale)', { state: 'refused', message: 'bad key' }, null],
  ])('is “%s”', (text, part, age) => {
    expect(said(open, part, age)).toBe(text);
  });

  it('speaks of the server first', () => {
    expect(said({ state: 'reconnecting', attempt: 3, since: 0 })).toBe(
      'reconnecting, try 3 (stale)',
    );
    expect(said(gone)).toBe('server gone since 10:15:03 (dead)');
    expect(said({ state: 'refused', message: '' })).toBe('access refused (dead)');
    expect(feedWord({ state: 'connecting' }, null, null).text).toBe('connecting');
  });

  it('tells in a replay how far the day is opened, then that it is from disk', () => {
    const opening = { state: 'connecting', message: 'opening the day, 42 %' } as const;
    const texts = [feed({ state: 'connecting' }), feed(opening), feed()].map(
      (of) => feedWord(open, session({ mode: 'replay', feed: of }), null).text,
    );
    expect(texts).toEqual(['opening the day', 'opening the day, 42 %', 'from disk']);
  });
});

describe('the session clock', () => {
  it('counts to the open, to the close, and no further', () => {
    const phases = [OPEN - 1000, OPEN, TEN_FIFTEEN, CLOSE - 1, CLOSE].map((now) => {
      const phase = sessionPhase(session(), now);
      return `${phase?.word} ${phase?.left}`.trim();
    });
    expect(phases).toEqual([
      'opens in 0:00:01',
      'closes in 6:30:00',
      'closes in 5:44:57',
      'closes in 0:00:01',
      'closed 16:00',
    ]);
  });

  it('tells the open by its day and time while it is far, or the time is not known', () => {
    const far = sessionPhase(session(), OPEN - 13 * 3_600_000);
    expect(far).toEqual({ word: 'opens Tue 09:30 in', left: '13:00:00' });
    const unknown = sessionPhase(session({ feed: feed({ state: 'waiting' }) }), null);
    expect(unknown).toEqual({ word: 'opens', left: 'Tue 09:30' });
    expect(sessionPhase(session(), null)).toBeNull();
  });
});

describe('the change of spot', () => {
  const change = (spot: number | null, open: number | null, now: number | null = TEN_FIFTEEN) =>
    spotChange(session({ spot, spot_open: open }), now);

  it('has an arrow, dollars and per cent, and says since when', () => {
    expect(change(600.12, 599.78)).toEqual({
      direction: 'buy',
      arrow: '▲',
      absolute: '+0.34',
      relative: '+0.06 %',
      since: 'Since the open, 599.78; where SPYMASTER began later, since its first spot',
    });
    expect(change(599, 600)).toMatchObject({ arrow: '▼', absolute: '−1.00' });
    expect(change(600, 600)).toMatchObject({ direction: 'flat', arrow: '', absolute: '0.00' });
  });

  it('is unknown without both ends', () => {
    expect([change(null, 600), change(600, null)]).toEqual([null, null]);
  });

  it('is unknown before the open, and where the only spot is one after the close', () => {
    const unknown = [change(600, 600, null), change(600.2, 600, OPEN - 1), change(600, 600, CLOSE)];
    expect(unknown).toEqual([null, null, null]);
    expect(change(600.2, 600, CLOSE)?.absolute).toBe('+0.20');
  });
});
