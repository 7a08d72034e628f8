import { OPEN } from '../../testing/frames';
import { Bar } from '../live/wire';
import { seenMinutes, volumeBars } from './volume-bars';

const span = { start: OPEN, close: OPEN + 600_000, end: OPEN + 600_000 };
const bar = (minute: number, volume: number): Bar => ({
  ...{ t: OPEN + minute * 60_000, volume, spot: null, price: null, trade_count: 1 },
  ...{ buy_volume: 0, sell_volume: 0, measures: {}, signals: null },
  ...{ hedging_pressure: 0, hedging_pressure_error: 0 },
});

describe('volumeBars', () => {
  it('places each minute with volume, and scales to the loudest', () => {
    const minutes = seenMinutes(new Map(), [bar(0, 100), bar(1, 0), bar(5, 100), bar(6, 50)]);
    expect(volumeBars(minutes, span)).toEqual([
      { t: OPEN, left: 0, height: 100 },
      { t: OPEN + 300_000, left: 50, height: 100 },
      { t: OPEN + 360_000, left: 60, height: 50 },
    ]);
  });

  it('remembers what was seen before a leap back', () => {
    const minutes = seenMinutes(seenMinutes(new Map(), [bar(0, 100), bar(5, 80)]), [bar(0, 90)]);
    expect([...minutes.values()]).toEqual([90, 80]);
  });

  it('draws nothing of a silent day', () => {
    expect(volumeBars(new Map([[OPEN, 0]]), span)).toEqual([]);
    expect(volumeBars(new Map(), span)).toEqual([]);
  });
});
