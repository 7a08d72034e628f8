import { inject, Injectable, signal } from '@angular/core';
import { Access } from './live/access';
import { Api } from './live/api';
import { Clock, Stop } from './live/clock';
import { Connection, lost, retryDelay } from './live/connection';
import { parseFrame } from './live/frames';
import { Socket, Sockets } from './live/socket';
import { StreamFrame } from './live/wire';

/**
 * The page's connection to `/ws/stream`.
 *
 * Frames are numbered; a number that is not the next one means a loss, and the connection is made
 * anew for a whole snapshot. A lost server is tried for ever. A browser cannot see why a handshake
 * was refused, so a socket that never opened is followed by a question over HTTP.
 */
@Injectable({ providedIn: 'root' })
export class DataStreamService {
  private readonly sockets = inject(Sockets);
  private readonly clock = inject(Clock);
  private readonly api = inject(Api);
  private readonly access = inject(Access);

  private readonly state = signal<Connection>({ state: 'connecting' });
  private readonly listeners = new Set<(frame: StreamFrame) => void>();

  private socket: Socket | null = null;
  private stopRetry: Stop | null = null;
  private lastSeq: number | null = null;
  private attempt = 0;
  private lostAt = 0;
  /** Changes whenever an answer still on its way has become meaningless. */
  private epoch = 0;

  /** Where the page stands with the server. */
  readonly connection = this.state.asReadonly();

  /** Hand every frame to `listener`, in order and once; returns what stops it. */
  onFrame(listener: (frame: StreamFrame) => void): Stop {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Connect, and stay connected. */
  start(): void {
    if (this.socket === null && this.stopRetry === null) this.connect();
  }

  /** Let go of the server. */
  stop(): void {
    this.epoch += 1;
    this.drop();
    this.stopRetry?.();
    this.stopRetry = null;
  }

  /** Try again at once with a token, kept for this tab. */
  useToken(token: string): void {
    this.access.keep(token);
    this.stop();
    this.attempt = 0;
    this.state.set({ state: 'connecting' });
    this.connect();
  }

  private connect(): void {
    this.stopRetry = null;
    this.lastSeq = null;
    console.log('Connecting to 0DTE stream');
    let wasOpen = false;
    const socket = this.sockets.open(this.url(), {
      opened: () => {
        wasOpen = true;
        console.log('Connected to stream');
      },
      received: (text) => {
        this.receive(text);
      },
      closed: () => {
        this.socket = null;
        if (wasOpen) this.retry();
        else void this.askWhy();
      },
    });
    this.socket = socket;
  }

  private url(): string {
    const { protocol, host } = window.location;
    const url = new URL(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws/stream`);
    const token = this.access.token();
    if (token !== null) url.searchParams.set('token', token);
    return url.href;
  }

  private receive(text: string): void {
    const frame = parseFrame(text);
    if (frame === null || !this.isNext(frame)) {
      console.warn(frame === null ? 'Unreadable frame' : `Frames lost before ${frame.seq}`);
      this.drop();
      this.retry();
      return;
    }
    this.lastSeq = frame.seq;
    if (frame.type === 'snapshot') {
      this.attempt = 0;
      this.state.set({ state: 'open' });
    }
    for (const listener of this.listeners) listener(frame);
  }

  private isNext(frame: StreamFrame): boolean {
    return this.lastSeq === null ? frame.type === 'snapshot' : frame.seq === this.lastSeq + 1;
  }

  private async askWhy(): Promise<void> {
    const { epoch } = this;
    const reply = await this.api.probe();
    if (this.epoch !== epoch) return;
    if (reply.kind === 'error' && (reply.status === 401 || reply.status === 403)) {
      this.state.set({ state: 'refused', message: reply.detail });
    } else {
      this.retry();
    }
  }

  private retry(): void {
    if (this.attempt === 0) this.lostAt = this.clock.now();
    this.attempt += 1;
    this.state.set(lost(this.attempt, this.lostAt));
    this.stopRetry = this.clock.after(retryDelay(this.attempt, this.clock.random()), () => {
      this.connect();
    });
  }

  private drop(): void {
    this.socket?.close();
    this.socket = null;
  }
}
