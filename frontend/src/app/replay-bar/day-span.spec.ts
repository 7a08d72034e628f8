import { CLOSE, OPEN, replaying, session, TEN_FIFTEEN } from '../../testing/frames';
import { daySpan, hourShares, inside, momentOf, nearestMinute, shareOf, timeAt } from './day-span';

const day = daySpan(session());

describe('the stretch of a day', () => {
  it('goes to the close of a day that runs, and to the last event of a replayed one', () => {
    expect(day).toEqual({ start: OPEN, end: CLOSE, close: CLOSE });
    expect(daySpan(replaying()).end).toBe(CLOSE + 600_000);
  });

  it('never ends before it begins', () => {
    expect(daySpan(replaying({ end: 0 }))).toMatchObject({ start: OPEN, end: OPEN });
    expect(shareOf(daySpan(replaying({ end: 0 })), OPEN)).toBe(0);
  });

  it('turns time into a share and back, to the second, and stays inside', () => {
    expect(shareOf(day, OPEN + (CLOSE - OPEN) / 4)).toBe(0.25);
    expect(timeAt(day, shareOf(day, TEN_FIFTEEN))).toBe(TEN_FIFTEEN);
    expect([timeAt(day, -1), timeAt(day, 2)]).toEqual([OPEN, CLOSE]);
    expect([inside(day, 0), shareOf(day, CLOSE + 1)]).toEqual([OPEN, 1]);
  });

  it('knows the moment at which clocks show a time', () => {
    expect(momentOf(day, 10 * 3600 + 15 * 60 + 3)).toBe(TEN_FIFTEEN);
  });

  it('strikes the hours from ten to three', () => {
    expect(hourShares(day).map((share) => (timeAt(day, share) - OPEN) / 60_000)).toEqual([
      30, 90, 150, 210, 270, 330,
    ]);
  });

  it('is labelled to the nearest minute', () => {
    expect(nearestMinute(CLOSE - 1)).toBe(CLOSE);
  });
});
