import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { emptyText } from '../levels/empty-words';
import { MarketStore } from '../live/market-store';
import { isModified, movedIndex } from '../ui/cursor-keys';
import { fixed, percent, strikeText } from '../ui/format';
import { acrossScale, pathOf, PLOT_MARGINS, roundTicks, upScale } from '../ui/plot-axes';
import { PlotBox } from '../ui/plot-box';
import { nearestIndex, smileDots, smileRange, smileWords } from './smile-points';
import { SmileStore } from './smile-store';

const MARGINS = { ...PLOT_MARGINS, top: 26, right: 16 };
const LABEL_PX = 46;

/** Implied volatility by strike: bid to ask as a stroke, the middle as a dot, doubtful ones grey. */
@Component({
  selector: 'sm-smile-chart',
  imports: [PlotBox],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './smile-chart.html',
  styleUrl: './smile-chart.scss',
  providers: [SmileStore],
})
export class SmileChart {
  private readonly market = inject(MarketStore);
  private readonly box = viewChild.required(PlotBox);
  private readonly pointer = signal<number | null>(null);
  /** The strike chosen by key; null for none. */
  private readonly cursor = signal<number | null>(null);
  protected readonly store = inject(SmileStore);
  protected readonly empty = emptyText(this.store.error, 'Waiting for the first quotes');

  /** The same volatility on both clocks: calendar time makes a day that ends tonight look wild. */
  protected readonly words = computed(() => {
    const reply = this.store.reply();
    if (reply === null) return null;
    return {
      calendar: percent(reply.atm_iv, 1),
      session: percent(reply.session_iv, 1),
      vendor: fixed(reply.vendor_hours_left, 1),
      hours: fixed(reply.seconds_left === null ? null : reply.seconds_left / 3600, 1),
    };
  });
  protected readonly picture = computed(() => {
    const reply = this.store.reply();
    const size = this.box().size();
    if (reply === null || !size || size.width <= MARGINS.left + MARGINS.right) return null;
    const dots = smileDots(reply, this.market.session()?.strikes ?? []);
    const range = smileRange(dots);
    const [first, last] = [dots[0], dots.at(-1)];
    if (range === null || !first || !last) return null;
    const x = acrossScale(first.strike, last.strike, size, MARGINS);
    const y = upScale(range[0], range[1], size, MARGINS);
    const inside = (value: number | null) =>
      value === null ? null : y.px(Math.min(range[1], Math.max(range[0], value)));
    return {
      x,
      dots: dots.map(({ strike, bid, mid, ask, doubtful }) => ({
        strike,
        x: x.px(strike),
        low: inside(bid),
        middle: inside(mid),
        high: inside(ask),
        doubtful,
      })),
      right: size.width - MARGINS.right,
      bottom: size.height - MARGINS.bottom,
      line: pathOf(
        dots.map(({ strike, inForce }) => {
          // Beyond the axis it would run along its edge, as if it were known there.
          const shown = inForce !== null && inForce >= range[0] && inForce <= range[1];
          return shown ? [x.px(strike), y.px(inForce)] : null;
        }),
      ),
      levels: roundTicks(range[0], range[1], 4).map((value) => ({
        text: String(value),
        y: y.px(value),
      })),
      strikes: roundTicks(x.from, x.to, size.width / LABEL_PX)
        .filter((strike) => dots.some((dot) => dot.strike === strike))
        .map((strike) => ({ text: strikeText(strike), x: x.px(strike) })),
      spot:
        reply.spot !== null && reply.spot >= x.from && reply.spot <= x.to ? x.px(reply.spot) : null,
    };
  });
  protected readonly strikes = computed(
    () => this.picture()?.dots.map(({ strike }) => strike) ?? [],
  );
  /** Index of the strike that is told: under the pointer, chosen by key, or at the money. */
  protected readonly index = computed(() => {
    const [picture, at] = [this.picture(), this.pointer()];
    const { atm = null } = this.market.session() ?? {};
    const wanted = picture !== null && at !== null ? picture.x.value(at) : (this.cursor() ?? atm);
    return nearestIndex(this.strikes(), wanted ?? 0);
  });
  private readonly told = computed(() => {
    const strike = this.strikes()[this.index()];
    const point = this.store.reply()?.points.find((one) => one.strike === strike);
    return point === undefined ? [] : smileWords(point);
  });
  protected readonly spoken = computed(() => this.told().join('; ') || 'Nothing is known yet');
  /** What is told beside the strike, while one is chosen. */
  protected readonly readout = computed(() => {
    const picture = this.picture();
    const dot = picture?.dots[this.index()];
    if (picture === null || dot === undefined) return null;
    if (this.pointer() === null && this.cursor() === null) return null;
    return { x: dot.x, lines: this.told(), right: dot.x > picture.right / 2 };
  });

  protected point(event: PointerEvent): void {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    this.pointer.set(event.clientX - left);
  }

  protected leave(): void {
    this.pointer.set(null);
  }

  protected press(event: KeyboardEvent): void {
    if (isModified(event)) return;
    if (event.key === 'Escape' && this.cursor() !== null) {
      this.cursor.set(null);
    } else {
      const moved = movedIndex(event.key, this.index(), this.strikes().length);
      if (moved === null) return;
      this.pointer.set(null);
      this.cursor.set(this.strikes()[moved] ?? null);
    }
    // These keys mean something to the whole page too.
    event.stopPropagation();
    event.preventDefault();
  }

  protected forget(): void {
    this.cursor.set(null);
  }
}
