import { TestBed } from '@angular/core/testing';
import { feed, session, snapshot, TEN_FIFTEEN, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { PageHeader } from './page-header';

async function setUp() {
  localStorage.clear();
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(PageHeader);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  /** Texts of the innermost elements, a space between them. */
  const text = (selector: string) => {
    const found = page.querySelector(selector);
    if (found === null) return null;
    const nodes = document.createTreeWalker(found, NodeFilter.SHOW_TEXT);
    const parts: string[] = [];
    while (nodes.nextNode()) parts.push(nodes.currentNode.textContent?.trim() ?? '');
    return parts.filter((part) => part !== '').join(' ');
  };
  const settle = async () => {
    edges.clock.paint();
    await fixture.whenStable();
  };
  return { ...edges, socket, page, text, settle };
}

describe('PageHeader', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('shows no number before one is known', async () => {
    const { text, page } = await setUp();
    expect([text('.mode'), text('.spot'), text('.day'), text('.feed')]).toEqual([
      null,
      null,
      null,
      'connecting',
    ]);
    expect(page.classList).toContain('hollow');
  });

  it('shows mode, spot, the day, the time and the feed', async () => {
    const { socket, text, settle, page } = await setUp();
    socket.send(snapshot());
    await settle();
    expect(page.dataset['mode']).toBe('sim');
    expect(text('.mode')).toBe('SIM');
    expect(text('.spot')).toBe('SPY 600.12 ▲ +0.34 +0.06 % parity');
    expect(text('.day')).toBe('Δ flow +698K sh Premium $48M Contracts 588K Signed 75 %');
    expect(text('.clock')).toBe('10:15:03 ET closes in 5:44:57');
    expect(text('.feed')).toBe('feed ok 4 ms');
  });

  it('shows no sums of a day without data', async () => {
    const { socket, text, settle } = await setUp();
    socket.send(snapshot({ session: session({ feed: feed({ state: 'empty' }) }) }));
    await settle();
    expect([text('.day'), text('.feed')]).toEqual([null, 'no data of this day']);
  });

  it('lets market time run on between events, at the speed of the session', async () => {
    const { socket, text, settle, clock } = await setUp();
    socket.send(snapshot({ session: session({ mode: 'replay', speed: 10 }) }));
    await settle();
    clock.advance(1000);
    await settle();
    expect(text('.clock b')).toBe('10:15:13');
  });

  it('shows the real time live, before the first event', async () => {
    const { socket, text, settle, clock } = await setUp();
    clock.advance(TEN_FIFTEEN - clock.now());
    socket.send(snapshot({ session: session({ mode: 'live', market_time: null, speed: 1 }) }));
    await settle();
    clock.advance(2000);
    await settle();
    expect(text('.clock b')).toBe('10:15:05');
  });

  it('says that the server is lost, and stops the clock of a simulation', async () => {
    const { socket, text, settle, clock } = await setUp();
    socket.send(snapshot());
    await settle();
    socket.lose();
    clock.advance(200);
    await settle();
    expect(text('.feed')).toBe('reconnecting, try 1');
    expect(text('.clock b')).toBe('10:15:03');
  });

  it('says how fast a simulation or a replay runs', async () => {
    const { socket, text, settle } = await setUp();
    socket.send(snapshot({ session: session({ speed: 40 }) }));
    await settle();
    expect(text('.pace')).toBe('at 40×');
    socket.send(update(2, { session: session({ mode: 'replay', speed: null }) }));
    await settle();
    expect(text('.pace')).toBe('at max');
  });

  it('says how slow the slowest prints are, and that quotes were left out', async () => {
    const { page, socket, text, settle } = await setUp();
    const slow = { latency_p99_ms: 11, delivery_p99_ms: 300, quotes_left_out: 12 };
    socket.send(snapshot({ session: session(slow) }));
    await settle();
    expect(text('.feed')).toBe('feed ok 4 ms p99 11 ms quotes of 12 contracts left out');
    expect(page.querySelector('.p99')?.getAttribute('title')).toContain('socket within 300 ms');
  });

  it('switches the theme, and remembers it', async () => {
    const { page, settle } = await setUp();
    const { dataset } = document.documentElement;
    expect(dataset['theme']).toBe('dark');
    page.querySelector<HTMLButtonElement>('[aria-label="Light theme"]')?.click();
    await settle();
    expect(dataset['theme']).toBe('light');
    expect(localStorage.getItem('spymaster.theme')).toBe('light');
  });

  it('opens the settings and gives the focus back', async () => {
    const { page, settle } = await setUp();
    const opener = page.querySelector<HTMLButtonElement>('[aria-label="Settings"]');
    opener?.click();
    await settle();
    expect(document.querySelector('.sheet h2')?.textContent).toBe('Settings');
    expect(opener?.getAttribute('aria-expanded')).toBe('true');
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await settle();
    expect(document.querySelector('.sheet')).toBeNull();
  });
});
