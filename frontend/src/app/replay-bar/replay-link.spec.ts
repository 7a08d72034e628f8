import { TestBed } from '@angular/core/testing';
import { answered, replaying, session, snapshot, TEN_FIFTEEN } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { momentOfLink, ReplayLink } from './replay-link';
import { ReplayRestore } from './replay-restore';

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
    await new Promise((done) => setTimeout(done));
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
