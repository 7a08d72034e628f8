import { levelRange } from './level-range';

describe('levelRange', () => {
  it('holds spot, its bounds and the levels near them', () => {
    expect(levelRange([600, 598, 602], [603, null, 599])).toEqual([597.8, 603.2]);
  });

  it('leaves a far level out', () => {
    expect(levelRange([600, 598, 602], [603, 540])).toEqual([597.8, 603.2]);
  });

  it('is of the levels alone while spot is unknown', () => {
    expect(levelRange([null], [590, 610])).toEqual([589.8, 610.2]);
  });

  it('is nothing where nothing is known', () => {
    expect(levelRange([null], [null])).toBeNull();
    expect(levelRange([], [])).toBeNull();
  });
});
