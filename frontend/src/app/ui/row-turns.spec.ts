import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FakeClock } from '../../testing/fakes';
import { Clock } from '../live/clock';
import { nextTurn, RowTurn, rowTurns, TurnRule } from './row-turns';

interface Row {
  readonly place: number;
  readonly value: number;
}

const rows = (count: number, value: number): readonly Row[] =>
  Array.from({ length: count }, (_, place) => ({ place, value }));
const samePlace = (a: Row, b: Row) => a.place === b.place;
const inFrames = (frames: number): TurnRule<Row> => ({
  isPlace: samePlace,
  isUrgent: (_, { value }) => value === 9,
  frames,
  least: 1,
});
const rows6 = rows(6, 1);
const values = ({ rows: shown }: RowTurn<Row>) => shown.map(({ value }) => value);

describe('nextTurn', () => {
  it('takes other places at once', () => {
    const first = nextTurn(undefined, rows(3, 0), inFrames(2));
    const other = nextTurn(first, rows(5, 1), inFrames(2));
    expect([values(first), values(other), other.done]).toEqual([[0, 0, 0], [1, 1, 1, 1, 1], true]);
  });

  it('replaces a share of the rows at a time, and says when all are there', () => {
    const wanted = rows(5, 1);
    let turn = nextTurn(undefined, rows(5, 0), inFrames(3));
    const seen = [];
    do {
      turn = nextTurn(turn, wanted, inFrames(3));
      seen.push(values(turn).join(''));
    } while (!turn.done);
    expect(seen).toEqual(['11000', '11110', '11111']);
  });

  it('replaces few rows at once', () => {
    const rule = { ...inFrames(5), least: 4 };
    const turn = nextTurn(nextTurn(undefined, rows(4, 0), rule), rows(4, 1), rule);
    expect([values(turn), turn.done]).toEqual([[1, 1, 1, 1], true]);
  });

  it('replaces at once, beside the rows in turn, what is urgent', () => {
    const wanted = [...rows(5, 1).slice(0, 4), { place: 4, value: 9 }];
    const turn = nextTurn(nextTurn(undefined, rows(5, 0), inFrames(5)), wanted, inFrames(5));
    expect([values(turn), turn.next]).toEqual([[1, 0, 0, 0, 9], 1]);
  });

  it('replaces only what is urgent before its time', () => {
    const wanted = [...rows(3, 1), { place: 3, value: 9 }];
    const shown = { ...nextTurn(undefined, rows(4, 0), inFrames(2)), next: 2 };
    const turn = nextTurn(shown, wanted, inFrames(2), { first: 0, end: 4 }, false);
    expect([values(turn), turn.next, turn.done]).toEqual([[0, 0, 0, 9], 2, false]);
  });

  it('goes on where it ended, whatever changed again meanwhile', () => {
    let turn = nextTurn(undefined, rows(4, 0), inFrames(2));
    turn = nextTurn(turn, rows(4, 1), inFrames(2));
    turn = nextTurn(turn, rows(4, 2), inFrames(2));
    expect(values(turn)).toEqual([1, 1, 2, 2]);
  });

  it('passes over rows that are as they should be', () => {
    const shown = rows(4, 0);
    const wanted = [...shown.slice(0, 3), { place: 3, value: 7 }];
    const first = nextTurn(undefined, shown, inFrames(4));
    const turn = nextTurn(first, wanted, inFrames(4));
    expect([values(turn), turn.done]).toEqual([[0, 0, 0, 7], true]);
    expect(nextTurn(turn, wanted, inFrames(4))).toEqual(turn);
  });

  it('replaces rows out of view one by one, once none in view waits', () => {
    const inView = { first: 1, end: 4 };
    let turn = nextTurn(undefined, rows(6, 0), inFrames(2));
    const seen = [];
    do {
      turn = nextTurn(turn, rows6, inFrames(2), inView);
      seen.push(values(turn).join(''));
    } while (!turn.done);
    expect(seen).toEqual(['011000', '011100', '011110', '011111', '111111']);
  });
});

describe('rowTurns', () => {
  it('takes a turn in each animation frame after a change until all rows are there, then rests', () => {
    const clock = new FakeClock();
    TestBed.configureTestingModule({ providers: [{ provide: Clock, useValue: clock }] });
    const wanted = signal(rows(3, 0));
    const turn = TestBed.runInInjectionContext(() =>
      rowTurns(wanted, signal({ first: 0, end: 3 }), inFrames(3)),
    );
    TestBed.tick();
    wanted.set(rows(3, 1));
    const seen = [0, 1, 2, 3].map(() => {
      const shown = values(turn()).join('');
      TestBed.tick();
      clock.paint();
      return shown;
    });
    expect(seen).toEqual(['000', '100', '110', '111']);
    TestBed.tick();
    expect(clock.framesWaiting).toBe(0);
  });
});
