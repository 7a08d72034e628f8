import { emptyWords } from './empty-words';

const open = { state: 'open' } as const;

describe('emptyWords', () => {
  it.each([
    ['ok', 'No print yet.'],
    ['paused', 'No print yet.'],
    ['waiting', 'Waiting for the open'],
    ['closed', 'Market shut: nothing was streamed to draw'],
    ['empty', 'No data of this day'],
    ['refused', 'The vendor refuses'],
    [null, 'No print yet.'],
  ] as const)('says of a feed that is %s: %s', (state, words) => {
    expect(emptyWords(open, state, null, 'No print yet.')).toBe(words);
  });

  it('says why the server answered nothing, before anything of the feed', () => {
    expect(emptyWords(open, 'closed', 'Unknown strike', 'No print yet.')).toBe('Unknown strike');
    const gone = { state: 'gone', attempt: 4, since: 0 } as const;
    expect(emptyWords(gone, 'ok', 'Unknown strike', 'No print yet.')).toBe(
      'The server does not answer.',
    );
  });
});
