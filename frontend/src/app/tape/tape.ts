import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { Print } from '../live/market';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { drawnRows } from '../ui/drawn-rows';
import { grouped } from '../ui/format';
import { ScrollView } from '../ui/scroll-view';
import { newestFirst } from './tape-lines';
import { TapeRow } from './tape-row';

/** The newest prints. Stands still under a pointer, and says how many wait. */
@Component({
  selector: 'sm-tape',
  imports: [ScrollView, TapeRow],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './tape.html',
  styleUrl: './tape.scss',
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class Tape {
  private readonly store = inject(MarketStore);
  private readonly scroller = viewChild(ScrollView);
  /** What was there when the tape was stopped; null while it runs. */
  private readonly held = signal<readonly Print[] | null>(null);
  private hovered = false;

  protected readonly freshness = inject(Now).freshness;
  protected readonly paused = signal(false);
  protected readonly rows = computed(() => newestFirst(this.held() ?? this.store.prints()));
  protected readonly list = drawnRows(this.rows, this.scroller);
  protected readonly count = computed(() => grouped(this.store.tradeCount()));
  protected readonly waiting = computed(() => {
    const held = this.held();
    if (held === null) return 0;
    return (this.store.prints().at(-1)?.id ?? 0) - (held.at(-1)?.id ?? 0);
  });

  /** Stop for a mouse; a finger leaves no pointer behind. */
  protected enter(event: PointerEvent): void {
    this.hovered = event.pointerType === 'mouse';
    this.hold();
  }

  protected leave(): void {
    this.hovered = false;
    this.hold();
  }

  protected togglePause(): void {
    this.paused.update((paused) => !paused);
    this.hold();
  }

  private hold(): void {
    if (!this.paused() && !this.hovered) this.held.set(null);
    else if (this.held() === null) this.held.set(this.store.prints());
  }
}
