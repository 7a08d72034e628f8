import { effect, inject, Injectable, untracked } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { SpanStore } from '../strike-grid/span';
import { Link, ReplayLink } from './replay-link';
import { ReplayStore } from './replay-store';

/** Goes, once the server is there, to the moment that the page's address names. */
@Injectable({ providedIn: 'root' })
export class ReplayRestore {
  private readonly store = inject(MarketStore);
  private readonly replay = inject(ReplayStore);
  private readonly link = inject(ReplayLink);
  private readonly spans = inject(SpanStore);

  constructor() {
    const waiting = effect(() => {
      if (this.store.session() === null) return;
      waiting.destroy();
      untracked(() => {
        const asked = this.link.asked();
        if (asked !== null) void this.restore(asked);
      });
    });
  }

  private async restore({ date, at, span }: Link): Promise<void> {
    await this.replay.open(date, at);
    if (span !== null && span !== this.spans.span()) await this.spans.choose(span);
  }
}
