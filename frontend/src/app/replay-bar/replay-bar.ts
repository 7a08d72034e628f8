import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { EventStore } from '../alerts/event-store';
import { DataStreamService } from '../data-stream.service';
import { gapsOf } from '../flow-chart/gaps';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { easternClock, easternMinute } from '../ui/eastern-time';
import { DayMenu } from './day-menu';
import { momentOf, nearestMinute } from './day-span';
import { ReplayStore } from './replay-store';
import { Scrubber } from './scrubber';
import { parseSpeed, speedsWith, speedText } from './speeds';
import { TimeField } from './time-field';
import { VolumeStore } from './volume-store';

/** How far the day is, and everything that moves a replay. */
@Component({
  selector: 'sm-replay-bar',
  imports: [DayMenu, Scrubber, TimeField],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './replay-bar.html',
  styleUrl: './replay-bar.scss',
  host: { role: 'group', 'aria-label': 'Replay', '[attr.data-freshness]': 'freshness()' },
})
export class ReplayBar {
  private readonly market = inject(MarketStore);
  private readonly events = inject(EventStore);
  private readonly connection = inject(DataStreamService).connection;
  private readonly dataFreshness = inject(Now).freshness;
  protected readonly store = inject(ReplayStore);
  protected readonly volume = inject(VolumeStore);
  protected readonly gaps = computed(() => gapsOf(this.events.events()));
  /** A lit LIVE would say that data comes: not while the server is gone, though nothing was due. */
  protected readonly freshness = computed(() =>
    this.connection().state === 'gone' ? 'dead' : this.dataFreshness(),
  );
  protected readonly dragged = signal<number | null>(null);

  /**
   * Whether the vendor refuses and nothing of the day has come: there is nothing to tell of it and
   * nothing to move. Stored days can be replayed all the same, and their menu is the way there. A
   * session that is refused later on keeps its minutes.
   */
  protected readonly refused = computed(() => {
    const session = this.market.session();
    if (session?.feed.state !== 'refused' || session.replay !== null) return false;
    return this.market.tradeCount() === 0;
  });

  protected readonly speedText = speedText;
  protected readonly minute = easternMinute;
  protected readonly nearestMinute = nearestMinute;

  protected readonly ready = this.store.ready;
  protected readonly speeds = computed(() => speedsWith(this.store.speed()));
  /** A live day moves, though nothing here can stop it. */
  protected readonly moving = computed(() => this.store.playing() || this.store.live() === true);
  protected readonly playWords = computed(() => {
    if (this.moving()) return 'Pause';
    return this.store.ended() ? 'Play again from the open' : 'Play';
  });
  protected readonly date = computed(() => this.market.session()?.date ?? null);
  protected readonly time = computed(() => {
    const at = this.dragged() ?? this.store.position();
    return at === null ? '' : easternClock(at);
  });
  protected readonly word = computed(() => {
    const day = this.store.loading();
    if (day !== null) return `loading ${day}`;
    const missing = this.store.missing();
    if (missing !== null) return `${missing.date} is not stored`;
    return this.store.ended() ? 'ended' : '';
  });
  protected readonly liveWords = computed(() => {
    if (this.store.live() === false) return 'Back to live, or to the simulator (L)';
    return this.market.session()?.mode === 'sim' ? 'The simulator runs' : 'Live';
  });

  protected back({ shiftKey }: MouseEvent): void {
    const span = this.store.span();
    void (shiftKey && span !== null ? this.store.seek(span.start) : this.store.step(-1, 'print'));
  }

  protected choose(speed: string): void {
    void this.store.choose(parseSpeed(speed));
  }

  protected goTo(seconds: number | null): void {
    const span = this.store.span();
    if (seconds === null) this.store.complain('Write a time as HH:MM:SS, Eastern: 10:15:00');
    else if (span !== null) void this.store.seek(momentOf(span, seconds));
  }
}
