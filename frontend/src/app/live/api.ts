import { inject, Injectable } from '@angular/core';
import { Answer, Failure, Http } from './http';
import {
  CachedDay,
  CacheReply,
  ModeRequest,
  ReplayRequest,
  SessionReply,
  WindowRequest,
} from './wire';

export { failureWords } from './http';
export type { Answer, Failure } from './http';

/** What a request came to. */
export type Reply = { readonly kind: 'ok' } | Failure;

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

/** The real server. */
export class HttpApi extends Api {
  private readonly http = inject(Http);

  override probe(): Promise<Reply> {
    return this.http.get('/api/session');
  }

  override chooseSpan(span: WindowRequest['span']): Promise<Reply> {
    return this.http.post('/api/window', { span } satisfies WindowRequest);
  }

  override switchMode(request: Partial<ModeRequest>): Promise<Answer<SessionReply>> {
    // A day is read first, which may come from S3.
    return this.http.post('/api/mode', request, 'long');
  }

  override controlReplay(request: Partial<ReplayRequest>): Promise<Answer<SessionReply>> {
    return this.http.post('/api/replay', request);
  }

  override async cachedDays(): Promise<Answer<readonly CachedDay[]>> {
    const answer = await this.http.get<CacheReply>('/api/cache');
    return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.days } : answer;
  }
}
