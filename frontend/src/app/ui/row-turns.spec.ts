import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FakeClock } from '../../testing/fakes';
import { Clock } from '../live/clock';
import { nextTurn, RowTurn, rowTurns } from './row-turns';

interface Row {
  readonly place: number;
  readonly value: number;
}

const rows = (count: number, value: number): readonly Row[] =>
  Array.from({ length: count }, (_, place) => ({ place, value }));
const samePlace = (a: Row, b: Row) => a.place === b.place;
const values = ({ rows: shown }: RowTurn<Row>) => shown.map(({ value }) => value);

describe('nextTurn', () => {
  it('takes other places at once', () => {
    const first = nextTurn(undefined, rows(3, 0), samePlace, 2);
    const other = nextTurn(first, rows(5, 1), samePlace, 2);
    expect([values(first), values(other), other.done]).toEqual([[0, 0, 0], [1, 1, 1, 1, 1], true]);
  });

  it('replaces so many rows at a time, and says when all are there', () => {
    const wanted = rows(5, 1);
    let turn = nextTurn(undefined, rows(5, 0), samePlace, 2);
    const seen = [];
    do {
      turn = nextTurn(turn, wanted, samePlace, 2);
      seen.push(values(turn).join(''));
    } while (!turn.done);
    expect(seen).toEqual(['11000', '11110', '11111']);
  });

  it('goes on where it ended, whatever changed again meanwhile', () => {
    let turn = nextTurn(undefined, rows(4, 0), samePlace, 2);
    turn = nextTurn(turn, rows(4, 1), samePlace, 2);
    turn = nextTurn(turn, rows(4, 2), samePlace, 2);
    expect(values(turn)).toEqual([1, 1, 2, 2]);
  });

  it('passes over rows that are as they should be', () => {
    const shown = rows(4, 0);
    const wanted = [...shown.slice(0, 3), { place: 3, value: 7 }];
    const first = nextTurn(undefined, shown, samePlace, 1);
    const turn = nextTurn(first, wanted, samePlace, 1);
    expect([values(turn), turn.done]).toEqual([[0, 0, 0, 7], true]);
    expect(nextTurn(turn, wanted, samePlace, 1)).toEqual(turn);
  });
});

describe('rowTurns', () => {
  it('takes a turn in each animation frame until all rows are there, then rests', () => {
    const clock = new FakeClock();
    TestBed.configureTestingModule({ providers: [{ provide: Clock, useValue: clock }] });
    const wanted = signal(rows(3, 0));
    const turn = TestBed.runInInjectionContext(() => rowTurns(wanted, samePlace, 1));
    TestBed.tick();
    wanted.set(rows(3, 1));
    const seen = [0, 1, 2].map(() => {
      const shown = values(turn()).join('');
      TestBed.tick();
      clock.paint();
      return shown;
    });
    expect(seen).toEqual(['100', '110', '111']);
    TestBed.tick();
    expect(clock.framesWaiting).toBe(0);
  });
});
