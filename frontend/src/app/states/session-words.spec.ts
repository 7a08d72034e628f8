import { feed, OPEN, session, TEN_FIFTEEN } from '../../testing/frames';
import { sessionWords } from './session-words';

const open = { state: 'open' } as const;

describe('a ladder without strikes', () => {
  it('says when the session opens', () => {
    const waiting = session({ feed: feed({ state: 'waiting' }) });
    expect(sessionWords(open, waiting, OPEN - 3_723_000).lines).toEqual([
      'SPY opens Tue 09:30 ET, in 1:02:03. The ladder fills with the first prices.',
    ]);
  });

  it('says that the market is shut', () => {
    const words = sessionWords(open, session({ feed: feed({ state: 'closed' }) }), null);
    expect([words.title, ...words.lines]).toEqual(['Market shut', 'SPY closed at 16:00 ET.']);
  });

  it('says what the vendor refuses, and offers a stored day', () => {
    const refused = feed({ state: 'refused', message: 'POLYGON_API_KEY is refused.' });
    const words = sessionWords(open, session({ feed: refused }), null);
    expect([words.lines, words.replays]).toEqual([['POLYGON_API_KEY is refused.'], true]);
  });

  it('names the day that a fetch would bring', () => {
    const message =
      '2025-12-16 is not on this disk (/data/2025-12-16 has no files); ' +
      'run: uv run spymaster fetch 2025-12-16';
    const words = sessionWords(open, session({ feed: feed({ state: 'empty', message }) }), null);
    expect([words.title, ...words.lines, words.fetch]).toEqual([
      '2025-12-16 is not on this disk',
      '/data/2025-12-16 has no files.',
      '2025-12-16',
    ]);
  });

  it('says since when the server is gone, whatever was known', () => {
    const gone = { state: 'gone', attempt: 4, since: TEN_FIFTEEN } as const;
    expect(sessionWords(gone, session(), null).lines[0]).toBe(
      'SPYMASTER does not answer since 10:15:03 ET.',
    );
  });

  it('is loading while figures are on their way', () => {
    expect(sessionWords(open, session(), null)).toMatchObject({
      loading: true,
      lines: ['Waiting for the first SPY price'],
    });
  });
});
