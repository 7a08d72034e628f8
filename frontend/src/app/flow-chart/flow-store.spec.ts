import { TestBed } from '@angular/core/testing';
import { bar, barsReply, flowBar, OPEN, session, snapshot, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { BarsReply } from '../live/wire';
import { FlowStore } from './flow-store';

const at = (second: number) => OPEN + second * 1000;

const ok = (part: Partial<BarsReply>) => () => ({ kind: 'ok' as const, value: barsReply(part) });

const twoBars = ok({
  market_time: at(20),
  bars: [bar({ t: at(0), hedging_pressure: 10 }), bar({ t: at(10), hedging_pressure: 30 })],
});

function setUp() {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: [...edges.providers, FlowStore] });
  const store = TestBed.inject(FlowStore);
  edges.flow.barsAnswer = twoBars;
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  let seq = 0;
  const begin = async (second: number, date = '2025-12-16') => {
    socket.send(snapshot({ seq: ++seq, session: session({ market_time: at(second), date }) }));
    await answersArrive();
  };
  const go = async (second: number, ...bars: Parameters<typeof flowBar>[0][]) => {
    const now = session({ market_time: at(second) });
    socket.send(update(++seq, { session: now, bars: bars.map(flowBar) }));
    edges.clock.advance(250);
    edges.clock.paint();
    await answersArrive();
  };
  const pressures = () => store.points()?.map(({ pressure }) => pressure);
  return { ...edges, store, begin, go, pressures };
}

describe('FlowStore', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('asks once, and grows by the stream from there', async () => {
    const { store, flow, begin, go, pressures, clock } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    await go(21, { t: at(20), hedging_pressure: 5 }, { t: at(21), hedging_pressure: -1 });
    expect(pressures()).toEqual([10, 30, 34]);
    clock.advance(10_000);
    expect(flow.barsAsked).toEqual([{ interval: '10s', measures: 'delta_notional', since: null }]);
  });

  it('asks for longer bars of a long day', async () => {
    const { store, flow, begin } = setUp();
    store.show({ window: 'day' });
    await begin(2 * 3600 + 1);
    store.show({ window: '30m' });
    await answersArrive();
    expect(flow.barsAsked.map(({ interval }) => interval)).toEqual(['30s', '5s']);
  });

  it('asks for longer bars when the day leaps ahead', async () => {
    const { store, flow, begin, go, clock } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    await go(2 * 3600 + 1);
    clock.advance(2000);
    expect(flow.barsAsked.map(({ interval }) => interval)).toEqual(['10s', '30s']);
  });

  it('lets the server’s bars take the place of many seconds', async () => {
    const { store, flow, begin, go, pressures, clock } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    for (let second = 20; second <= 620; second++) {
      await go(second, { t: at(second), hedging_pressure: 1 });
    }
    expect(flow.barsAsked).toHaveLength(1);
    flow.barsAnswer = ok({
      market_time: at(620),
      bars: [bar({ t: at(610), hedging_pressure: 620 })],
    });
    await go(621, { t: at(621), hedging_pressure: 1 });
    clock.advance(2000);
    await answersArrive();
    expect(flow.barsAsked).toHaveLength(2);
    expect(pressures()).toEqual([620, 622]);
    await go(622, { t: at(622), hedging_pressure: 1 });
    expect(pressures()).toEqual([620, 623]);
    expect(flow.barsAsked).toHaveLength(2);
  });

  it('asks again until the stream can go on from the answer', async () => {
    const { store, flow, begin, pressures, clock } = setUp();
    store.show({ window: 'day' });
    await begin(25);
    flow.barsAnswer = ok({ market_time: at(31), bars: [bar({ t: at(20), hedging_pressure: 7 })] });
    clock.advance(2000);
    await answersArrive();
    expect(pressures()).toEqual([7]);
    clock.advance(60_000);
    expect(flow.barsAsked).toHaveLength(2);
  });

  it('asks anew when a second before the answer is corrected', async () => {
    const { store, flow, begin, go, clock } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    await go(21, { t: at(3) });
    expect(flow.barsAsked).toHaveLength(1);
    clock.advance(2000);
    expect(flow.barsAsked).toHaveLength(2);
  });

  it('follows a strike by asking, since the stream does not know it', async () => {
    const { store, flow, begin, clock } = setUp();
    store.show({ window: '5m', strike: 600 });
    await begin(18);
    for (let again = 0; again < 3; again++) {
      clock.advance(2000);
      await answersArrive();
    }
    expect(flow.barsAsked).toHaveLength(4);
    expect(flow.barsAsked[0]).toMatchObject({
      interval: '1s',
      strike: 600,
      since: at(18 - 300 - 60),
    });
  });

  it('forgets what was shown on another day, or after a leap back', async () => {
    const { store, flow, begin, go, pressures } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    flow.barsAnswer = () => ({ kind: 'unreachable' });
    await go(12);
    expect(pressures()).toBeUndefined();
    expect(store.error()).toBe('No flow: the server does not answer.');
    flow.barsAnswer = twoBars;
    await begin(18, '2025-12-17');
    expect([pressures(), store.error()]).toEqual([[10, 30], '']);
  });

  it('keeps what is shown over a lost connection', async () => {
    const { store, flow, begin, pressures } = setUp();
    store.show({ window: 'day' });
    await begin(18);
    flow.barsAnswer = () => ({ kind: 'unreachable' });
    await begin(19);
    expect(pressures()).toEqual([10, 30]);
  });
});
