import { computed, inject, Injectable, signal } from '@angular/core';
import { Api, failureWords } from '../live/api';
import { MarketStore } from '../live/market-store';
import { WindowRequest } from '../live/wire';

/** Strikes each side of the money, or the whole chain. */
export type Span = WindowRequest['span'];

/** What the switch offers, in the order of the keys 1 to 4. */
export const SPANS: readonly Span[] = [3, 10, 30, 'all'];

/** The width of the window. The server's word holds; a choice is only asked for. */
@Injectable({ providedIn: 'root' })
export class SpanStore {
  private readonly api = inject(Api);
  private readonly store = inject(MarketStore);
  private readonly failure = signal<string | null>(null);

  /** What the server follows; null before the first snapshot. */
  readonly span = computed(() => this.store.session()?.span ?? null);
  /** Why the last choice was not taken; null when it was. */
  readonly error = this.failure.asReadonly();

  /** Ask the server for another window. */
  async choose(span: Span): Promise<void> {
    const reply = await this.api.chooseSpan(span);
    this.failure.set(reply.kind === 'ok' ? null : failureWords(reply, 'The span was not changed'));
  }
}
