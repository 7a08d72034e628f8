import { inject, Injectable } from '@angular/core';
import { Answer, Http } from './http';
import {
  BarsReply,
  ExposurePathReply,
  ExposureReply,
  FetchReply,
  FetchRequest,
  HeatmapReply,
  SessionReply,
  SmileReply,
  UsualReply,
} from './wire';

/** Whose positions exposures assume. */
export interface Assumption {
  readonly convention: ExposureReply['convention'];
  /** Share of open interest that convention D starts with, -1 to 1. */
  readonly base: number;
}

/** What a heatmap shows, and how finely. */
export interface HeatmapRequest extends Assumption {
  readonly lens: HeatmapReply['lens'];
  /** Length of a column, seconds. */
  readonly interval: number;
  /** UNIX ms: columns from there on; null for all. */
  readonly since?: number | null;
}

/** What the server tells of the chain, and of days that are not on its disk. */
@Injectable({ providedIn: 'root', useFactory: () => new HttpChainApi() })
export abstract class ChainApi {
  /** Exposures by strike, and the levels, now. */
  abstract exposure(assumption: Assumption): Promise<Answer<ExposureReply>>;
  /** Totals and levels through the day. */
  abstract exposurePath(assumption: Assumption): Promise<Answer<ExposurePathReply>>;
  /** Implied volatility by strike. */
  abstract smile(): Promise<Answer<SmileReply>>;
  /** One measure by strike and time. */
  abstract heatmap(request: HeatmapRequest): Promise<Answer<HeatmapReply>>;
  /** The day so far by the minute. */
  abstract minutes(): Promise<Answer<BarsReply>>;
  /** What earlier sessions tell of a day. */
  abstract usual(): Promise<Answer<UsualReply>>;
  /** Switch the rule that signs by trade size. */
  abstract signByTradeSize(on: boolean): Promise<Answer<SessionReply>>;
  /** How the fetch of a day goes. */
  abstract fetchState(): Promise<Answer<FetchReply>>;
  /** Start or stop the fetch of a day. */
  abstract fetchDay(request: Partial<FetchRequest>): Promise<Answer<FetchReply>>;
}

/** The real server. */
export class HttpChainApi extends ChainApi {
  private readonly http = inject(Http);

  override exposure({ convention, base }: Assumption): Promise<Answer<ExposureReply>> {
    return this.http.get('/api/exposure', { convention, base });
  }

  override exposurePath({ convention, base }: Assumption): Promise<Answer<ExposurePathReply>> {
    return this.http.get('/api/exposure/path', { convention, base });
  }

  override smile(): Promise<Answer<SmileReply>> {
    return this.http.get('/api/smile');
  }

  override heatmap(request: HeatmapRequest): Promise<Answer<HeatmapReply>> {
    const { lens, interval, convention, base, since } = request;
    return this.http.get('/api/heatmap', { lens, interval, convention, base, since });
  }

  override minutes(): Promise<Answer<BarsReply>> {
    return this.http.get('/api/bars', { interval: '1m' });
  }

  override usual(): Promise<Answer<UsualReply>> {
    return this.http.get('/api/usual');
  }

  override signByTradeSize(on: boolean): Promise<Answer<SessionReply>> {
    return this.http.post('/api/rules', { trade_size: on });
  }

  override fetchState(): Promise<Answer<FetchReply>> {
    return this.http.get('/api/fetch');
  }

  override fetchDay(request: Partial<FetchRequest>): Promise<Answer<FetchReply>> {
    // To stop one waits for what is being written.
    return this.http.post('/api/fetch', request, 'long');
  }
}
