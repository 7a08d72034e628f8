import { TestBed } from '@angular/core/testing';
import {
  answered,
  CLOSE,
  feed,
  OPEN,
  print,
  replaying,
  session,
  snapshot,
  TEN_FIFTEEN,
} from '../../testing/frames';
import { ok } from '../../testing/chain-fakes';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { SessionInfo, Snapshot } from '../live/wire';
import { ReplayBar } from './replay-bar';

async function setUp(first: SessionInfo = replaying(), contracts?: Snapshot['contracts']) {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(ReplayBar);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  const bar = fixture.nativeElement as HTMLElement;
  const settle = async () => {
    edges.clock.paint();
    await answersArrive();
    await fixture.whenStable();
  };
  let seq = 0;
  const show = async (shown: SessionInfo) => {
    const held = contracts === undefined ? {} : { contracts };
    socket.send(snapshot({ seq: ++seq, session: shown, trades: [print()], ...held }));
    await settle();
  };
  await show(first);
  const find = (selector: string) => {
    const found = bar.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`no ${selector}`);
    return found;
  };
  const click = async (selector: string, init: MouseEventInit = {}) => {
    find(selector).dispatchEvent(new MouseEvent('click', init));
    await settle();
  };
  return { ...edges, bar, find, click, show, settle };
}

const BACK = '[aria-label="Back one print"]';
const STEP = '[aria-label="Step one print"]';
const standing = replaying({ playing: false });

describe('ReplayBar', () => {
  it('lights LIVE no longer than data comes', async () => {
    const { bar, clock, settle } = await setUp(session());
    expect(bar.dataset['freshness']).toBe('fresh');
    clock.advance(10_000);
    await settle();
    expect(bar.dataset['freshness']).toBe('dead');
  });

  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => {
    vi.restoreAllMocks();
    window.location.hash = '';
  });

  it('draws what is typical ahead of the minutes that were seen', async () => {
    const { chain, clock, find, settle } = await setUp(session());
    chain.usualReply = ok({ sessions: 5, volume: [10, 20, 30] });
    clock.advance(60_000);
    await settle();
    expect(find('path.typical').getAttribute('d')).toMatch(/^M0 100v-50/);
    expect(find('path.behind').getAttribute('d')).toBe('');
  });

  it('marks the stretches that were refilled', async () => {
    const { bar, flow, show } = await setUp();
    const [start, end] = [OPEN + 60_000, OPEN + 120_000];
    flow.eventsAnswer = ok([
      {
        ...{ t: end, kind: 'refill', level: 'info', message: 'REST brought 3 prints' },
        start,
        end,
        prints: 3,
      },
    ]);
    await show(session());
    const mark = bar.querySelector<HTMLElement>('sm-scrubber .gap');
    expect(mark?.title).toBe('refilled 60 s');
    expect(mark?.style.left).toMatch(/^0\.256/);
  });

  it('shows a live day’s progress, with what makes no sense disabled', async () => {
    const { bar, find } = await setUp(session());
    const slider = find('[role="slider"]');
    expect(slider.getAttribute('aria-valuetext')).toBe('10:15:03 ET');
    expect(slider.getAttribute('aria-disabled')).toBe('true');
    expect([...bar.querySelectorAll('.edge')].map((edge) => edge.textContent)).toEqual([
      '09:30',
      '16:00',
    ]);
    const disabled = [...bar.querySelectorAll<HTMLButtonElement>('button, select, input')]
      .filter((control) => control.disabled)
      .map((control) => control.getAttribute('aria-label'));
    expect(disabled).toEqual([
      'Back one print',
      'Pause',
      'Step one print',
      'Speed',
      'Time, Eastern, HH:MM:SS',
    ]);
    expect(find('.live').getAttribute('aria-pressed')).toBe('true');
  });

  it('shows the way to the stored days alone where the vendor refuses', async () => {
    const refused = feed({ state: 'refused', message: 'The key is refused.' });
    const { bar, find, show } = await setUp(session({ feed: refused }), {});
    const controls = () =>
      [...bar.querySelectorAll<HTMLElement>('button, select, input, [role="slider"]')]
        .filter((control) => control.closest('[popover]') === null)
        .map((control) => control.getAttribute('aria-label') ?? control.textContent.trim());
    expect(controls()).toEqual(['Day to replay, now 2025-12-16', 'LIVE']);
    expect(find('.way').textContent).toBe('No data comes in. A stored day can be replayed:');
    await show(replaying());
    expect(controls()).toContain('Pause');
    expect(bar.querySelector('.way')).toBeNull();
  });

  it('keeps the minutes of a session that the vendor refuses later on', async () => {
    const { bar } = await setUp(session({ feed: feed({ state: 'refused' }) }));
    expect(bar.querySelector('[role="slider"]')).not.toBeNull();
  });

  it('plays and pauses, and names the moment in the address', async () => {
    const { api, click, show, find } = await setUp();
    expect(find('.main').getAttribute('aria-label')).toBe('Pause');
    api.answers.push(answered(standing), answered(replaying()));
    await click('.main');
    expect(window.location.hash).toBe('#date=2025-12-16&t=10:15:03&span=3');
    await show(standing);
    expect(find('.main').getAttribute('aria-label')).toBe('Play');
    await click('.main');
    expect(api.controls).toEqual([{ action: 'pause' }, { action: 'play' }]);
  });

  it('steps a print on, back to before the newest print, and to the open', async () => {
    const { api, click } = await setUp();
    const ok = answered(standing);
    api.answers.push(ok, ok, ok, ok);
    await click(STEP);
    await click(BACK);
    await click(BACK, { shiftKey: true });
    expect(api.controls).toEqual([
      { action: 'step', by: 'print' },
      { action: 'pause' },
      { action: 'seek', at: '10:15:02.999999' },
      { action: 'seek', at: '09:30:00' },
    ]);
  });

  it('changes speed, and offers one that its menu does not have', async () => {
    const { api, find, settle, show } = await setUp();
    const menu = find('select') as HTMLSelectElement;
    expect(menu.value).toBe('10');
    api.answers.push(answered(replaying({}, { speed: null })));
    menu.value = 'max';
    menu.dispatchEvent(new Event('change'));
    await settle();
    expect(api.controls).toEqual([{ action: 'speed', speed: 'max' }]);
    await show(replaying({}, { speed: 20 }));
    expect([menu.value, menu.selectedOptions[0]?.textContent.trim()]).toEqual(['20', '20×']);
  });

  it('goes to a time that is typed, and says when it is none', async () => {
    const { api, find, settle } = await setUp();
    const field = find('input') as HTMLInputElement;
    const enter = async (text: string) => {
      field.dispatchEvent(new Event('focus'));
      field.value = text;
      field.dispatchEvent(new Event('input'));
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
      await settle();
    };
    await enter('25:00');
    expect([field.getAttribute('aria-invalid'), api.controls]).toEqual(['true', []]);
    expect(find('.error').textContent).toContain('HH:MM:SS');
    api.answers.push(answered(standing));
    await enter('11:30');
    expect(api.controls).toEqual([{ action: 'seek', at: '11:30:00' }]);
    expect([field.getAttribute('aria-invalid'), field.value]).toEqual(['false', '11:30:00']);
  });

  it('seeks when a drag is let go, and shows the time meanwhile', async () => {
    const { api, find, settle, bar } = await setUp(standing);
    const line = find('sm-scrubber');
    line.setPointerCapture = () => undefined;
    line.getBoundingClientRect = () => new DOMRect(100, 0, 1000, 36);
    const pointer = (type: string, clientX: number) =>
      line.dispatchEvent(new MouseEvent(type, { clientX }));
    pointer('pointerdown', 100);
    pointer('pointermove', 600);
    await settle();
    const half = '12:50:00';
    expect(bar.querySelector('.readout')?.textContent.trim()).toBe(half);
    expect(line.getAttribute('aria-valuetext')).toBe(`${half} ET`);
    expect((find('input') as HTMLInputElement).value).toBe(half);
    expect(api.controls).toEqual([]);
    api.answers.push(answered(standing));
    pointer('pointerup', 600);
    await settle();
    expect(api.controls).toEqual([{ action: 'seek', at: half }]);
    // The handle waits there for the server, instead of jumping back.
    expect(line.getAttribute('aria-valuetext')).toBe(`${half} ET`);
  });

  it('moves by the keys of a slider', async () => {
    const { api, find, settle } = await setUp(standing);
    for (const key of ['ArrowUp', 'PageDown', 'Home', 'End']) {
      api.answers.push(answered(standing));
      find('sm-scrubber').dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));
      await settle();
    }
    expect(api.controls.map(({ at }) => at)).toEqual([
      '10:16:03',
      '10:06:03',
      '09:30:00',
      '16:10:00',
    ]);
  });

  it('says what the server refuses, and forgets it with the next success', async () => {
    const { api, click, find } = await setUp();
    api.answers.push({ kind: 'error', status: 409, detail: 'The day is still being read.' });
    await click('.main');
    expect(find('.error').textContent).toBe('The day is still being read.');
    api.answers.push(answered(standing));
    await click('.main');
    expect(find('.error').textContent).toBe('');
  });

  it('says that the day has ended, and plays it again', async () => {
    const { find, show } = await setUp();
    await show(replaying({ playing: false, position: CLOSE + 600_000 }));
    expect(find('.word').textContent).toBe('ended');
    expect(find('.main').getAttribute('aria-label')).toBe('Play again from the open');
  });

  it('goes back to what ran before the replay', async () => {
    const { api, click, show } = await setUp(session());
    await show(replaying());
    api.answers.push(answered(session()));
    await click('.live');
    expect(api.modes).toEqual([{ mode: 'sim' }]);
  });

  it('tries live and then the simulator when it has seen neither', async () => {
    const { api, click, find } = await setUp();
    api.answers.push({ kind: 'error', status: 422, detail: 'POLYGON_API_KEY' });
    api.answers.push(answered(session()));
    await click('.live');
    expect(api.modes).toEqual([{ mode: 'live' }, { mode: 'sim' }]);
    expect(find('.error').textContent).toBe('');
  });

  it('lists the days on the disk, latest first, and replays one', async () => {
    const { api, bar, find, settle } = await setUp(session());
    const menu = find('#replay-days');
    menu.hidePopover = () => undefined;
    const open = async () => {
      menu.dispatchEvent(Object.assign(new Event('beforetoggle'), { newState: 'open' }));
      await settle();
    };
    await open();
    expect(find('code').textContent).toBe('uv run spymaster fetch YYYY-MM-DD');
    api.days = {
      kind: 'ok',
      value: [
        { date: '2014-06-04', contracts: 1, remote: false, complete: true },
        { date: '2014-06-05', contracts: 92, remote: false, complete: true },
        { date: '2014-06-06', contracts: 90, remote: false, complete: false },
        { date: '2015-12-24', contracts: null, remote: true, complete: null },
      ],
    };
    await open();
    const days = [...bar.querySelectorAll<HTMLButtonElement>('li button')];
    expect(days.map((day) => day.textContent.replace(/\s+/g, ' ').trim())).toEqual([
      '2015-12-24 in S3',
      '2014-06-06 90 contracts · only partly stored',
      '2014-06-05 92 contracts',
      '2014-06-04 1 contract',
    ]);
    api.answers.push(answered(replaying()));
    days[1]?.click();
    await settle();
    expect(api.modes).toEqual([{ mode: 'replay', date: '2014-06-06' }]);
  });

  it('keeps the last of many times asked for in haste', async () => {
    const { api, find, settle } = await setUp(standing);
    const seconds = (at: number) => Math.round((at - OPEN) / 1000);
    api.answers.push(answered(standing), answered(standing));
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp']) {
      find('sm-scrubber').dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));
      TestBed.tick();
    }
    await settle();
    expect(api.controls.map(({ at }) => at)).toEqual(['10:16:03', '10:18:03']);
    expect(find('sm-scrubber').getAttribute('aria-valuenow')).toBe(
      String(seconds(TEN_FIFTEEN) + 180),
    );
  });
});
