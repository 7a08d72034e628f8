import { print } from '../../testing/frames';
import { isPlace, tapePlaces } from './tape-places';

describe('the places of the tape', () => {
  const [tape, other] = [{}, {}];
  const [a, b, c] = [print({ id: 1 }), print({ id: 2 }), print({ id: 3 })];

  it('are the same objects where the same print stands', () => {
    const before = tapePlaces(tape, 4, [c, b, null], []);
    const after = tapePlaces(tape, 4, [c, b, a], before);
    expect(after).toEqual([
      { tape, index: 4, row: c },
      { tape, index: 5, row: b },
      { tape, index: 6, row: a },
    ]);
    expect(after.map((place, offset) => place === before[offset])).toEqual([true, true, false]);
  });

  it('are told apart by tape and by how many prints are newer, whatever stands there', () => {
    const [top, moved] = [tapePlaces(tape, 0, [b, a], []), tapePlaces(tape, 0, [c, b], [])];
    expect(top.every((place, offset) => isPlace(place, moved[offset] ?? place))).toBe(true);
    const down = tapePlaces(tape, 1, [b, a], []);
    expect(down.some((place, offset) => isPlace(place, top[offset] ?? place))).toBe(false);
    const another = tapePlaces(other, 0, [b, a], top);
    expect(another.some((place, offset) => isPlace(place, top[offset] ?? place))).toBe(false);
  });
});
