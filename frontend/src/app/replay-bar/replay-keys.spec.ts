import { DeferBlockBehavior, TestBed } from '@angular/core/testing';
import { answered, replaying, session, snapshot } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { AppComponent } from '../app.component';
import { SessionInfo } from '../live/wire';

async function setUp(shown: SessionInfo) {
  localStorage.clear();
  const edges = fakes();
  // Charts need a canvas, and are drawn in the browser tests.
  TestBed.configureTestingModule({
    providers: edges.providers,
    deferBlockBehavior: DeferBlockBehavior.Manual,
  });
  const fixture = TestBed.createComponent(AppComponent);
  await fixture.whenStable();
  edges.sockets.last.open();
  edges.sockets.last.send(snapshot({ session: shown }));
  edges.clock.paint();
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const press = async (
    key: string,
    init: KeyboardEventInit = {},
    target: EventTarget = document,
  ) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
    const left = target.dispatchEvent(event);
    await answersArrive();
    return left ? 'left' : 'taken';
  };
  return { ...edges, page, press };
}

const standing = replaying({ playing: false });

describe('keys of the replay', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => {
    vi.restoreAllMocks();
    window.location.hash = '';
  });

  it.each([
    [' ', {}, [{ action: 'pause' }]],
    ['ArrowRight', {}, [{ action: 'step', by: 'second' }]],
    ['ArrowRight', { altKey: true }, [{ action: 'step', by: 'print' }]],
    ['ArrowRight', { shiftKey: true }, [{ action: 'seek', at: '10:16:03' }]],
    ['ArrowLeft', {}, [{ action: 'pause' }, { action: 'seek', at: '10:15:02' }]],
    [
      'ArrowLeft',
      { altKey: true },
      [{ action: 'pause' }, { action: 'seek', at: '10:15:02.999999' }],
    ],
    ['ArrowLeft', { shiftKey: true }, [{ action: 'seek', at: '10:14:03' }]],
    ['[', {}, [{ action: 'speed', speed: 5 }]],
    [']', {}, [{ action: 'speed', speed: 30 }]],
  ])('take %s with %o', async (key, init, controls) => {
    const { api, press } = await setUp(replaying());
    api.answers.push(answered(standing), answered(standing));
    expect(await press(key, init)).toBe('taken');
    expect(api.controls).toEqual(controls);
  });

  it('go back to live', async () => {
    const { api, press } = await setUp(replaying());
    await press('L');
    expect(api.modes).toEqual([{ mode: 'live' }]);
  });

  it('are left alone where there is no replay', async () => {
    const { api, press } = await setUp(session());
    for (const key of [' ', 'ArrowLeft', '[', 'l']) expect(await press(key)).toBe('left');
    expect([api.controls, api.modes]).toEqual([[], []]);
  });

  it('are left to fields, to buttons in focus and to the browser', async () => {
    const { api, page, press } = await setUp(replaying());
    const field = page.querySelector('sm-time-field input') ?? page;
    expect(await press('ArrowLeft', {}, field)).toBe('left');
    expect(await press(' ', {}, page.querySelector('.live') ?? page)).toBe('left');
    expect(await press(']', { ctrlKey: true })).toBe('left');
    expect(api.controls).toEqual([]);
  });

  it('are on the list of keys', async () => {
    const { page } = await setUp(session());
    expect(page.querySelector('sm-key-help')?.textContent).toContain('Play or pause the replay');
  });
});
