import { TestBed } from '@angular/core/testing';
import { ok } from '../../testing/chain-fakes';
import { OPEN, session, snapshot, TEN_FIFTEEN } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { HeatMap } from './heat-map';

async function setUp() {
  localStorage.clear();
  const edges = fakes();
  edges.chain.heatmapReply = ok({
    lens: 'gamma',
    unit: '$ per 1 %',
    interval_s: 30,
    t: [TEN_FIFTEEN - 60_000, TEN_FIFTEEN - 30_000],
    spot: [600, 600.1],
    strikes: [599, 600, 601],
    values: [
      [1e8, 2e8, 3e8],
      [-1e8, -2e8, null],
    ],
  });
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(HeatMap);
  TestBed.inject(DataStreamService).start();
  edges.sockets.last.open();
  edges.sockets.last.send(snapshot());
  edges.clock.paint();
  edges.sizes.resize(160);
  const settle = async () => {
    await answersArrive();
    await fixture.whenStable();
  };
  await settle();
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const plot = page.querySelector<HTMLElement>('.plot');
  const press = async (key: string) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    plot?.dispatchEvent(event);
    await settle();
    return event.defaultPrevented;
  };
  const said = () => page.querySelector('[role="status"]')?.textContent;
  const shown = () => page.querySelector('.readout')?.textContent;
  return { ...edges, page, plot, press, said, shown, settle };
}

describe('HeatMap', () => {
  beforeEach(() => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is read cell by cell with the arrow keys', async () => {
    const { plot, press, said, shown } = await setUp();
    expect(plot?.tabIndex).toBe(0);
    expect(said()).toBe('');
    await press('ArrowRight');
    expect(said()).toBe('10:14:33 · 600 · −$200M per 1 %');
    await press('ArrowLeft');
    expect(said()).toBe('10:14:03 · 600 · +$200M per 1 %');
    await press('ArrowUp');
    expect(said()).toBe('10:14:03 · 601 · +$300M per 1 %');
    expect(shown()).toBe(said());
    await press('End');
    expect(said()).toBe('10:14:33 · 601 · unknown');
  });

  it('forgets its cell with Escape and with the focus, and leaves other keys alone', async () => {
    const { plot, press, said, shown } = await setUp();
    await press('Home');
    expect(await press('Escape')).toBe(true);
    expect([said(), shown()]).toEqual(['', undefined]);
    expect(await press('Escape')).toBe(false);
    expect(await press('t')).toBe(false);
    await press('Home');
    plot?.dispatchEvent(new FocusEvent('blur'));
    await press('Shift');
    expect(said()).toBe('');
  });

  it('paints nothing of what lies ahead after a leap back', async () => {
    const { page, sockets, clock, settle } = await setUp();
    const canvas = page.querySelector('canvas');
    expect(canvas?.width).toBeGreaterThan(0);
    sockets.last.send(snapshot({ seq: 2, session: session({ market_time: OPEN }) }));
    clock.paint();
    await settle();
    expect(canvas?.width).toBe(0);
    expect(page.querySelector('.empty')).not.toBeNull();
  });
});
