import { OPEN } from '../../testing/frames';
import { Bar } from '../live/wire';
import { minutesFrom, seenMinutes, volumeBars, volumeWords } from './volume-bars';

const span = { start: OPEN, close: OPEN + 600_000, end: OPEN + 600_000 };
const none = new Map<number, number>();
const bar = (minute: number, volume: number): Bar => ({
  ...{ t: OPEN + minute * 60_000, volume, spot: null, price: null, trade_count: 1 },
  ...{ buy_volume: 0, sell_volume: 0, measures: {}, signals: null },
  ...{ hedging_pressure: 0, hedging_pressure_error: 0 },
});

describe('volumeBars', () => {
  it('places each minute with volume, and scales to the loudest', () => {
    const minutes = seenMinutes(new Map(), [bar(0, 100), bar(1, 0), bar(5, 100), bar(6, 50)]);
    expect(volumeBars(minutes, none, span)).toEqual({
      seen: [
        { t: OPEN, left: 0, height: 100 },
        { t: OPEN + 300_000, left: 50, height: 100 },
        { t: OPEN + 360_000, left: 60, height: 50 },
      ],
      typical: [],
    });
  });

  it('remembers what was seen before a leap back', () => {
    const minutes = seenMinutes(seenMinutes(new Map(), [bar(0, 100), bar(5, 80)]), [bar(0, 90)]);
    expect([...minutes.values()]).toEqual([90, 80]);
  });

  it('tells the volume of a minute, and what is typical of one to come', () => {
    const [minutes, usual] = [minutesFrom(OPEN, [3400]), minutesFrom(OPEN, [1, 4100])];
    const words = (ms: number) => volumeWords(minutes, usual, OPEN + ms);
    expect([59_999, 60_000, 120_000].map(words)).toEqual(['3.4K ct', 'typically 4.1K ct', '']);
  });

  it('draws nothing of a silent day', () => {
    const nothing = { seen: [], typical: [] };
    expect(volumeBars(new Map([[OPEN, 0]]), none, span)).toEqual(nothing);
    expect(volumeBars(none, none, span)).toEqual(nothing);
  });

  it('shows what is typical of the minutes ahead, on the same scale and to the close', () => {
    const minutes = seenMinutes(none, [bar(0, 100), bar(8, 50)]);
    const usual = minutesFrom(OPEN, [1, 2, 3, 4, 5, 6, 7, 8, 9, 25, 400]);
    const { typical } = volumeBars(minutes, usual, span);
    expect(typical).toEqual([{ t: OPEN + 540_000, left: 90, height: 50 }]);
  });
});
