import { TestBed } from '@angular/core/testing';
import { event, snapshot, status } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { alertLine, EVENTS_KEPT, mergeEvents } from './alert-lines';
import { Alerts } from './alerts';
import { signingShares } from './signing';

describe('a line of the alerts', () => {
  it('tells a refill by its words, how much it brought, and its hue', () => {
    expect(
      alertLine(event({ kind: 'refill', message: '1.8 s, refilled', prints: 1412 })),
    ).toMatchObject({
      time: '10:15:03',
      name: 'Refilled',
      text: '1.8 s, refilled',
      figure: '1,412 prints',
      amber: true,
    });
  });

  it('does not tell twice how many prints a refill brought', () => {
    const message = 'REST brought 25,115 prints of 42 contracts';
    const line = alertLine(event({ kind: 'refill', message, prints: 25_115 }));
    expect([line.text, line.figure]).toEqual(['from REST, 42 contracts', '25,115 prints']);
  });

  it.each([
    ['the feed is connected', 'connected'],
    ['the feed is lost: it closed', 'lost: it closed'],
    ['more comes than can be taken in', 'more comes than can be taken in'],
  ])('does not say twice that it is about the feed: %s', (message, text) => {
    expect(alertLine(event({ kind: 'feed', message })).text).toBe(text);
  });

  it('says how long a gap was', () => {
    expect(alertLine(event({ kind: 'refill', prints: 1 })).figure).toBe('1 print');
    expect(alertLine(event({ kind: 'gap', start: 1000, end: 2800 })).figure).toBe('1.8 s');
    expect(alertLine(event({ kind: 'mode' }))).toMatchObject({ figure: '', amber: false });
  });

  it('comes once, in order, and not for ever', () => {
    const first = event({ t: 1 });
    const second = event({ t: 2 });
    expect(mergeEvents([second], [first, second])).toEqual([first, second]);
    const many = Array.from({ length: EVENTS_KEPT + 5 }, (_, t) => event({ t }));
    expect(mergeEvents([], many)[0]?.t).toBe(5);
  });
});

describe('premium by signing rule', () => {
  it('is shared out, unsigned last', () => {
    const shares = signingShares({ QUOTE_AT: 40, TSIZE: 10, DEPTH: 25, COMPLEX: 20, NONE: 5 });
    expect(shares.map(({ name, share }) => [name, share])).toEqual([
      ['At quote', 0.5],
      ['Inside', 0],
      ['Depth', 0.25],
      ['Tick', 0],
      ['Outside', 0],
      ['Unsigned', 0.25],
    ]);
    expect(signingShares({ MODEL_MID: 1, NONE: 1 }).map(({ name }) => name)).toContain('Model');
  });

  it('is unknown before the first print', () => {
    expect(signingShares({})).toEqual([]);
  });
});

async function setUp() {
  const edges = fakes();
  edges.flow.eventsAnswer = { kind: 'ok', value: [event({ t: 1000, message: 'connected' })] };
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(Alerts);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  socket.send(snapshot());
  const settle = async () => {
    edges.clock.paint();
    await fixture.whenStable();
  };
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const texts = () => [...page.querySelectorAll('.what')].map((cell) => cell.textContent.trim());
  return { ...edges, socket, page, texts, settle };
}

describe('Alerts', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('puts what comes on top of what was, and counts it until it is looked at', async () => {
    const { socket, page, texts, settle } = await setUp();
    expect(texts()).toEqual(['Feed connected']);
    expect(page.querySelector('.count')).toBeNull();
    socket.send(status(2, event({ t: 2000, kind: 'gap', message: '1.8 s' })));
    await settle();
    expect(texts()).toEqual(['Feed gap 1.8 s', 'Feed connected']);
    expect(page.querySelector('.count')?.textContent).toBe('1 new');
    page.querySelector('section')?.dispatchEvent(new Event('pointerleave'));
    await settle();
    expect(page.querySelector('.count')).toBeNull();
  });

  it('says what share of the premium is signed by what', async () => {
    const { page } = await setUp();
    expect(page.querySelector('dl')?.textContent.replaceAll(/\s+/g, ' ')).toContain(
      'At quote42 %Inside33 %',
    );
  });
});
