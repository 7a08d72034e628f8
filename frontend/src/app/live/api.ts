import { inject, Injectable } from '@angular/core';
import { Access } from './access';
import {
  CachedDay,
  CacheReply,
  ErrorReply,
  ModeRequest,
  ReplayRequest,
  SessionReply,
  WindowRequest,
} from './wire';

/** Why a request came to nothing. */
export type Failure =
  /** The server's own words; `status` is HTTP's. */
  | { readonly kind: 'error'; readonly status: number; readonly detail: string }
  /** Nothing answered. */
  | { readonly kind: 'unreachable' };

/** What a request came to. */
export type Reply = { readonly kind: 'ok' } | Failure;

/** What a question came to. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Failure;

/** A failure in words for a person; `undone` says what did not happen. */
export function failureWords(failure: Failure, undone: string): string {
  return failure.kind === 'error' ? failure.detail : `${undone}: the server does not answer.`;
}

/** The HTTP side of the server. */
@Injectable({ providedIn: 'root', useFactory: () => new HttpApi() })
export abstract class Api {
  /** Ask whether the server is there and lets this page in. */
  abstract probe(): Promise<Reply>;
  /** Choose how many strikes each side of the money are followed. */
  abstract chooseSpan(span: WindowRequest['span']): Promise<Reply>;
  /** Show another mode or day; answers with the session as it then is. */
  abstract switchMode(request: Partial<ModeRequest>): Promise<Answer<SessionReply>>;
  /** Play, pause, seek, step or change speed; answers with the session as it then is. */
  abstract controlReplay(request: Partial<ReplayRequest>): Promise<Answer<SessionReply>>;
  /** The days that can be replayed, oldest first. */
  abstract cachedDays(): Promise<Answer<readonly CachedDay[]>>;
}

/** `fetch`, with the token if there is one. */
export class HttpApi extends Api {
  private readonly access = inject(Access);

  override probe(): Promise<Reply> {
    return this.get('/api/session');
  }

  override chooseSpan(span: WindowRequest['span']): Promise<Reply> {
    return this.post('/api/window', { span } satisfies WindowRequest);
  }

  override switchMode(request: Partial<ModeRequest>): Promise<Answer<SessionReply>> {
    return this.post('/api/mode', request);
  }

  override controlReplay(request: Partial<ReplayRequest>): Promise<Answer<SessionReply>> {
    return this.post('/api/replay', request);
  }

  override async cachedDays(): Promise<Answer<readonly CachedDay[]>> {
    const answer: Answer<CacheReply> = await this.get('/api/cache');
    return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.days } : answer;
  }

  private get<T>(path: string): Promise<Answer<T>> {
    return this.send(path, { method: 'GET' });
  }

  private post<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.send(path, { method: 'POST', body: JSON.stringify(body) });
  }

  private async send<T>(path: string, request: RequestInit): Promise<Answer<T>> {
    const headers = new Headers({ 'Content-Type': 'application/json' });
    const token = this.access.token();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    try {
      const response = await fetch(path, { ...request, headers });
      if (response.ok) return { kind: 'ok', value: (await response.json()) as T };
      return { kind: 'error', status: response.status, detail: await detailOf(response) };
    } catch {
      return { kind: 'unreachable' };
    }
  }
}

async function detailOf(response: Response): Promise<string> {
  try {
    return (JSON.parse(await response.text()) as ErrorReply).detail;
  } catch {
    return `The server answered ${response.status}.`;
  }
}
