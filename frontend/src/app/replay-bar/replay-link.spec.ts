import { TestBed } from '@angular/core/testing';
import { ok } from '../../testing/chain-fakes';
import { answered, replaying, session, snapshot, TEN_FIFTEEN } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { FetchReply } from '../live/wire';
import { FetchStore } from '../states/fetch-store';
import { momentOfLink, ReplayLink } from './replay-link';
import { ReplayRestore } from './replay-restore';
import { ReplayStore } from './replay-store';

describe('a link', () => {
  const read = (hash: string) => {
    const fields = new URLSearchParams(hash);
    return momentOfLink((name) => fields.get(name));
  };

  it.each([
    ['date=2014-06-06&t=10:15:00', { date: '2014-06-06', at: '10:15:00', span: null }],
    ['date=2014-06-06&t=9:30&span=10', { date: '2014-06-06', at: '09:30:00', span: 10 }],
    ['date=2014-06-06&t=noon&span=all', { date: '2014-06-06', at: null, span: 'all' }],
    ['date=2014-06-06&span=-1', { date: '2014-06-06', at: null, span: null }],
    ['date=yesterday', null],
    ['', null],
  ])('reads %s', (hash, link) => {
    expect(read(hash)).toEqual(link);
  });
});

function setUp(hash: string) {
  window.location.hash = hash;
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  TestBed.inject(ReplayRestore);
  TestBed.inject(DataStreamService).start();
  edges.sockets.last.open();
  let seq = 0;
  const show = async (shown = session()) => {
    edges.sockets.last.send(snapshot({ seq: ++seq, session: shown }));
    edges.clock.paint();
    TestBed.tick();
    await answersArrive();
  };
  return { ...edges, show };
}

describe('the page’s address', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => {
    vi.restoreAllMocks();
    window.location.hash = '';
  });

  it('brings its moment back, once', async () => {
    const { api, show } = setUp('#date=2025-12-16&t=10:15:03');
    const stands = answered(replaying({ playing: false }));
    api.answers.push(answered(replaying()), stands, stands);
    await show();
    await show();
    expect(api.modes).toEqual([{ mode: 'replay', date: '2025-12-16' }]);
    expect(api.controls).toEqual([{ action: 'pause' }, { action: 'seek', at: '10:15:03' }]);
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:15:03&span=3');
    expect(api.spans).toEqual([]);
  });

  it('brings the span back that it names', async () => {
    const { api, show } = setUp('#date=2025-12-16&span=10');
    await show(replaying());
    expect(api.spans).toEqual([10]);
  });

  it('waits for a day that the server still loads', async () => {
    const { api, show } = setUp('#date=2025-12-16&t=10:15:03');
    const stands = answered(replaying({ playing: false }));
    api.answers.push(answered(session({ mode: 'replay' })), stands, stands);
    await show(session({ mode: 'replay' }));
    expect(api.controls).toEqual([]);
    await show(replaying());
    expect(api.controls).toEqual([{ action: 'pause' }, { action: 'seek', at: '10:15:03' }]);
    await show(replaying());
    expect(api.controls).toHaveLength(2);
  });

  it('does not load a day that is shown already', async () => {
    const { api, show } = setUp('#date=2025-12-16');
    await show(replaying());
    expect([api.modes, api.controls]).toEqual([[], []]);
  });

  it('keeps up with a replay that plays, every ten seconds', async () => {
    const { show, clock } = setUp('');
    await show(replaying());
    TestBed.inject(ReplayLink).show('2025-12-16', TEN_FIFTEEN);
    const later = replaying({ position: TEN_FIFTEEN + 90_000 });
    clock.advance(9999);
    await show(later);
    expect(window.location.hash).toContain('t=10:15:03');
    clock.advance(1);
    await show({ ...later });
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:16:33&span=3');
  });

  it('names the moment that is shown, until the replay is left', async () => {
    const { show } = setUp('');
    await show(replaying());
    TestBed.inject(ReplayLink).show('2025-12-16', TEN_FIFTEEN);
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:15:03&span=3');
    await show(replaying({}, { span: 10 }));
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:15:03&span=10');
    await show();
    expect(window.location.hash).toBe('');
  });
});

describe('a link to a day that is not stored', () => {
  const MISSING = '2025-12-16 is not on this disk; run: uv run spymaster fetch 2025-12-16';
  const fetching = (state: FetchReply['state']) =>
    ok<FetchReply>({
      ...{ state, date: '2025-12-16', contracts: 306, contracts_done: 178, rows: 0, bytes: 0 },
      ...{ seconds_left: null, message: null },
    });

  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => {
    vi.restoreAllMocks();
    window.location.hash = '';
  });

  async function follow(hash = '#date=2025-12-16&t=10:15:03&span=10') {
    const page = setUp(hash);
    page.api.answers.push({ kind: 'error', status: 404, detail: MISSING });
    await page.show(session({ date: '2025-12-17' }));
    return { ...page, replay: TestBed.inject(ReplayStore), fetches: TestBed.inject(FetchStore) };
  }

  it('says what is missing, and leaves what is shown as it is', async () => {
    const { api, replay } = await follow();
    expect(replay.missing()).toEqual({ date: '2025-12-16', at: '10:15:03', message: MISSING });
    expect([replay.error(), api.spans, api.controls]).toEqual([null, [], []]);
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:15:03&span=10');
  });

  it('goes to its moment as soon as a fetch has brought it', async () => {
    const { api, chain, clock, replay, fetches, show } = await follow();
    chain.fetchReply = fetching('running');
    await fetches.start('2025-12-16');
    TestBed.tick();
    const stands = answered(replaying({ playing: false }));
    api.answers.push(answered(replaying()), stands, stands);
    chain.fetchReply = fetching('done');
    clock.advance(1000);
    await show(session({ date: '2025-12-17' }));
    await answersArrive();
    expect(api.modes).toHaveLength(2);
    expect(api.controls).toEqual([{ action: 'pause' }, { action: 'seek', at: '10:15:03' }]);
    expect([api.spans, replay.missing()]).toEqual([[10], null]);
  });

  it('does not go by a fetch that ended before', async () => {
    const { api, chain, fetches } = await follow();
    chain.fetchReply = fetching('done');
    await fetches.look();
    TestBed.tick();
    expect(api.modes).toHaveLength(1);
  });

  it('waits for a fetch that runs, and does not take a part of it for the day', async () => {
    const { api, chain, show } = setUp('#date=2025-12-16&t=10:15:03');
    chain.fetchReply = fetching('running');
    await show(session({ date: '2025-12-17' }));
    expect(api.modes).toEqual([]);
    expect(TestBed.inject(ReplayStore).missing()?.at).toBe('10:15:03');
  });

  it('is given up on request, and named no longer', async () => {
    const { replay } = await follow();
    replay.giveUp();
    expect([replay.missing(), window.location.hash]).toEqual([null, '']);
  });

  it('is no longer missing when somebody else replays it', async () => {
    const { replay, show } = await follow();
    await show(replaying());
    expect(replay.missing()).toBeNull();
  });
});
