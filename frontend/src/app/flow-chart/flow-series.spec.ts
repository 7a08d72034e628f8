import { bar, barsReply, flowBar, OPEN } from '../../testing/frames';
import { firstChange } from './first-change';
import {
  addSeconds,
  joinSeries,
  LiveSeconds,
  pointsOf,
  sinceInstant,
  wholeUntil,
} from './flow-series';
import { gapsOf } from './gaps';
import { event } from '../../testing/frames';

const at = (second: number) => OPEN + second * 1000;

/** Two whole bars of 10 s, and a third that is under way. */
const reply = barsReply({
  market_time: at(23),
  bars: [
    bar({ t: at(0), spot: 600, hedging_pressure: 10, hedging_pressure_error: 3 }),
    bar({ t: at(10), spot: 601, hedging_pressure: 30, hedging_pressure_error: 5 }),
    bar({ t: at(20), spot: 602, hedging_pressure: 34, hedging_pressure_error: 6 }),
  ],
});

const seconds = (...bars: Parameters<typeof flowBar>[0][]): LiveSeconds =>
  addSeconds(new Map(), bars.map(flowBar));

const pressures = (points: readonly { pressure: number }[]) =>
  points.map(({ pressure }) => pressure);

describe('the series', () => {
  it('is the server’s until the stream can go on from it', () => {
    const live = seconds({ t: at(22), hedging_pressure: 100 });
    expect(pressures(joinSeries(reply, live, {}, at(21)))).toEqual([10, 30, 34]);
    expect(pressures(joinSeries(reply, live, {}, null))).toEqual([10, 30, 34]);
  });

  it('goes on with the stream’s seconds from the last whole bar', () => {
    const live = seconds(
      { t: at(19), hedging_pressure: 1000 },
      { t: at(21), hedging_pressure: 4, variance: 11 },
      { t: at(22), hedging_pressure: -2, variance: 0, spot: 603 },
      { t: at(41), hedging_pressure: 8, variance: 4, spot: null },
    );
    expect(joinSeries(reply, live, {}, at(15))).toEqual([
      ...pointsOf(reply.bars).slice(0, 2),
      { t: at(20), spot: 603, flow: 2, pressure: 32, variance: 36 },
      { t: at(30), spot: 603, flow: 0, pressure: 32, variance: 36 },
      { t: at(40), spot: 603, flow: 8, pressure: 40, variance: 40 },
    ]);
  });

  it('takes the parts that the filter asks for', () => {
    const live = seconds(
      { t: at(21), type: 'C', legs: 'single', hedging_pressure: 1 },
      { t: at(21), type: 'C', legs: 'multi', hedging_pressure: 2 },
      { t: at(21), type: 'P', legs: 'single', hedging_pressure: 4 },
      { t: at(21), type: 'P', legs: 'multi', hedging_pressure: 8 },
    );
    const last = (filter: Parameters<typeof joinSeries>[2]) =>
      joinSeries(reply, live, filter, at(0)).at(-1)?.flow;
    expect([last({}), last({ type: 'C' }), last({ legs: 'multi' })]).toEqual([15, 3, 10]);
    expect(last({ type: 'P', legs: 'single' })).toBe(4);
  });

  it('replaces a second that comes again', () => {
    const once = seconds({ t: at(21), hedging_pressure: 4 });
    const twice = addSeconds(once, [flowBar({ t: at(21), hedging_pressure: 5 })]);
    expect(joinSeries(reply, twice, {}, at(0)).at(-1)?.flow).toBe(5);
    expect(addSeconds(twice, [])).toBe(twice);
  });

  it('has no whole bar before the first is over', () => {
    expect(wholeUntil(reply)).toBe(at(20));
    expect(wholeUntil({ ...reply, market_time: at(9) })).toBeNull();
    expect(wholeUntil({ ...reply, market_time: null })).toBeNull();
  });

  it('sums a window from its own start', () => {
    const points = pointsOf(reply.bars);
    expect(
      sinceInstant(points, at(10)).map(({ pressure, variance }) => [pressure, variance]),
    ).toEqual([
      [20, 16],
      [24, 27],
    ]);
    expect(sinceInstant(points, null)).toBe(points);
    expect(sinceInstant(points, at(60))).toEqual([]);
  });
});

describe('what must be drawn anew', () => {
  const points = pointsOf(reply.bars);

  it('begins at the first point that changed', () => {
    const later = points.map((point, index) => (index === 1 ? { ...point, spot: 5 } : point));
    expect(firstChange(points, later)).toBe(1);
  });

  it('is what was added, and nothing where nothing changed', () => {
    expect(firstChange(points.slice(0, 2), points)).toBe(2);
    expect(firstChange(points, [...points])).toBe(3);
  });

  it('is everything when the series became shorter', () => {
    expect(firstChange(points, points.slice(0, 2))).toBe(0);
  });
});

it('takes the first refill after a gap as the gap’s own', () => {
  const gap = event({ t: 9, kind: 'gap', start: 1000, end: 2800 });
  const refill = event({ t: 12, kind: 'refill', prints: 412 });
  expect(gapsOf([gap, refill])[0]?.label).toBe('refilled 1.8 s');
  expect(gapsOf([gap])[0]?.label).toBe('gap 1.8 s');
  expect(gapsOf([refill])).toEqual([]);
});

it('marks a gap once, by what became of it', () => {
  const gap = event({ t: 9, kind: 'gap', start: 1000, end: 2800 });
  const refill = event({ t: 12, kind: 'refill', start: 1000, end: 2800, prints: 412 });
  const open = event({ kind: 'gap', start: 5000, end: null });
  expect(gapsOf([refill, gap, open, event()])).toEqual([
    { start: 1000, end: 2800, label: 'refilled 1.8 s' },
  ]);
});
