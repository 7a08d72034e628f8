import { DeferBlockBehavior, TestBed } from '@angular/core/testing';
import { snapshot } from '../testing/frames';
import { fakes } from '../testing/fakes';
import { AppComponent } from './app.component';

async function setUp() {
  localStorage.clear();
  sessionStorage.clear();
  const edges = fakes();
  // Charts need a canvas, and are drawn in the browser tests.
  TestBed.configureTestingModule({
    providers: edges.providers,
    deferBlockBehavior: DeferBlockBehavior.Manual,
  });
  const fixture = TestBed.createComponent(AppComponent);
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const settle = async () => {
    edges.clock.paint();
    await fixture.whenStable();
  };
  const press = (key: string, target: EventTarget = document, init: KeyboardEventInit = {}) =>
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }),
    );
  return { ...edges, page, settle, press };
}

describe('AppComponent', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('connects by itself and shows the first snapshot', async () => {
    const { sockets, page, settle } = await setUp();
    sockets.last.open();
    sockets.last.send(snapshot());
    await settle();
    expect(page.querySelectorAll('sm-strike-grid tbody tr')).toHaveLength(3);
    expect(page.querySelectorAll('sm-tape tbody tr')).toHaveLength(1);
  });

  it('asks for the token when refused, and comes back with it', async () => {
    const { sockets, api, page, settle } = await setUp();
    api.probeReply = { kind: 'error', status: 401, detail: 'Give the ACCESS_TOKEN.' };
    sockets.last.lose();
    // The answer of the fake server takes a turn of its own.
    await settle();
    await settle();
    expect(page.querySelector('sm-refused [role="alert"]')?.textContent).toBe(
      'Give the ACCESS_TOKEN.',
    );
    expect(page.querySelector('sm-replay-bar')).toBeNull();
    const input = page.querySelector<HTMLInputElement>('sm-refused input');
    if (input) input.value = ' right ';
    page.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
    expect(new URL(sockets.last.url).searchParams.get('token')).toBe('right');
    expect(page.querySelector('sm-refused')).toBeNull();
    expect(page.querySelector('sm-replay-bar')).not.toBeNull();
  });

  it('asks for the token in words for a person', async () => {
    const { sockets, api, page, settle } = await setUp();
    const detail = "this address needs a token: send 'Authorization: Bearer <ACCESS_TOKEN>'";
    api.probeReply = { kind: 'error', status: 401, detail };
    const words = () => page.querySelector('sm-refused [role="alert"]')?.textContent;
    sockets.last.lose();
    await settle();
    await settle();
    expect(words()).toBe('This server asks for its ACCESS_TOKEN.');
    const input = page.querySelector<HTMLInputElement>('sm-refused input');
    if (input) input.value = 'wrong';
    page.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
    sockets.last.lose();
    await settle();
    await settle();
    expect(words()).toBe('This server asks for its ACCESS_TOKEN. The one sent was not right.');
  });

  it('chooses spans and the theme by key', async () => {
    const { press, api, settle } = await setUp();
    for (const key of ['1', '2', '3', '4', '5', 't']) press(key);
    await settle();
    expect(api.spans).toEqual([3, 10, 30, 'all']);
    expect(document.documentElement.dataset['theme']).toBe('light');
  });

  it('centres the money by key', async () => {
    const { press, sockets, settle, motion } = await setUp();
    sockets.last.open();
    sockets.last.send(snapshot());
    await settle();
    press('Home');
    expect(motion.scrolls).toEqual(['30 instant', '30 smooth']);
  });

  it('leaves keys to the browser and to whoever is typing', async () => {
    const { press, api, page } = await setUp();
    const box = page.querySelector('sm-column-menu input');
    if (box) press('2', box);
    press('2', document, { ctrlKey: true });
    expect(press('x')).toBe(true);
    expect(press('2')).toBe(false);
    expect(api.spans).toEqual([10]);
  });
});
