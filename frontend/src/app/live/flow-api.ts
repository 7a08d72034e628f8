import { inject, Injectable } from '@angular/core';
import { Answer, Http } from './http';
import { BarsReply, Event, EventsReply, PrintsReply, TapeReply } from './wire';

/** Which prints are meant; null for all of them. */
export interface PrintFilter {
  readonly type?: 'C' | 'P' | null;
  readonly legs?: 'single' | 'multi' | null;
  /** USD. */
  readonly strike?: number | null;
  readonly ticker?: string | null;
}

/** Bars of the prints that pass a filter. */
export interface BarsQuery extends PrintFilter {
  readonly interval: BarsReply['interval'];
  /** UNIX ms: bars from there on; null for the open. */
  readonly since?: number | null;
  /** The measures wanted, divided by commas; null for all. */
  readonly measures?: string | null;
}

/** A page of the tape. */
export interface TapeQuery {
  readonly type?: 'C' | 'P' | null;
  /** USD. */
  readonly strike?: number | null;
  readonly side?: 'buy' | 'sell' | 'none' | null;
  /** Contracts. */
  readonly min_size?: number | null;
  /** USD. */
  readonly min_premium?: number | null;
  readonly tag?: string | null;
  /** Id of a print: those that come before it; null for the newest. */
  readonly before?: number | null;
  /** How many of those, newest first, are left out. */
  readonly skip?: number | null;
  readonly limit: number;
}

/** The prints of a stretch of time. */
export interface PrintsQuery extends PrintFilter {
  /** UNIX ms; of the whole day if left out. */
  readonly from?: number;
  /** UNIX ms; itself not in it. */
  readonly to?: number;
  readonly limit: number;
}

/** What the server tells of flow. */
@Injectable({ providedIn: 'root', useFactory: () => new HttpFlowApi() })
export abstract class FlowApi {
  /** Flow by interval, oldest first. */
  abstract bars(query: BarsQuery): Promise<Answer<BarsReply>>;
  /** Prints that pass a filter, newest first. */
  abstract tape(query: TapeQuery): Promise<Answer<TapeReply>>;
  /** Prints behind an aggregate, and their sums. */
  abstract prints(query: PrintsQuery): Promise<Answer<PrintsReply>>;
  /** What happened to the feed and the product, oldest first. */
  abstract events(): Promise<Answer<readonly Event[]>>;
}

/** The real server. */
export class HttpFlowApi extends FlowApi {
  private readonly http = inject(Http);

  override bars(query: BarsQuery): Promise<Answer<BarsReply>> {
    return this.http.get('/api/bars', { ...query });
  }

  override tape(query: TapeQuery): Promise<Answer<TapeReply>> {
    return this.http.get('/api/tape', { ...query });
  }

  override prints(query: PrintsQuery): Promise<Answer<PrintsReply>> {
    return this.http.get('/api/prints', { ...query });
  }

  override async events(): Promise<Answer<readonly Event[]>> {
    const answer = await this.http.get<EventsReply>('/api/events');
    return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.events } : answer;
  }
}
