import { TestBed } from '@angular/core/testing';
import { FakeClock } from '../../testing/fakes';
import { Clock } from '../live/clock';
import { Motion } from './motion';
import { Preferences } from './preferences';

function setUp(reduced: boolean) {
  vi.stubGlobal('matchMedia', () => ({ matches: reduced }));
  const clock = new FakeClock();
  TestBed.configureTestingModule({ providers: [{ provide: Clock, useValue: clock }] });
  return { clock, motion: TestBed.inject(Motion), cell: document.createElement('td') };
}

describe('Motion', () => {
  beforeEach(() => {
    localStorage.clear();
  });
  afterEach(() => vi.unstubAllGlobals());

  it('washes a cell once, in steps, and leaves no trace', () => {
    const { clock, motion, cell } = setUp(false);
    const levels = [225, 225, 225].map((ms) => {
      motion.wash(cell);
      const level = cell.dataset['wash'];
      clock.advance(ms);
      return level;
    });
    // The last is a wash of its own, after the first was gone.
    expect(levels).toEqual(['2', '1', '2']);
    clock.advance(1000);
    expect(cell.outerHTML).toBe('<td></td>');
  });

  it('fades a step along with a change that is painted anyway, if it is about time', () => {
    const { clock, motion, cell } = setUp(false);
    const levelAfter = (ms: number) => {
      clock.advance(ms);
      motion.fadeAlong([cell]);
      return cell.dataset['wash'];
    };
    motion.wash(cell);
    expect([levelAfter(100), levelAfter(60), levelAfter(100), levelAfter(100)]).toEqual([
      '2',
      '1',
      '1',
      undefined,
    ]);
    // The end of the wash before does not cut a new one short.
    motion.wash(cell);
    clock.advance(200);
    expect(cell.dataset['wash']).toBe('2');
    clock.advance(1000);
    expect(cell.outerHTML).toBe('<td></td>');
  });

  it('lets cells go out in one step while a great many are washed', () => {
    const { clock, motion } = setUp(false);
    const cells = Array.from({ length: 101 }, () => document.createElement('td'));
    for (const cell of cells) motion.wash(cell);
    clock.advance(225);
    const levels = cells.map((cell) => cell.dataset['wash']);
    expect([levels[0], levels[1], levels.at(-1)]).toEqual([undefined, '1', '1']);
    clock.advance(225);
    expect(cells.every((cell) => cell.dataset['wash'] === undefined)).toBe(true);
  });

  it('moves nothing for a user who wants no motion', () => {
    const { motion, cell } = setUp(true);
    motion.wash(cell);
    const view = document.createElement('div');
    const scrolls: unknown[] = [];
    view.scrollTo = (to: unknown) => scrolls.push(to);
    motion.scroll(view, 30, 'smooth');
    expect([cell.dataset['wash'], ...scrolls]).toEqual([
      undefined,
      { top: 30, behavior: 'instant' },
    ]);
  });

  it('scrolls in 180 ms, and breaks off for another place', () => {
    const { clock, motion } = setUp(false);
    const view = document.createElement('div');
    const tops: number[] = [];
    view.scrollTo = (to?: unknown) => {
      view.scrollTop = (to as ScrollToOptions).top ?? 0;
      tops.push(view.scrollTop);
    };
    motion.scroll(view, 100, 'smooth');
    clock.advance(90);
    clock.paint();
    expect(tops.at(-1)).toBeCloseTo(87.5);
    clock.advance(90);
    clock.paint();
    expect(tops.at(-1)).toBe(100);
    expect(clock.framesWaiting).toBe(0);
    motion.scroll(view, 0, 'smooth');
    motion.scroll(view, 40, 'instant');
    clock.advance(200);
    clock.paint();
    expect(tops.at(-1)).toBe(40);
  });

  it('washes nothing for a user who switched it off', () => {
    const { motion, cell } = setUp(false);
    TestBed.inject(Preferences).switchFlash();
    motion.wash(cell);
    expect(cell.dataset['wash']).toBeUndefined();
  });
});
