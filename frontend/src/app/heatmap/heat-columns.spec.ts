import { HeatmapReply } from '../live/wire';
import { columnsUntil, joinedColumns } from './heat-columns';

const reply = (part: Partial<HeatmapReply>): HeatmapReply => ({
  lens: 'gamma',
  unit: '$ per 1 %',
  interval_s: 30,
  t: [],
  spot: [],
  strikes: [599, 600],
  values: [],
  ...part,
});

const before = reply({
  t: [0, 30, 60],
  spot: [599.5, 599.6, 599.7],
  values: [
    [1, 2],
    [3, 4],
    [5, null],
  ],
});

describe('joinedColumns', () => {
  it('puts later columns in the place of what they were, and behind', () => {
    const since = reply({
      t: [60, 90],
      spot: [600, 600.1],
      values: [
        [6, 7],
        [8, 9],
      ],
    });
    expect(joinedColumns(before, since)).toEqual({
      ...before,
      t: [0, 30, 60, 90],
      spot: [599.5, 599.6, 600, 600.1],
      values: [
        [1, 2],
        [3, 4],
        [6, 7],
        [8, 9],
      ],
    });
  });

  it('has each strike that either has, and knows nothing of it in the other', () => {
    const since = reply({ t: [60], spot: [600], strikes: [600, 605], values: [[6, 7]] });
    expect(joinedColumns(before, since)).toMatchObject({
      strikes: [599, 600, 605],
      values: [
        [1, 2, null],
        [3, 4, null],
        [null, 6, 7],
      ],
    });
  });

  it('keeps what it has where nothing came', () => {
    expect(joinedColumns(before, reply({}))).toEqual(before);
  });
});

describe('columnsUntil', () => {
  it('leaves out what lies ahead', () => {
    expect(columnsUntil(before, 59)).toEqual({
      ...before,
      t: [0, 30],
      spot: [599.5, 599.6],
      values: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(columnsUntil(before, -1).t).toEqual([]);
  });

  it('is the same answer where nothing does, or no moment is known', () => {
    expect(columnsUntil(before, 60)).toBe(before);
    expect(columnsUntil(before, null)).toBe(before);
    expect(columnsUntil(reply({}), 60).t).toEqual([]);
  });
});
