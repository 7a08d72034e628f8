import { TestBed } from '@angular/core/testing';
import { ok } from '../../testing/chain-fakes';
import { OPEN, session, snapshot, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { HeatmapReply } from '../live/wire';
import { HeatStore } from './heat-store';

/** The columns with these numbers, each holding its number. */
function columns(...numbers: number[]): HeatmapReply {
  return {
    lens: 'gamma',
    unit: '$ per 1 %',
    interval_s: 30,
    t: numbers.map(columnStart),
    spot: numbers.map(() => 600),
    strikes: [600],
    values: numbers.map((number) => [number]),
  };
}

const columnStart = (number: number) => OPEN + number * 30_000;

async function setUp() {
  localStorage.clear();
  const { chain, clock, sockets, providers } = fakes();
  chain.heatmapReply = ok(columns(0, 1, 2));
  TestBed.configureTestingModule({ providers: [...providers, HeatStore] });
  const store = TestBed.inject(HeatStore);
  TestBed.inject(DataStreamService).start();
  const settle = async () => {
    clock.paint();
    TestBed.tick();
    for (let turn = 0; turn < 3; turn += 1) await answersArrive();
  };
  sockets.last.open();
  sockets.last.send(snapshot());
  await settle();
  const poll = async (reply: HeatmapReply) => {
    chain.heatmapReply = ok(reply);
    clock.advance(2000);
    await settle();
  };
  const values = () => store.grid()?.values.flat();
  const since = () => chain.heatmaps.map((request) => request.since);
  return { ...{ chain, clock, sockets, store, settle, poll }, values, since };
}

describe('HeatStore', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('asks for the day, then for its end', async () => {
    const { poll, values, since } = await setUp();
    await poll(columns(1, 2, 3));
    expect(since()).toEqual([undefined, columnStart(1)]);
    expect(values()).toEqual([0, 1, 2, 3]);
    await poll(columns(2, 3));
    expect(since().at(-1)).toBe(columnStart(2));
    expect(values()).toEqual([0, 1, 2, 3]);
  });

  it('asks for all of it once a minute', async () => {
    const { poll, since } = await setUp();
    for (let second = 2; second <= 60; second += 2) await poll(columns(1, 2));
    expect(since().filter((from) => from === undefined)).toHaveLength(2);
    expect(since().at(-1)).toBeUndefined();
  });

  it('asks for all of it where its end lies before what is held', async () => {
    const { poll, values, since } = await setUp();
    await poll(columns(0));
    expect(since()).toEqual([undefined, columnStart(1), undefined]);
    expect(values()).toEqual([0]);
  });

  it('asks for all of it when prints are signed by another rule', async () => {
    const { sockets, settle, since } = await setUp();
    sockets.last.send(update(2, { session: session({ trade_size_rule: true }) }));
    await settle();
    expect(since()).toEqual([undefined, undefined]);
  });
});
