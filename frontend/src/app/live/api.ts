import { inject, Injectable } from '@angular/core';
import { Access } from './access';
import { ErrorReply, WindowRequest } from './wire';

/** What a request came to. */
export type Reply =
  | { readonly kind: 'ok' }
  /** The server's own words; `status` is HTTP's. */
  | { readonly kind: 'error'; readonly status: number; readonly detail: string }
  /** Nothing answered. */
  | { readonly kind: 'unreachable' };

/** The HTTP side of the server. */
@Injectable({ providedIn: 'root', useFactory: () => new HttpApi() })
export abstract class Api {
  /** Ask whether the server is there and lets this page in. */
  abstract probe(): Promise<Reply>;
  /** Choose how many strikes each side of the money are followed. */
  abstract chooseSpan(span: WindowRequest['span']): Promise<Reply>;
}

/** `fetch`, with the token if there is one. */
export class HttpApi extends Api {
  private readonly access = inject(Access);

  override probe(): Promise<Reply> {
    return this.send('/api/session', { method: 'GET' });
  }

  override chooseSpan(span: WindowRequest['span']): Promise<Reply> {
    const request: WindowRequest = { span };
    return this.send('/api/window', { method: 'POST', body: JSON.stringify(request) });
  }

  private async send(path: string, request: RequestInit): Promise<Reply> {
    const headers = new Headers({ 'Content-Type': 'application/json' });
    const token = this.access.token();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    let response: Response;
    try {
      response = await fetch(path, { ...request, headers });
    } catch {
      return { kind: 'unreachable' };
    }
    if (response.ok) return { kind: 'ok' };
    return { kind: 'error', status: response.status, detail: await detailOf(response) };
  }
}

async function detailOf(response: Response): Promise<string> {
  try {
    return (JSON.parse(await response.text()) as ErrorReply).detail;
  } catch {
    return `The server answered ${response.status}.`;
  }
}
