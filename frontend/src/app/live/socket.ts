import { Injectable } from '@angular/core';

/** What a socket tells its owner. */
export interface SocketEvents {
  opened(): void;
  received(text: string): void;
  /** Called once, whether the socket was ever open or not. */
  closed(): void;
}

/** One connection. */
export interface Socket {
  /** Close it; `closed` is not called for a close of one's own. */
  close(): void;
}

/** Opens connections; a hand-written fake stands in for it in tests. */
@Injectable({ providedIn: 'root', useFactory: () => new BrowserSockets() })
export abstract class Sockets {
  abstract open(url: string, events: SocketEvents): Socket;
}

/** WebSocket of the browser. */
export class BrowserSockets extends Sockets {
  override open(url: string, events: SocketEvents): Socket {
    const socket = new WebSocket(url);
    let mine = true;
    socket.onopen = () => {
      if (mine) events.opened();
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (mine && typeof message.data === 'string') events.received(message.data);
    };
    socket.onclose = () => {
      if (!mine) return;
      mine = false;
      events.closed();
    };
    return {
      close: () => {
        mine = false;
        socket.close();
      },
    };
  }
}
