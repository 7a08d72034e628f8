import { TestBed } from '@angular/core/testing';
import { exposure, ok } from '../../testing/chain-fakes';
import {
  CALL_600,
  contract,
  feed,
  PUT_600,
  session,
  snapshot,
  TEN_FIFTEEN,
  update,
} from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { ContractSelection } from '../live/contract-selection';
import { Snapshot } from '../live/wire';
import { StrikeGrid } from './strike-grid';

async function setUp(first: Snapshot | null = snapshot()) {
  localStorage.clear();
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(StrikeGrid);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  if (first !== null) socket.send(first);
  edges.clock.paint();
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const texts = (selector: string) =>
    [...page.querySelectorAll(selector)].map((element) => element.textContent.trim());
  const settle = async () => {
    edges.clock.paint();
    await answersArrive();
    await fixture.whenStable();
    edges.clock.paint(); // rows change in the frame after
    await fixture.whenStable();
  };
  return { ...edges, fixture, socket, page, texts, settle };
}

const ROW_600 = 'tr[data-strike="600"]';

describe('StrikeGrid', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('shows the window, highest strike on top, calls left and puts right', async () => {
    const { texts } = await setUp();
    expect(texts('tbody .strike')).toEqual(['601', '600', '599']);
    expect(texts(`${ROW_600} > *`)).toEqual([
      ...['+233K', '+74K', '$7.9M', '100', '15.6', '0.52', '1.01', '1.02'],
      '600',
      ...['1.01', '1.02', '0.52', '15.6', '100', '$7.9M', '+74K', '−71K'],
      '',
    ]);
  });

  it('marks the row at the money and brings it to the middle', async () => {
    const { page, motion, fixture, socket, settle } = await setUp();
    expect(page.querySelectorAll('tr.atm')).toHaveLength(1);
    expect(page.querySelector('tr.atm')?.getAttribute('data-strike')).toBe('600');
    socket.send(update(2, { session: session({ atm: 601 }) }));
    await settle();
    expect(page.querySelector('tr.atm')?.getAttribute('data-strike')).toBe('601');
    fixture.componentInstance.centre();
    // 20 px a row: the middle of 600, the second from the top, then of 601.
    expect(motion.scrolls).toEqual(['30 instant', '10 smooth', '10 smooth']);
  });

  it('leaves the unknown blank and gives the reason', async () => {
    const unquoted = contract({ bid: null, net_delta_flow: null });
    const { page } = await setUp(snapshot({ contracts: { [CALL_600]: unquoted } }));
    const cells = [...page.querySelectorAll(`${ROW_600} > td`)];
    const shown = [cells[0], cells[6], cells[8]].map((cell) => [
      cell?.textContent.trim(),
      cell?.getAttribute('title')?.slice(0, 8),
    ]);
    expect(shown).toEqual([
      ['', 'Unknown:'],
      ['', 'Unknown:'],
      ['', 'Unknown:'],
    ]);
  });

  it('washes the cells that changed, and no other', async () => {
    const { socket, settle, motion } = await setUp();
    expect(motion.washed).toEqual([]);
    socket.send(update(2, { contracts: { [CALL_600]: contract({ ask: 1.03 }) } }));
    await settle();
    expect(motion.washed.map((cell) => cell.textContent.trim())).toEqual(['1.03']);
  });

  it('draws the rows in view, and keeps the place and number of all', async () => {
    const strikes = Array.from({ length: 151 }, (_, index) => 525 + index);
    const { page, sizes, settle, texts, socket, motion } = await setUp(
      snapshot({ session: session({ strikes }) }),
    );
    sizes.resize(400);
    await settle();
    const shown = texts('tbody .strike').map(Number);
    expect(shown.length).toBeLessThan(40);
    expect([shown.includes(600), shown.includes(610), shown.includes(590)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(page.querySelector('tbody')?.style.height).toBe('3020px');
    expect(page.querySelector(ROW_600)?.getAttribute('aria-rowindex')).toBe('77');
    expect(page.querySelector('table')?.getAttribute('aria-rowcount')).toBe('153');
    const view = page.querySelector('.scroller');
    if (view) view.scrollTop = 0;
    view?.dispatchEvent(new Event('scroll'));
    await settle();
    expect(texts('tbody .strike')[0]).toBe('675');
    expect(texts('tbody .strike')).not.toContain('600');
    socket.send(update(2, { session: session({ strikes, atm: 601 }) }));
    await settle();
    expect(motion.scrolls.at(-1)).toBe('1290 smooth');
    expect(texts('tbody .strike')).toContain('601');
  });

  it('lets few strikes fill the view, each with a second line', async () => {
    const call = contract({
      gross_delta_flow: 250_000,
      gross_gamma_flow: 80_000,
      net_premium: 1_200_000,
      open_interest: 19_000,
    });
    const { page, sizes, settle, texts } = await setUp(
      snapshot({ contracts: { [CALL_600]: call } }),
    );
    expect(page.querySelector('tbody small')).toBeNull();
    sizes.resize(474);
    await settle();
    expect(page.querySelector<HTMLElement>('tbody')?.style.height).toBe('180px');
    expect(texts(`${ROW_600} td`).slice(0, 4)).toEqual([
      '+233K of 250K',
      '+74K of 80K',
      '$7.9M +$1.2M',
      '100 OI 19K',
    ]);
    expect(page.querySelector(`${ROW_600} td:nth-child(3) small`)?.className).toBe('buy');
    expect(page.querySelector('thead th')?.getAttribute('title')).toContain('Under it: of the');
  });

  it('sums the window', async () => {
    const { texts } = await setUp();
    expect(texts('tfoot tr > *').filter((text) => text !== '')).toEqual([
      ...['+233K', '+74K', '$7.9M', '100'],
      'Sum',
      ...['100', '$7.9M', '+74K', '−71K'],
    ]);
  });

  it('asks the server for a span and shows the one it has', async () => {
    const { page, api, texts, socket, settle } = await setUp();
    expect(texts('.seg .on')).toEqual(['3']);
    page.querySelectorAll<HTMLButtonElement>('.seg button')[1]?.click();
    expect(api.spans).toEqual([10]);
    expect(texts('.seg .on')).toEqual(['3']);
    socket.send(update(2, { session: session({ span: 10 }) }));
    await settle();
    expect(texts('.seg .on')).toEqual(['10']);
  });

  it('says how old the inputs of a figure are that the pointer comes to', async () => {
    const { page, socket, settle } = await setUp();
    const timed = contract({ type: 'P', quote_time: TEN_FIFTEEN - 2000 });
    socket.send(
      update(2, {
        session: session({ market_time: TEN_FIFTEEN }),
        contracts: { [PUT_600]: timed },
      }),
    );
    await settle();
    const row = page.querySelector<HTMLElement>('[data-strike="600"]');
    row
      ?.querySelector('.strike + td')
      ?.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    expect(row?.title).toBe('Quote of 10:15:01, 2.0 s old');
  });

  it('says why a span was not taken', async () => {
    const { page, api, settle, texts } = await setUp();
    api.spanReply = { kind: 'error', status: 422, detail: 'A span is 1 to 200, or all.' };
    page.querySelectorAll<HTMLButtonElement>('.seg button')[3]?.click();
    await settle();
    expect(texts('.notice[role=alert]')).toEqual(['A span is 1 to 200, or all.']);
    api.spanReply = { kind: 'ok' };
    page.querySelectorAll<HTMLButtonElement>('.seg button')[1]?.click();
    await settle();
    expect(texts('.notice')).toEqual(['']);
  });

  it('turns amber at 2 s and grey at 10 s, and keeps its numbers', async () => {
    const { page, clock, settle, texts } = await setUp();
    expect(page.dataset['freshness']).toBe('fresh');
    clock.advance(2400);
    await settle();
    expect([page.dataset['freshness'], ...texts('.head .age')]).toEqual(['stale', '2.4 s old']);
    clock.advance(9600);
    await settle();
    expect([page.dataset['freshness'], ...texts('.head .age')]).toEqual(['dead', '12 s old']);
    expect(texts('tbody .strike')).toEqual(['601', '600', '599']);
  });

  it('lays a warning that the head has no room for over the rows, whole', async () => {
    const { page, socket, settle, sizes, texts } = await setUp();
    const message = 'back-fill waits: REST answers nothing; it is asked again every 5 s';
    socket.send({
      type: 'status',
      seq: 2,
      ts: TEN_FIFTEEN,
      level: 'warning',
      message,
      event: null,
    });
    await settle();
    expect([...texts('.notice'), ...texts('.whole')]).toEqual([message]);
    // Four lines in a box of two.
    const line = page.querySelector('.notice');
    if (line) Object.defineProperty(line, 'scrollHeight', { value: 52 });
    sizes.resize(26);
    await settle();
    expect([...texts('.notice.over'), ...texts('.whole')]).toEqual([message, message]);
    sizes.resize(52, 900);
    await settle();
    expect(texts('.whole')).toEqual([]);
  });

  it('loses columns on a phone', async () => {
    const { width, settle, texts } = await setUp();
    width.set('phone');
    await settle();
    expect(texts(`${ROW_600} > *`)).toEqual(['+233K', '100', '1.02', '600', '1.02', '100', '−71K']);
  });

  it('hides a column and turns upside down by the menu, and remembers both', async () => {
    const { page, settle, texts } = await setUp();
    page.querySelector<HTMLButtonElement>('sm-column-menu button')?.click();
    await settle();
    const boxes = document.querySelectorAll<HTMLInputElement>('sm-column-choices input');
    boxes[1]?.click();
    boxes[8]?.click();
    await settle();
    expect(texts('tbody .strike')).toEqual(['599', '600', '601']);
    expect(texts('thead th')).not.toContain('Callγ flowsh/$');
    expect(texts('thead th')).toContain('CallΔ flowsh');
    expect(localStorage.getItem('spymaster.hidden-columns')).toBe('gammaFlow');
    expect(localStorage.getItem('spymaster.order')).toBe('low-first');
  });

  it('says in the menu which columns need a wider window', async () => {
    const { page, settle, width } = await setUp();
    width.set('medium');
    page.querySelector<HTMLButtonElement>('sm-column-menu button')?.click();
    await settle();
    const narrow = () =>
      [...document.querySelectorAll<HTMLLabelElement>('sm-column-choices label')]
        .filter((label) => label.querySelector('input')?.disabled)
        .map((label) => label.textContent.replace(/\s+/g, ' ').trim());
    expect(narrow()).toEqual([
      'γ flow sh/$ needs a wider window',
      'IV % needs a wider window',
      'Δ needs a wider window',
    ]);
    width.set('wide');
    await settle();
    expect(narrow()).toEqual([]);
  });

  it('shows dealers’ exposure on the same rows, its walls, lines and sum', async () => {
    const { page, texts, chain, clock, settle } = await setUp();
    chain.exposureReply = ok(exposure());
    clock.advance(1000);
    await settle();
    expect(texts('tbody td.expo')).toEqual(['Call wall +712', '+431', 'Put wall −324']);
    expect(texts('thead th.expo')).toEqual(['GEX$M per +1 %dealers']);
    expect(texts('tfoot td.expo')).toEqual(['+819']);
    // 20 px a row, 601 on top: 600.12 lies 0.88 rows under its middle, 599.53 1.47.
    const tops = [...page.querySelectorAll<HTMLElement>('.lines i')].map(({ style }) => style.top);
    expect(tops.map(parseFloat).map(Math.round)).toEqual([39, 28]);
    expect(texts('.lines b')).toEqual(['Flip 599.53']);
  });

  it('asks anew when other positions are assumed', async () => {
    const { page, chain, settle } = await setUp();
    page.querySelectorAll<HTMLButtonElement>('sm-exposure-head button')[1]?.click();
    await settle();
    const names = [...document.querySelectorAll('.menu-sheet b')].map((name) => name.textContent);
    expect(names).toEqual(['Flow', 'OI+flow', 'OI', 'Absolute', 'Short all']);
    document.querySelectorAll<HTMLButtonElement>('.menu-sheet button')[3]?.click();
    await settle();
    expect(chain.assumptions.at(0)).toEqual({ convention: 'D', base: 0 });
    expect(chain.assumptions.at(-1)).toEqual({ convention: 'B', base: 0 });
  });

  it('turns the exposure amber when it is not answered, while the ladder stays fresh', async () => {
    const { page, chain, clock, settle, socket } = await setUp();
    chain.exposureReply = ok(exposure());
    clock.advance(1000);
    await settle();
    chain.exposureReply = { kind: 'unreachable' };
    clock.advance(2000);
    socket.send(update(2));
    await settle();
    expect([page.dataset['freshness'], page.dataset['exposure']]).toEqual(['fresh', 'stale']);
  });

  it('opens the contract under a click, and by keys', async () => {
    const { page, settle } = await setUp();
    document.body.append(page);
    const selection = TestBed.inject(ContractSelection);
    page.querySelector<HTMLElement>(`${ROW_600} td`)?.click();
    expect(selection.ticker()).toBe(CALL_600);
    page.querySelector<HTMLElement>(`${ROW_600} th + td`)?.click();
    expect(selection.ticker()).toBe(PUT_600);
    const press = (key: string, shiftKey = false) => {
      const event = new KeyboardEvent('keydown', { key, shiftKey, bubbles: true });
      page.querySelector('tbody tr')?.dispatchEvent(event);
    };
    press('Enter');
    expect(selection.ticker()).toBe(CALL_600);
    press('Enter', true);
    expect(selection.ticker()).toBe(PUT_600);
    press('ArrowUp');
    await settle();
    expect(page.querySelector('tr[tabindex="0"]')?.getAttribute('data-strike')).toBe('601');
    expect(document.activeElement?.getAttribute('data-strike')).toBe('601');
  });

  it('draws its frame before the first figures', async () => {
    const { page, texts } = await setUp(null);
    expect(texts('sm-session-state')).toEqual(['Connecting to the server']);
    expect(page.querySelectorAll('.skeleton i').length).toBeGreaterThan(0);
  });

  it('says that it waits for the open', async () => {
    const before = session({
      mode: 'live',
      strikes: [],
      market_time: null,
      feed: feed({ state: 'waiting' }),
    });
    const { texts } = await setUp(snapshot({ session: before }));
    expect(texts('sm-session-state h3')).toEqual(['Waiting for the open']);
  });
});
