import { ChangeDetectionStrategy, Component, computed, inject, output } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { easternClock } from '../ui/eastern-time';
import { ageText, compact, dollars, fixed, percent, signedCompact } from '../ui/format';
import { Preferences } from '../ui/preferences';
import { Sheet } from '../ui/sheet';
import { feedWord } from './feed-word';
import { modeBadge } from './mode';
import { Settings } from './settings';
import { sessionPhase } from './session-clock';
import { paceWords, spotSourceWords } from './session-words';
import { spotChange } from './spot-change';

/** What is shown, where spot is, what the day did, what time it is, and how the feed is. */
@Component({
  selector: 'sm-page-header',
  imports: [Settings, Sheet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './page-header.html',
  styleUrl: './page-header.scss',
  host: {
    role: 'banner',
    '[attr.data-mode]': 'badge()?.key',
    '[class.hollow]': 'badge()?.hollow ?? true',
    '[attr.data-freshness]': 'freshness()',
  },
})
export class PageHeader {
  private readonly stream = inject(DataStreamService);
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);
  protected readonly preferences = inject(Preferences);

  /** The user asks for the list of keys. */
  readonly help = output();

  protected readonly session = this.store.session;
  protected readonly badge = computed(() => {
    const session = this.session();
    return session === null ? null : modeBadge(session, this.stream.connection());
  });
  protected readonly freshness = computed(() =>
    this.stream.connection().state === 'gone' ? 'dead' : this.now.freshness(),
  );
  protected readonly spot = computed(() => fixed(this.session()?.spot, 2));
  protected readonly change = computed(() => {
    const session = this.session();
    return session === null ? null : spotChange(session, this.now.market());
  });
  protected readonly day = computed(() => {
    const totals = this.store.totals();
    // Of a day without data nothing is known, not even zeros.
    const state = this.session()?.feed.state;
    const nothing = this.store.tradeCount() === 0 && state === 'connecting';
    if (totals === null || nothing || state === 'empty') return null;
    const signed = percent(this.store.signedShare(), 0);
    return {
      flow: `${signedCompact(totals.net_delta_flow)} sh`,
      tone: totals.net_delta_flow > 0 ? 'buy' : totals.net_delta_flow < 0 ? 'sell' : '',
      premium: dollars(totals.cumulative_premium),
      contracts: compact(totals.cumulative_volume),
      signed: signed === '' ? '' : `${signed} %`,
    };
  });
  protected readonly time = computed(() => {
    const now = this.now.market();
    return now === null ? null : easternClock(now);
  });
  protected readonly phase = computed(
    () => {
      const session = this.session();
      return session === null ? null : sessionPhase(session, this.now.market());
    },
    { equal: (a, b) => a?.word === b?.word && a?.left === b?.left },
  );
  /** Speed of a replay or simulation; null where time runs as it does. */
  protected readonly pace = computed(() => {
    const session = this.session();
    if (session === null || session.mode === 'live') return null;
    if (this.stream.connection().state !== 'open') return null;
    return paceWords(session);
  });
  protected readonly sourceWords = computed(() => {
    const session = this.session();
    return session === null ? null : spotSourceWords(session);
  });
  protected readonly tailWords = computed(() => {
    const state = 'From reading a frame to this server’s state, 99 of 100 frames';
    const delivered = this.session()?.delivery_p99_ms ?? null;
    return delivered === null
      ? state
      : `${state}; to a page’s socket within ${ageText(delivered)}, the wait for the beat included`;
  });
  /** The slowest of a hundred frames; blank before it is known, and where nothing is live. */
  protected readonly tail = computed(() => {
    const session = this.session();
    if (session === null || session.mode === 'replay' || session.latency_p99_ms === null) return '';
    return this.feed().tone === 'quiet' ? ageText(session.latency_p99_ms) : '';
  });
  protected readonly leftOut = computed(() => {
    const count = this.session()?.quotes_left_out ?? 0;
    return count === 0 ? '' : compact(count);
  });
  protected readonly feed = computed(() =>
    feedWord(this.stream.connection(), this.session(), this.now.age()),
  );
}
