import { effect, inject, Injectable, untracked } from '@angular/core';
import { MarketStore } from '../live/market-store';
import { FetchStore } from '../states/fetch-store';
import { SpanStore } from '../strike-grid/span';
import { Link, ReplayLink } from './replay-link';
import { ReplayStore } from './replay-store';

/**
 * Goes, once the server is there, to the moment that the page's address names. Where that day is
 * not stored, it goes there as soon as a fetch has brought it.
 */
@Injectable({ providedIn: 'root' })
export class ReplayRestore {
  private readonly store = inject(MarketStore);
  private readonly replay = inject(ReplayStore);
  private readonly fetches = inject(FetchStore);
  private readonly link = inject(ReplayLink);
  private readonly spans = inject(SpanStore);
  private readonly asked = this.link.asked();
  /** The missing day whose fetch was seen to run, YYYY-MM-DD; null for none. */
  private coming: string | null = null;

  constructor() {
    const waiting = effect(() => {
      if (this.store.session() === null) return;
      waiting.destroy();
      const { asked } = this;
      if (asked !== null) untracked(() => void this.begin(asked));
    });
    effect(() => {
      const [missing, fetch] = [this.replay.missing(), this.fetches.reply()];
      if (missing === null || fetch?.date !== missing.date) return;
      const arrived = fetch.state === 'done' && this.coming === missing.date;
      this.coming = fetch.state === 'running' ? missing.date : null;
      if (arrived) untracked(() => void this.retry());
    });
  }

  /** Go once more to the moment that was missing. */
  async retry(): Promise<void> {
    const missing = this.replay.missing();
    if (missing === null) return;
    const { date, at } = missing;
    await this.restore({ date, at, span: this.asked?.date === date ? this.asked.span : null });
  }

  private async begin(link: Link): Promise<void> {
    await this.fetches.look();
    // What of it has come could be replayed, and would be taken for the day.
    if (this.fetches.running() && this.fetches.reply()?.date === link.date) {
      this.replay.miss({ ...link, message: '' });
    } else await this.restore(link);
  }

  private async restore({ date, at, span }: Link): Promise<void> {
    if (!(await this.replay.open(date, at))) return;
    if (span !== null && span !== this.spans.span()) await this.spans.choose(span);
  }
}
