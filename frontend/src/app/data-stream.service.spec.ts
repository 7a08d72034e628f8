import { TestBed } from '@angular/core/testing';
import { snapshot, update } from '../testing/frames';
import { fakes } from '../testing/fakes';
import { DataStreamService } from './data-stream.service';
import { StreamFrame } from './live/wire';

function setUp() {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const stream = TestBed.inject(DataStreamService);
  const frames: StreamFrame[] = [];
  stream.onFrame((frame) => frames.push(frame));
  stream.start();
  return { ...edges, stream, frames };
}

/** Let answers of the fake server arrive. */
const settled = () => Promise.resolve().then(() => Promise.resolve());

describe('DataStreamService', () => {
  beforeEach(() => {
    sessionStorage.clear();
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => vi.restoreAllMocks());

  it('opens the stream of its own host and says so in the console', () => {
    const { sockets, stream } = setUp();
    expect(new URL(sockets.last.url).pathname).toBe('/ws/stream');
    sockets.last.open();
    expect(stream.connection().state).toBe('connecting');
    sockets.last.send(snapshot());
    expect(stream.connection()).toEqual({ state: 'open' });
    expect(vi.mocked(console.log).mock.calls.flat()).toEqual([
      'Connecting to 0DTE stream',
      'Connected to stream',
    ]);
  });

  it('hands frames on in order', () => {
    const { sockets, frames } = setUp();
    sockets.last.open();
    sockets.last.send(snapshot());
    sockets.last.send(update(2));
    expect(frames).toEqual([snapshot(), update(2)]);
  });

  it.each([
    ['a lost frame', JSON.stringify(update(4))],
    ['a frame twice', JSON.stringify(update(2))],
    ['an unreadable frame', '{'],
  ])('starts anew after %s', (_, text) => {
    const { sockets, stream, frames, clock } = setUp();
    const first = sockets.last;
    first.open();
    first.send(snapshot());
    first.send(update(2));
    first.sendText(text);
    expect(first.closed).toBe(true);
    expect(frames).toHaveLength(2);
    expect(stream.connection()).toMatchObject({ state: 'reconnecting', attempt: 1 });
    clock.advance(500);
    sockets.last.open();
    sockets.last.send(snapshot({ seq: 1 }));
    expect(stream.connection()).toEqual({ state: 'open' });
    expect(frames).toHaveLength(3);
  });

  it('wants a snapshot first', () => {
    const { sockets, frames } = setUp();
    sockets.last.open();
    sockets.last.send(update(1));
    expect(sockets.last.closed).toBe(true);
    expect(frames).toEqual([]);
  });

  it('tries for ever, more and more slowly, and says since when the server is gone', async () => {
    const { sockets, stream, clock } = setUp();
    sockets.last.open();
    sockets.last.send(snapshot());
    const since = clock.now();
    sockets.last.lose();
    // With no chance in it the pauses are 250, 500, 1000, … 5000 ms.
    for (const pause of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
      const before = sockets.all.length;
      clock.advance(pause - 1);
      expect(sockets.all).toHaveLength(before);
      clock.advance(1);
      expect(sockets.all).toHaveLength(before + 1);
      sockets.last.lose();
      await settled();
    }
    expect(stream.connection()).toEqual({ state: 'gone', attempt: 8, since });
  });

  it('asks for a token when the server refuses, and does not try by itself', async () => {
    const { sockets, stream, api, clock } = setUp();
    api.probeReply = { kind: 'error', status: 401, detail: 'Give the token.' };
    sockets.last.lose();
    await settled();
    expect(stream.connection()).toEqual({ state: 'refused', message: 'Give the token.' });
    clock.advance(60_000);
    expect(sockets.all).toHaveLength(1);
  });

  it('tries at once with the token it was given', async () => {
    const { sockets, stream, api } = setUp();
    api.probeReply = { kind: 'error', status: 401, detail: 'Give the token.' };
    sockets.last.lose();
    await settled();
    stream.useToken('s&cret');
    expect(new URL(sockets.last.url).searchParams.get('token')).toBe('s&cret');
    expect(stream.connection()).toEqual({ state: 'connecting' });
  });

  it('ignores an answer that comes after a token was given', async () => {
    const { sockets, stream, api } = setUp();
    api.probeReply = { kind: 'error', status: 401, detail: 'Give the token.' };
    sockets.last.lose();
    stream.useToken('right');
    await settled();
    expect(stream.connection()).toEqual({ state: 'connecting' });
    expect(sockets.all).toHaveLength(2);
  });

  it('lets go when stopped', () => {
    const { sockets, stream, clock } = setUp();
    sockets.last.open();
    stream.stop();
    clock.advance(60_000);
    expect([sockets.all.length, sockets.last.closed]).toEqual([1, true]);
  });
});
