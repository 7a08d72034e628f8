import { DeferBlockBehavior, TestBed } from '@angular/core/testing';
import { bar, barsReply, event, feed, OPEN, session, snapshot, status } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from '../live/market-store';
import { FlowChart } from './flow-chart';

const at = (second: number) => OPEN + second * 1000;

async function setUp() {
  const edges = fakes();
  edges.flow.barsAnswer = () => ({
    kind: 'ok',
    value: barsReply({
      market_time: at(20),
      bars: [
        bar({ t: at(0), spot: 599, hedging_pressure: -4e6, hedging_pressure_error: 1e6 }),
        bar({ t: at(10), spot: 600, hedging_pressure: 20e6, hedging_pressure_error: 5e6 }),
      ],
    }),
  });
  TestBed.configureTestingModule({
    imports: [FlowChart],
    providers: edges.providers,
    deferBlockBehavior: DeferBlockBehavior.Manual,
  });
  await TestBed.compileComponents();
  TestBed.inject(MarketStore);
  const fixture = TestBed.createComponent(FlowChart);
  await fixture.whenStable();
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  socket.send(snapshot({ session: session({ market_time: at(18) }) }));
  const settle = async () => {
    edges.clock.paint();
    await fixture.whenStable();
  };
  await settle();
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const plot = page.querySelector<HTMLElement>('.plot');
  const press = async (key: string) => {
    plot?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await settle();
  };
  const read = () => page.querySelector('.legend')?.textContent.replaceAll(/\s+/g, ' ').trim();
  const click = async (name: string) => {
    [...page.querySelectorAll('button')].find((b) => b.textContent.trim() === name)?.click();
    await settle();
  };
  return { ...edges, fixture, socket, page, plot, press, read, click, settle };
}

describe('FlowChart', () => {
  beforeEach(() => {
    localStorage.clear();
    // The address keeps what a test has chosen, and wins.
    history.replaceState(null, '', location.pathname);
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it('reads out the pressure of now, its band and what dealers do', async () => {
    const { read } = await setUp();
    expect(read()).toBe('Hedging pressure +$20M+$15M to +$25M · dealers buySpot');
  });

  it('reads out the point that the arrows are on, and keeps those keys', async () => {
    const { press, read, plot } = await setUp();
    const heard = vi.fn();
    document.addEventListener('keydown', heard);
    await press('ArrowLeft');
    expect(read()).toBe(
      '09:30:00Hedging pressure −$4.0M−$5.0M to −$3.0M · dealers sellSpot 599.00',
    );
    expect(plot?.getAttribute('aria-valuenow')).toBe('0');
    expect(plot?.getAttribute('aria-valuetext')).toContain('09:30:00: hedging pressure −$4.0M');
    await press('Escape');
    expect(read()).toContain('+$20M');
    expect(heard).not.toHaveBeenCalled();
    await press('l');
    expect(heard).toHaveBeenCalledOnce();
    document.removeEventListener('keydown', heard);
  });

  it('keeps the cursor of the keys until a pointer is over the chart', async () => {
    const { press, read, fixture, settle } = await setUp();
    await press('ArrowLeft');
    // What the plot says; it is drawn in a browser only.
    const chart = fixture.componentInstance as unknown as { hover(t: number | null): void };
    chart.hover(null);
    await settle();
    expect(read()).toContain('09:30:00');
    chart.hover(at(10));
    chart.hover(null);
    await settle();
    expect(read()).toMatch(/^Hedging pressure \+\$20M/);
  });

  it('asks for what is chosen, and remembers it', async () => {
    const { click, flow } = await setUp();
    await click('Puts');
    await click('Multi');
    await click('5m');
    expect(flow.barsAsked.at(-1)).toEqual({
      interval: '1s',
      measures: 'delta_notional',
      since: at(18 - 360),
      type: 'P',
      legs: 'multi',
      strike: null,
    });
    expect(localStorage.getItem('spymaster.flow.window')).toBe('5m');
  });

  it('makes room in its head for a short window, which it remembers', async () => {
    localStorage.setItem('spymaster.flow.window', '5s');
    const { page, flow } = await setUp();
    expect(flow.barsAsked.at(-1)).toMatchObject({ interval: '1s', since: at(18 - 65) });
    expect(page.querySelector('.head')?.classList).toContain('crowded');
    expect(page.querySelector('.tight button')?.getAttribute('aria-label')).toBe('Window: 5s');
  });

  it('opens the prints behind a point', async () => {
    const { press, fixture } = await setUp();
    const drawers = async () => (await fixture.getDeferBlocks()).length;
    const before = await drawers();
    await press('Enter');
    expect(await drawers()).toBe(before + 1);
  });

  it('says why there is nothing to draw', async () => {
    const { page, flow, socket, settle } = await setUp();
    flow.barsAnswer = () => ({ kind: 'ok', value: barsReply({ market_time: null, bars: [] }) });
    const closed = session({
      market_time: null,
      date: '2025-12-17',
      feed: feed({ state: 'closed' }),
    });
    socket.send(snapshot({ seq: 2, session: closed }));
    await settle();
    await settle();
    expect(page.querySelector('.state')?.textContent).toMatch(/^Market shut/);
  });

  it('says that it grows old', async () => {
    const { page, clock, settle, socket } = await setUp();
    socket.send(status(2, event()));
    clock.advance(2400);
    await settle();
    expect(page.querySelector('.age')?.textContent.trim()).toBe('2.4 s old');
  });
});
