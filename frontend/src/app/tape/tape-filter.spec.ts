import { print } from '../../testing/frames';
import { SavedFilters } from './saved-filters';
import { tapeCsv } from './tape-csv';
import {
  EVERY_PRINT,
  fieldsOfFilter,
  filterOfFields,
  filterQuery,
  isEvery,
  passes,
  readFilter,
  TapeFilter,
} from './tape-filter';

const asked = (part: Partial<TapeFilter>): TapeFilter => ({ ...EVERY_PRINT, ...part });

describe('a filter of the tape', () => {
  it.each<[Partial<TapeFilter>, boolean]>([
    [{}, true],
    [{ side: 'buy' }, true],
    [{ side: 'none' }, false],
    [{ type: 'P' }, false],
    [{ minSize: 12 }, true],
    [{ minSize: 13 }, false],
    [{ minPremium: 1225 }, false],
    [{ strike: 600 }, true],
    [{ strike: 601 }, false],
    [{ tag: 'iso' }, true],
    [{ tag: 'wide' }, false],
    [{ tag: 'refilled' }, false],
  ])('%o lets a print pass: %s', (part, does) => {
    expect(passes(print({ tags: ['iso'] }), asked(part))).toBe(does);
  });

  it('asks the server for no more than it must', () => {
    expect(Object.values(filterQuery(EVERY_PRINT)).every((value) => value === null)).toBe(true);
    expect(filterQuery(asked({ side: 'sell', minSize: 50, strike: 600 }))).toMatchObject({
      side: 'sell',
      min_size: 50,
      strike: 600,
    });
  });

  it('is read as it was kept, and is every print where it was not', () => {
    const kept = asked({ side: 'sell', tag: 'iso', minPremium: 5000, strike: 602.5, type: 'C' });
    expect(readFilter(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(readFilter({ side: 'up', minSize: -1, strike: '6', tag: 'x', type: 1 })).toEqual(
      EVERY_PRINT,
    );
    expect([isEvery(readFilter(null)), isEvery(kept)]).toEqual([true, false]);
  });
});

describe('saved filters', () => {
  beforeEach(() => {
    localStorage.clear();
  });

  it('are kept by name, one of each', () => {
    const saved = new SavedFilters();
    saved.save('big', asked({ minSize: 50 }));
    saved.save('a', EVERY_PRINT);
    saved.save('big', asked({ minSize: 100 }));
    expect(new SavedFilters().all()).toEqual([
      { name: 'a', filter: EVERY_PRINT },
      { name: 'big', filter: asked({ minSize: 100 }) },
    ]);
    saved.remove('big');
    expect(new SavedFilters().all().map(({ name }) => name)).toEqual(['a']);
  });

  it('are none where what was kept cannot be read', () => {
    localStorage.setItem('spymaster.tape.saved', '{');
    expect(new SavedFilters().all()).toEqual([]);
  });
});

it('exports prints with what is unknown left empty', () => {
  const [head, line, end] = tapeCsv([print({ delta: null, tags: ['iso', 'wide'] })]).split('\r\n');
  const cells = Object.fromEntries(
    (head ?? '').split(',').map((name, index) => [name, line?.split(',')[index]]),
  );
  expect(cells).toMatchObject({
    date: '2025-12-16',
    time_et: '10:15:03.000000',
    ticker: 'O:SPY251216C00600000',
    side: '1',
    price: '1.02',
    delta: '',
    tags: 'iso wide',
  });
  expect(end).toBe('');
});

describe('a filter in the page’s address', () => {
  const some = { ...EVERY_PRINT, side: 'sell', minSize: 100, strike: 602.5, tag: 'sweep' } as const;

  it('names what it leaves out, and is read as it is written', () => {
    const fields = fieldsOfFilter(some);
    expect(Object.entries(fields).filter(([, value]) => value !== null)).toEqual([
      ['tape.side', 'sell'],
      ['tape.size', '100'],
      ['tape.strike', '602.5'],
      ['tape.tag', 'sweep'],
    ]);
    expect(filterOfFields((name) => fields[name] ?? null)).toEqual(some);
  });

  it('lets everything pass where the address says nothing, or nonsense', () => {
    expect(filterOfFields(() => null)).toEqual(EVERY_PRINT);
    expect(filterOfFields(() => 'nonsense')).toEqual(EVERY_PRINT);
  });
});
