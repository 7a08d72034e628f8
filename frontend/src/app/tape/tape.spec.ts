import { TestBed } from '@angular/core/testing';
import {
  contract,
  CALL_600,
  print,
  printsReply,
  session,
  snapshot,
  TEN_FIFTEEN,
  update,
} from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from '../live/market-store';
import { TapeReply } from '../live/wire';
import { EVERY_PRINT } from './tape-filter';
import { Tape } from './tape';

async function setUp(answer?: Partial<TapeReply>) {
  localStorage.clear();
  window.location.hash = '';
  const edges = fakes();
  if (answer !== undefined) {
    edges.flow.tapeAnswer = () => ({
      kind: 'ok',
      value: { market_time: TEN_FIFTEEN, total: 0, trades: [], ...answer },
    });
  }
  TestBed.configureTestingModule({ providers: edges.providers });
  TestBed.inject(MarketStore);
  const fixture = TestBed.createComponent(Tape);
  await fixture.whenStable();
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  const contracts = { [CALL_600]: contract({ trade_count: 104_218 }) };
  const trades = [print({ id: 1, size: 1 }), print({ id: 2, size: 2 })];
  socket.send(snapshot({ contracts, trades }));
  const settle = async () => {
    edges.clock.advance(250);
    edges.clock.paint();
    await fixture.whenStable();
    edges.clock.paint(); // rows change in the frame after
    await fixture.whenStable();
  };
  await settle();
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const sizes = () =>
    [...page.querySelectorAll('tbody .size')].map((cell) => cell.textContent.trim());
  const scroll = async (top: number) => {
    const view = page.querySelector('.scroller');
    if (view !== null) view.scrollTop = top;
    view?.dispatchEvent(new Event('scroll'));
    await settle();
    await settle();
  };
  const text = (selector: string) => page.querySelector(selector)?.textContent.trim();
  return { ...edges, fixture, socket, page, sizes, settle, scroll, text };
}

describe('Tape', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('has the newest print on top, and tells the old ones where it can ask for none', async () => {
    const { socket, sizes, settle, text } = await setUp();
    expect(sizes()).toEqual(['2', '1']);
    expect(text('.error')).toBe('No older prints: the server does not answer.');
    expect(text('.note em')).toBe('104,218');
    socket.send(update(2, { trades: [print({ id: 3, size: 3 })] }));
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
  });

  it('shows a print as it is now, also while it stands still', async () => {
    const { socket, page, settle } = await setUp();
    const tags = () =>
      [...page.querySelectorAll('tbody tr')].map((row) => row.textContent.includes('sweep'));
    page.querySelector<HTMLButtonElement>('.pause')?.click();
    await settle();
    expect(tags()).toEqual([false, false]);
    socket.send(update(2, { changed_trades: [print({ id: 1, size: 1, tags: ['sweep'] })] }));
    await settle();
    expect(tags()).toEqual([false, true]);
  });

  it('goes through the whole day, drawing what is in view and asking for what is not there', async () => {
    const day = (before: number, count: number) =>
      Array.from({ length: count }, (_, i) => print({ id: before - 1 - i, size: before - i }));
    const { flow, sizes, scroll, page } = await setUp({
      total: 100_000,
      trades: day(100_000, 500),
    });
    expect(sizes()[0]).toBe('100,000');
    expect(page.querySelector('tbody')?.style.height).toBe('2000000px');
    flow.tapeAnswer = ({ before, skip, limit }) => ({
      kind: 'ok',
      value: {
        market_time: 0,
        total: 100_000,
        trades: day((before ?? 100_000) - (skip ?? 0), limit),
      },
    });
    await scroll(20 * 4000);
    expect(flow.tapeAsked[1]).toMatchObject({ before: 99_500, skip: 3000 });
    expect(sizes()).toContain('96,000');
    expect(sizes().length).toBeLessThan(60);
  });

  it('stands still when it is scrolled down, and says how many wait', async () => {
    const trades = Array.from({ length: 500 }, (_, i) => print({ id: 999 - i, size: 999 - i }));
    const { socket, sizes, settle, scroll, text } = await setUp({ total: 500, trades });
    await scroll(200);
    const before = sizes();
    socket.send(update(2, { trades: [print({ id: 1000 }), print({ id: 1001 })] }));
    await settle();
    expect([sizes(), text('.waiting')]).toEqual([before, '2 wait']);
    await scroll(0);
    expect([sizes()[0], text('.waiting')]).toEqual(['12', undefined]);
  });

  it('stands still when paused', async () => {
    const { socket, page, sizes, settle, text } = await setUp();
    const pause = page.querySelector<HTMLButtonElement>('.pause');
    pause?.click();
    await settle();
    socket.send(update(2, { trades: [print({ id: 3, size: 3 }), print({ id: 4, size: 4 })] }));
    await settle();
    expect(sizes()).toEqual(['2', '1']);
    expect(text('.waiting')).toBe('2 wait');
    pause?.click();
    await settle();
    expect(sizes()).toEqual(['4', '3', '2', '1']);
    expect(text('.waiting')).toBeUndefined();
  });

  it('stands still under a mouse, and not under a finger that left', async () => {
    const { socket, page, sizes, settle } = await setUp();
    const list = page.querySelector('.scroller');
    const point = (type: string, pointerType: string) => {
      list?.dispatchEvent(Object.assign(new Event(type), { pointerType }));
    };
    point('pointerenter', 'touch');
    socket.send(update(2, { trades: [print({ id: 3, size: 3 })] }));
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
    point('pointerenter', 'mouse');
    socket.send(update(3, { trades: [print({ id: 4, size: 4 })] }));
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
    point('pointerleave', 'mouse');
    await settle();
    expect(sizes()).toEqual(['4', '3', '2', '1']);
  });

  it('stands still while the keyboard is on one of its rows', async () => {
    const { socket, page, sizes, settle } = await setUp();
    document.body.append(page);
    const row = (place: number) => page.querySelectorAll<HTMLElement>('tbody tr')[place];
    row(0)?.focus();
    socket.send(update(2, { trades: [print({ id: 3, size: 3 })] }));
    await settle();
    expect([sizes(), document.activeElement]).toEqual([['2', '1'], row(0)]);
    row(0)?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown' }));
    await settle();
    expect([sizes(), document.activeElement]).toEqual([['2', '1'], row(1)]);
    row(1)?.blur();
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
  });

  it('asks for what its filter lets pass, and shows no other', async () => {
    const { flow, fixture, socket, sizes, settle, text } = await setUp({ total: 0, trades: [] });
    const bar = fixture.debugElement.query(({ name }) => name === 'sm-filter-bar');
    bar.triggerEventHandler('chosen', { ...EVERY_PRINT, minSize: 50 });
    await settle();
    expect(flow.tapeAsked.at(-1)).toMatchObject({ min_size: 50 });
    expect(text('.empty')).toBe('No print passes this filter.');
    socket.send(update(2, { trades: [print({ id: 3, size: 3 }), print({ id: 4, size: 60 })] }));
    await settle();
    expect(sizes()).toEqual(['60']);
    expect(text('.note em')).toBe('1 of 104,218');
  });

  it('shows what a new filter lets pass, though a mouse came before the answer', async () => {
    const old = [print({ id: 1, size: 1 })];
    const { flow, fixture, page, sizes, settle } = await setUp({ total: 1, trades: old });
    const trades = [print({ id: 0, size: 70 })];
    flow.tapeAnswer = () => ({
      kind: 'ok',
      value: { market_time: TEN_FIFTEEN, total: 1, trades },
    });
    const bar = fixture.debugElement.query(({ name }) => name === 'sm-filter-bar');
    bar.triggerEventHandler('chosen', { ...EVERY_PRINT, minSize: 50 });
    const enter = Object.assign(new Event('pointerenter'), { pointerType: 'mouse' });
    page.querySelector('.scroller')?.dispatchEvent(enter);
    await settle();
    expect(sizes()).toEqual(['70']);
  });

  it('begins again after a leap back', async () => {
    const { flow, socket, settle } = await setUp({ total: 0, trades: [] });
    const asked = flow.tapeAsked.length;
    socket.send(update(2, { session: session({ market_time: TEN_FIFTEEN - 60_000 }) }));
    await settle();
    expect(flow.tapeAsked).toHaveLength(asked + 1);
  });

  it('stands as it was seen, though newer prints wait to be drawn', async () => {
    const { socket, page, sizes, settle } = await setUp({ total: 2, trades: [] });
    const seen = sizes();
    socket.send(update(2, { trades: [print({ id: 3, size: 3 })] }));
    const enter = Object.assign(new Event('pointerenter'), { pointerType: 'mouse' });
    page.querySelector('.scroller')?.dispatchEvent(enter);
    await settle();
    expect(sizes()).toEqual(seen);
  });

  it('asks for what a burst leaves out once for several frames, and stands only whole', async () => {
    const { flow, socket, page, settle, sizes } = await setUp({ total: 2, trades: [] });
    const asked = flow.tapeAsked.length;
    const burst = (first: number) =>
      Array.from({ length: 200 }, (_, i) => print({ id: first + i, size: first + i }));
    // 200 prints of a frame are the most: those before the first of them were not told.
    for (const [seq, first] of [300, 600, 900, 1200].entries()) {
      socket.send(update(seq + 2, { trades: burst(first) }));
    }
    page.querySelector<HTMLButtonElement>('.pause')?.click();
    expect(flow.tapeAsked).toHaveLength(asked);
    const trades = Array.from({ length: 500 }, (_, i) => print({ id: 1399 - i, size: 1399 - i }));
    flow.tapeAnswer = () => ({
      kind: 'ok',
      value: { market_time: TEN_FIFTEEN, total: 1400, trades },
    });
    await settle();
    await settle();
    expect(flow.tapeAsked).toHaveLength(asked + 1);
    expect(page.querySelector('tbody')?.style.height).toBe(`${1400 * 20}px`);
    expect(sizes().slice(0, 2)).toEqual(['1,399', '1,398']);
  });

  it('opens the evidence of a row by key, and gives the focus back', async () => {
    const { page, settle } = await setUp();
    const row = page.querySelector<HTMLElement>('tbody tr');
    const press = async (key: string) => {
      row?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      await settle();
    };
    await press('Enter');
    expect(document.querySelector('sm-evidence-card h3')?.textContent).toContain('Bought');
    await press('Escape');
    expect(document.querySelector('sm-evidence-card')).toBeNull();
    expect(document.activeElement).toBe(row);
  });

  it.each(['ArrowDown', 'Enter'])('is entered by %s, at the first row in view', async (key) => {
    const trades = Array.from({ length: 500 }, (_, i) => print({ id: 999 - i, size: 999 - i }));
    const { page, settle, scroll } = await setUp({ total: 500, trades });
    document.body.append(page);
    await scroll(20 * 100);
    const list = page.querySelector<HTMLElement>('.scroller');
    list?.focus();
    const press = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    list?.dispatchEvent(press);
    await settle();
    expect(document.activeElement?.querySelector('.size')?.textContent).toBe('899');
    expect(press.defaultPrevented).toBe(true);
    expect(document.querySelector('sm-evidence-card')).toBeNull();
  });

  it('keeps the focus on its print when it is scrolled on', async () => {
    const trades = Array.from({ length: 500 }, (_, i) => print({ id: 999 - i, size: 999 - i }));
    const { page, scroll } = await setUp({ total: 500, trades });
    document.body.append(page);
    const size = () => document.activeElement?.querySelector('.size')?.textContent;
    page.querySelectorAll<HTMLElement>('tbody tr')[12]?.focus();
    expect(size()).toBe('987');
    await scroll(20 * 9);
    expect(size()).toBe('987');
  });

  it('tells with the evidence what the whole sweep came to', async () => {
    const child = print({ id: 3, group: 3, tags: ['sweep'], size: 850, premium: 49_300 });
    const { page, flow, settle } = await setUp({ total: 1, trades: [child] });
    const other = print({ id: 4, group: 3, exchange: 300, size: 320, premium: 18_560 });
    const value = printsReply({ trade_count: 2, volume: 1170, trades: [other, child] });
    flow.printsAnswer = () => ({ kind: 'ok', value });
    page
      .querySelector<HTMLElement>('tbody tr')
      ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await settle();
    await settle();
    expect(flow.printsAsked.map(({ ticker }) => ticker)).toEqual([child.ticker]);
    expect(document.querySelector('sm-evidence-card')?.textContent).toContain(
      '2 venues 0 ms, 1,170 ct, $68K',
    );
  });
});
