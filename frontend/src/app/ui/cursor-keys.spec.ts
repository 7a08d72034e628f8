import { isModified, movedIndex } from './cursor-keys';

describe('movedIndex', () => {
  it('steps, leaps and goes to either end, and not beyond', () => {
    expect(movedIndex('ArrowRight', 3, 30)).toBe(4);
    expect(movedIndex('PageUp', 3, 30)).toBe(0);
    expect(movedIndex('PageDown', 25, 30)).toBe(29);
    expect(movedIndex('Home', 7, 30)).toBe(0);
    expect(movedIndex('End', 7, 30)).toBe(29);
    expect(movedIndex('ArrowLeft', 0, 30)).toBe(0);
  });

  it('takes no other key, and none where there is nothing', () => {
    expect(movedIndex('x', 3, 30)).toBeNull();
    expect(movedIndex('End', 0, 0)).toBeNull();
  });
});

describe('isModified', () => {
  it('knows the keys that belong to the page or the browser', () => {
    const held = (init: KeyboardEventInit) => isModified(new KeyboardEvent('keydown', init));
    expect([held({}), held({ shiftKey: true }), held({ ctrlKey: true })]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
