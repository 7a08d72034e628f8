import { inject, Injectable } from '@angular/core';
import { Access } from './access';
import { ErrorReply } from './wire';

/** Why a request came to nothing. */
export type Failure =
  /** The server's own words; `status` is HTTP's. */
  | { readonly kind: 'error'; readonly status: number; readonly detail: string }
  /** Nothing answered. */
  | { readonly kind: 'unreachable' };

/** What a question came to. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Failure;

/** A server that has not done by then what it does at once hangs. */
const AT_ONCE_MS = 5000;

/** A failure in words for a person; `undone` says what did not happen. */
export function failureWords(failure: Failure, undone: string): string {
  return failure.kind === 'error' ? failure.detail : `${undone}: the server does not answer.`;
}

/** Requests to the server in JSON, with the token if there is one. */
@Injectable({ providedIn: 'root' })
export class Http {
  private readonly access = inject(Access);

  /** Ask; fields that are null or undefined are left out of the address. */
  get<T>(
    path: string,
    fields: Readonly<Record<string, string | number | null | undefined>> = {},
  ): Promise<Answer<T>> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      if (value !== null && value !== undefined) query.set(name, String(value));
    }
    return this.send(query.size === 0 ? path : `${path}?${query.toString()}`, { method: 'GET' });
  }

  /** Have something done; `takes` long what the server answers only once it is done. */
  post<T>(path: string, body: unknown, takes: 'moment' | 'long' = 'moment'): Promise<Answer<T>> {
    const signal = takes === 'long' ? null : AbortSignal.timeout(AT_ONCE_MS);
    return this.send(path, { method: 'POST', body: JSON.stringify(body), signal });
  }

  private async send<T>(path: string, request: RequestInit): Promise<Answer<T>> {
    const headers = new Headers({ 'Content-Type': 'application/json' });
    const token = this.access.token();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    let response: Response;
    let text: string;
    try {
      response = await fetch(path, { ...request, headers });
      text = await response.text();
    } catch {
      return { kind: 'unreachable' };
    }
    const { ok, status } = response;
    const value = parsed(text);
    if (ok && value !== undefined) return { kind: 'ok', value: value as T };
    const detail = ok
      ? 'The server answered something else than JSON.'
      : ((value as ErrorReply | undefined)?.detail ?? `The server answered ${status}.`);
    return { kind: 'error', status, detail };
  }
}

/** What JSON says; undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
