import { TestBed } from '@angular/core/testing';
import { CALL_600, contract, print, snapshot, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from './market-store';

function setUp() {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const store = TestBed.inject(MarketStore);
  TestBed.inject(DataStreamService).start();
  edges.sockets.last.open();
  return { ...edges, store, socket: edges.sockets.last };
}

describe('MarketStore', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('knows nothing before the first frame is painted', () => {
    const { store, socket, clock } = setUp();
    socket.send(snapshot());
    expect(store.session()).toBeNull();
    clock.paint();
    expect(store.session()).toEqual(snapshot().session);
    expect(store.signedShare()).toBe(0.75);
  });

  it('shows a burst of frames once, with nothing of it lost', () => {
    const { store, socket, clock } = setUp();
    socket.send(snapshot({ trades: [] }));
    for (let seq = 2; seq <= 6; seq++) {
      const row = contract({ cumulative_volume: 100 + seq });
      socket.send(update(seq, { contracts: { [CALL_600]: row }, trades: [print({ size: seq })] }));
    }
    expect(clock.framesWaiting).toBe(1);
    clock.paint();
    expect(store.contracts()?.get(CALL_600)?.cumulative_volume).toBe(106);
    expect(store.prints().map(({ row }) => row.size)).toEqual([2, 3, 4, 5, 6]);
  });

  it('keeps the last words of the server', () => {
    const { store, socket, clock } = setUp();
    socket.send(snapshot());
    socket.send({
      type: 'status',
      seq: 2,
      ts: 9,
      level: 'warning',
      message: 'The feed is lost.',
      event: null,
    });
    clock.paint();
    expect(store.notice()).toEqual({ level: 'warning', text: 'The feed is lost.', at: 9 });
  });
});
