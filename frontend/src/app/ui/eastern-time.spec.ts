import {
  countdown,
  easternClock,
  easternDay,
  easternMicros,
  easternMillis,
  easternSeconds,
  easternWeekday,
  parseTimeOfDay,
  timeOfDay,
} from './eastern-time';

describe('Eastern time', () => {
  it('is five hours behind UTC in winter and four in summer', () => {
    expect(easternClock(Date.UTC(2025, 11, 16, 15, 15, 3))).toBe('10:15:03');
    expect(easternClock(Date.UTC(2025, 6, 16, 14, 15, 3))).toBe('10:15:03');
  });

  it('jumps at the change of clocks', () => {
    const spring = Date.UTC(2026, 2, 8, 6, 59, 59);
    expect([easternClock(spring), easternClock(spring + 1000)]).toEqual(['01:59:59', '03:00:00']);
    const autumn = Date.UTC(2026, 10, 1, 5, 59, 59);
    expect([easternClock(autumn), easternClock(autumn + 1000)]).toEqual(['01:59:59', '01:00:00']);
  });

  it.each(['Asia/Tokyo', 'Pacific/Honolulu'])('is the same in a browser in %s', (zone) => {
    vi.stubEnv('TZ', zone);
    expect(new Date(Date.UTC(2025, 11, 17, 3)).getHours()).not.toBe(22);
    expect(easternClock(Date.UTC(2025, 11, 17, 3))).toBe('22:00:00');
    expect(easternDay(Date.UTC(2025, 11, 17, 3))).toBe('2025-12-16');
    expect(easternWeekday(Date.UTC(2025, 11, 17, 3))).toBe('Tue');
    vi.unstubAllEnvs();
  });

  it('writes midnight as 00 and keeps milliseconds', () => {
    expect(easternMillis(Date.UTC(2025, 11, 16, 5, 0, 0, 7))).toBe('00:00:00.007');
  });

  it('counts down and reads zero only at the end', () => {
    expect([countdown(20_697_000), countdown(1), countdown(0), countdown(-5)]).toEqual([
      '5:44:57',
      '0:00:01',
      '0:00:00',
      '0:00:00',
    ]);
  });

  it('is cut to the microsecond', () => {
    expect(easternMicros(Date.UTC(2025, 11, 16, 15, 15, 3) * 1000 - 1)).toBe('10:15:02.999999');
  });

  it.each([
    ['10:15:03', 36_903],
    ['10:15', 36_900],
    ['101503', 36_903],
    ['930', 34_200],
    ['24:00', null],
    ['10:60', null],
    ['', null],
  ])('reads %s as a time of day', (text, seconds) => {
    expect(parseTimeOfDay(text)).toBe(seconds);
  });

  it('counts the seconds of a day and back', () => {
    const seconds = easternSeconds(Date.UTC(2025, 11, 16, 15, 15, 3));
    expect([seconds, timeOfDay(seconds)]).toEqual([36_903, '10:15:03']);
  });
});
