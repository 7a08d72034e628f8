import { levels } from '../../testing/chain-fakes';
import { levelEnds } from './level-ends';

describe('levelEnds', () => {
  it('tells where each line stands now, spot first', () => {
    const ends = levelEnds(levels(), 600.12);
    expect(ends.map(({ text, value }) => `${text} ${value.toFixed(2)}`)).toEqual([
      '600.12 600.12',
      '+1 sd 602.52',
      '−1 sd 597.72',
      'call wall 601.00',
      'put wall 599.00',
      'flip 599.53',
      'max pain 600.00',
    ]);
  });

  it('names nothing that is unknown', () => {
    const flip = { value: null, reason: 'GEX is above zero at every spot in reach' };
    expect(levelEnds(levels({ flip }), null).map(({ key }) => key)).toEqual([
      'call_wall',
      'put_wall',
      'max_pain',
    ]);
    expect(levelEnds(null, 600).map(({ key }) => key)).toEqual(['spot']);
    expect(levelEnds(null, null)).toEqual([]);
  });
});
