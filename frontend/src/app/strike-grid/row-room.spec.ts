import { hasTwoLines, ladderRowHeight } from './row-room';

describe('ladderRowHeight', () => {
  it('shares the view among few strikes, up to a limit', () => {
    expect(ladderRowHeight(474, 21, 20)).toBe(20);
    expect(ladderRowHeight(474, 14, 20)).toBe(30);
    expect(ladderRowHeight(474, 7, 20)).toBe(60);
    expect(ladderRowHeight(474, 3, 20)).toBe(60);
  });

  it('lets many strikes scroll', () => {
    expect(ladderRowHeight(474, 150, 20)).toBe(20);
  });

  it('is the least before anything is known', () => {
    expect(ladderRowHeight(null, 7, 20)).toBe(20);
    expect(ladderRowHeight(474, 0, 20)).toBe(20);
  });
});

describe('hasTwoLines', () => {
  it('is so where two lines fit', () => {
    expect([20, 37, 38, 60].map(hasTwoLines)).toEqual([false, false, true, true]);
  });
});
