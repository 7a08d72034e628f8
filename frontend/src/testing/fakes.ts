import { Provider, signal } from '@angular/core';
import { Answer, Api, Reply } from '../app/live/api';
import { ChainApi } from '../app/live/chain-api';
import { Clock, Stop } from '../app/live/clock';
import { BarsQuery, FlowApi, PrintsQuery, TapeQuery } from '../app/live/flow-api';
import { Socket, SocketEvents, Sockets } from '../app/live/socket';
import {
  BarsReply,
  CachedDay,
  Event,
  ModeRequest,
  PrintsReply,
  ReplayRequest,
  SessionReply,
  StreamFrame,
  TapeReply,
  WindowRequest,
} from '../app/live/wire';
import { Motion } from '../app/ui/motion';
import { Size, Sizes } from '../app/ui/sizes';
import { Viewport, Width } from '../app/ui/viewport';
import { FakeChainApi } from './chain-fakes';

interface Timer {
  at: number;
  readonly every: number | null;
  readonly run: () => void;
}

/** Time that a test moves. */
export class FakeClock extends Clock {
  private timers: Timer[] = [];
  private frames: (() => void)[] = [];

  constructor(private time = 1_765_897_503_000) {
    super();
  }

  override now(): number {
    return this.time;
  }

  override after(ms: number, run: () => void): Stop {
    return this.add({ at: this.time + ms, every: null, run });
  }

  override every(ms: number, run: () => void): Stop {
    return this.add({ at: this.time + ms, every: ms, run });
  }

  override nextFrame(run: () => void): Stop {
    this.frames.push(run);
    return () => {
      this.frames = this.frames.filter((frame) => frame !== run);
    };
  }

  override random(): number {
    return 0;
  }

  /** Frames that wait to be painted. */
  get framesWaiting(): number {
    return this.frames.length;
  }

  /** Paint once. */
  paint(): void {
    const { frames } = this;
    this.frames = [];
    for (const run of frames) run();
  }

  /** Let `ms` pass, running what is due in order. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.time = due.at;
      if (due.every === null) this.timers = this.timers.filter((timer) => timer !== due);
      else due.at += due.every;
      due.run();
    }
    this.time = until;
  }

  private add(timer: Timer): Stop {
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }
}

/** A connection whose far end is the test. */
export class FakeSocket implements Socket {
  closed = false;

  constructor(
    readonly url: string,
    private readonly events: SocketEvents,
  ) {}

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.events.opened();
  }

  send(frame: StreamFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (!this.closed) this.events.received(text);
  }

  lose(): void {
    this.closed = true;
    this.events.closed();
  }
}

/** Keeps every connection the page made. */
export class FakeSockets extends Sockets {
  readonly all: FakeSocket[] = [];

  override open(url: string, events: SocketEvents): Socket {
    const socket = new FakeSocket(url, events);
    this.all.push(socket);
    return socket;
  }

  get last(): FakeSocket {
    const socket = this.all.at(-1);
    if (socket === undefined) throw new Error('nothing was opened');
    return socket;
  }
}

/** A server that answers as the test says. */
export class FakeApi extends Api {
  probeReply: Reply = { kind: 'unreachable' };
  spanReply: Reply = { kind: 'ok' };
  readonly spans: WindowRequest['span'][] = [];
  days: Answer<readonly CachedDay[]> = { kind: 'ok', value: [] };
  readonly modes: Partial<ModeRequest>[] = [];
  readonly controls: Partial<ReplayRequest>[] = [];
  /** Answers to come, first first; then nothing answers. */
  readonly answers: Answer<SessionReply>[] = [];

  override probe(): Promise<Reply> {
    return Promise.resolve(this.probeReply);
  }

  override chooseSpan(span: WindowRequest['span']): Promise<Reply> {
    this.spans.push(span);
    return Promise.resolve(this.spanReply);
  }

  override switchMode(request: Partial<ModeRequest>): Promise<Answer<SessionReply>> {
    this.modes.push(request);
    return this.next();
  }

  override controlReplay(request: Partial<ReplayRequest>): Promise<Answer<SessionReply>> {
    this.controls.push(request);
    return this.next();
  }

  override cachedDays(): Promise<Answer<readonly CachedDay[]>> {
    return Promise.resolve(this.days);
  }

  private next(): Promise<Answer<SessionReply>> {
    return Promise.resolve(this.answers.shift() ?? { kind: 'unreachable' });
  }
}

/** Flow as the test says; keeps what was asked. */
export class FakeFlowApi extends FlowApi {
  eventsAnswer: Answer<readonly Event[]> = { kind: 'ok', value: [] };
  barsAnswer: (query: BarsQuery) => Answer<BarsReply> = () => ({ kind: 'unreachable' });
  tapeAnswer: (query: TapeQuery) => Answer<TapeReply> = () => ({ kind: 'unreachable' });
  printsAnswer: (query: PrintsQuery) => Answer<PrintsReply> = () => ({ kind: 'unreachable' });
  readonly barsAsked: BarsQuery[] = [];
  readonly tapeAsked: TapeQuery[] = [];
  readonly printsAsked: PrintsQuery[] = [];

  override bars(query: BarsQuery): Promise<Answer<BarsReply>> {
    this.barsAsked.push(query);
    return Promise.resolve(this.barsAnswer(query));
  }

  override tape(query: TapeQuery): Promise<Answer<TapeReply>> {
    this.tapeAsked.push(query);
    return Promise.resolve(this.tapeAnswer(query));
  }

  override prints(query: PrintsQuery): Promise<Answer<PrintsReply>> {
    this.printsAsked.push(query);
    return Promise.resolve(this.printsAnswer(query));
  }

  override events(): Promise<Answer<readonly Event[]>> {
    return Promise.resolve(this.eventsAnswer);
  }
}

/** Remembers what would have moved. */
export class FakeMotion implements Pick<Motion, 'wash' | 'fadeAlong' | 'scroll'> {
  washed: HTMLElement[] = [];
  scrolls: string[] = [];

  fadeAlong(): void {
    // Nothing fades here.
  }

  wash(element: HTMLElement): void {
    this.washed.push(element);
  }

  scroll(view: HTMLElement, top: number, how: 'instant' | 'smooth'): void {
    this.scrolls.push(`${top} ${how}`);
    view.scrollTop = top;
  }
}

/** Elements are as large as the test says. */
export class FakeSizes extends Sizes {
  private readonly watchers = new Map<Element, (size: Size) => void>();

  override watchSize(element: Element, tell: (size: Size) => void): Stop {
    this.watchers.set(element, tell);
    return () => {
      this.watchers.delete(element);
    };
  }

  /** Make everything that is watched so tall and wide, px. */
  resize(height: number, width = 400): void {
    for (const [element, tell] of this.watchers) {
      Object.defineProperty(element, 'clientHeight', { value: height, configurable: true });
      tell({ width, height });
    }
  }
}

/** The edges of the page, as fakes. */
export function fakes() {
  const clock = new FakeClock();
  const sockets = new FakeSockets();
  const api = new FakeApi();
  const flow = new FakeFlowApi();
  const chain = new FakeChainApi();
  const motion = new FakeMotion();
  const sizes = new FakeSizes();
  const width = signal<Width>('wide');
  const providers: Provider[] = [
    { provide: Clock, useValue: clock },
    { provide: Sockets, useValue: sockets },
    { provide: Api, useValue: api },
    { provide: FlowApi, useValue: flow },
    { provide: ChainApi, useValue: chain },
    { provide: Motion, useValue: motion },
    { provide: Sizes, useValue: sizes },
    { provide: Viewport, useValue: { width } },
  ];
  return { clock, sockets, api, flow, chain, motion, sizes, width, providers };
}
