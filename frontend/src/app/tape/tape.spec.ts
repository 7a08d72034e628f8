import { TestBed } from '@angular/core/testing';
import { print, snapshot, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { evidenceWords, spreadPlace } from './evidence';
import { LINES_SHOWN, tapeLine } from './tape-lines';
import { Tape } from './tape';

const quoted = { bid: 1, ask: 1.04 };

describe('evidence', () => {
  it.each([
    ['At ask', { ...quoted, rule: 'QUOTE_AT', price: 1.04 }],
    ['At bid', { ...quoted, rule: 'QUOTE_AT', price: 1 }],
    ['Inside, high', { ...quoted, rule: 'QUOTE_IN', price: 1.03 }],
    ['Inside, low', { ...quoted, rule: 'QUOTE_IN', price: 1.01 }],
    ['Above ask', { ...quoted, rule: 'QUOTE_OUT', price: 1.05 }],
    ['Below bid', { ...quoted, rule: 'QUOTE_OUT', price: 0.99 }],
    ['Multi-leg', { ...quoted, rule: 'COMPLEX', price: 1 }],
    ['New rule', { ...quoted, rule: 'NEW_RULE', price: 1 }],
  ])('says “%s”', (words, row) => {
    expect(evidenceWords(row)).toBe(words);
  });

  it('places a price in the spread, and nowhere without one', () => {
    expect(spreadPlace({ price: 1.01, ...quoted })).toBeCloseTo(0.25);
    expect(spreadPlace({ price: 2, ...quoted })).toBe(1);
    expect(spreadPlace({ price: 1, bid: 1, ask: 1 })).toBe(0.5);
    expect(spreadPlace({ price: 1, bid: null, ask: 1 })).toBeNull();
    expect(spreadPlace({ price: 1, bid: 1.1, ask: 1 })).toBeNull();
  });
});

describe('a line of the tape', () => {
  it('holds the print in words and figures', () => {
    expect(tapeLine({ id: 7, row: print() })).toEqual({
      id: 7,
      time: '10:15:03',
      millis: '.000',
      strike: '600',
      type: 'C',
      side: 'Buy',
      arrow: '▲',
      size: '12',
      price: '1.02',
      bid: '1.01',
      ask: '1.02',
      place: 100,
      premium: '$1.2K',
      delta: '0.52',
      evidence: 'At ask',
      confidence: '0.70',
      quoteAge: '8',
      quoteOld: false,
      tags: [],
      notable: false,
    });
  });

  it('gives no confidence to a print without a side', () => {
    const line = tapeLine({ id: 1, row: print({ side: 0, rule: 'NONE', confidence: 0.5 }) });
    expect([line.side, line.arrow, line.confidence]).toEqual(['None', '–', '']);
  });

  it('stands out by premium or by tag', () => {
    const notable = (part: Parameters<typeof print>[0]) =>
      tapeLine({ id: 1, row: print(part) }).notable;
    expect([notable({ premium: 25_000 }), notable({ tags: ['block'] }), notable({})]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

async function setUp() {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(Tape);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  socket.send(snapshot({ trades: [print({ size: 1 }), print({ size: 2 })] }));
  const settle = async () => {
    edges.clock.paint();
    await fixture.whenStable();
  };
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const sizes = () =>
    [...page.querySelectorAll('tbody .size')].map((cell) => cell.textContent.trim());
  return { socket, page, sizes, settle };
}

describe('Tape', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('has the newest print on top and draws no more than it shows', async () => {
    const { socket, sizes, settle } = await setUp();
    expect(sizes()).toEqual(['2', '1']);
    socket.send(update(2, { trades: Array.from({ length: 80 }, () => print({ size: 3 })) }));
    await settle();
    expect(sizes()).toHaveLength(LINES_SHOWN);
  });

  it('stands still when paused and says how many wait', async () => {
    const { socket, page, sizes, settle } = await setUp();
    const pause = page.querySelector<HTMLButtonElement>('.pause');
    pause?.click();
    socket.send(update(2, { trades: [print({ size: 3 }), print({ size: 4 })] }));
    await settle();
    expect(sizes()).toEqual(['2', '1']);
    expect(page.querySelector('.waiting')?.textContent).toBe('2 wait');
    pause?.click();
    await settle();
    expect(sizes()).toEqual(['4', '3', '2', '1']);
    expect(page.querySelector('.waiting')).toBeNull();
  });

  it('stands still under a mouse, and not under a finger that left', async () => {
    const { socket, page, sizes, settle } = await setUp();
    const list = page.querySelector('.scroller');
    const point = (type: string, pointerType: string) => {
      list?.dispatchEvent(Object.assign(new Event(type), { pointerType }));
    };
    point('pointerenter', 'touch');
    socket.send(update(2, { trades: [print({ size: 3 })] }));
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
    point('pointerenter', 'mouse');
    socket.send(update(3, { trades: [print({ size: 4 })] }));
    await settle();
    expect(sizes()).toEqual(['3', '2', '1']);
    point('pointerleave', 'mouse');
    await settle();
    expect(sizes()).toEqual(['4', '3', '2', '1']);
  });
});
