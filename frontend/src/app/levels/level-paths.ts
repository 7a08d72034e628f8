import { ChangeDetectionStrategy, Component, computed, inject, viewChild } from '@angular/core';
import { ExposureStore } from '../exposure/exposure-store';
import { MarketStore } from '../live/market-store';
import { apart } from '../ui/labels';
import { acrossScale, pathOf, PLOT_MARGINS, roundTicks, timeTicks, upScale } from '../ui/plot-axes';
import { PlotBox } from '../ui/plot-box';
import { emptyText } from './empty-words';
import { bound, levelEnds, PRICE_LEVELS } from './level-ends';
import { levelRange } from './level-range';

const LABEL_PX = 12;
const TIME_LABEL_PX = 70;

/** Walls, flip, max pain and spot through the day, between the bounds of the move that is left. */
@Component({
  selector: 'sm-level-paths',
  imports: [PlotBox],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="plot" smPlotBox role="img" aria-label="Levels through the day">
      @if (picture(); as picture) {
        <svg aria-hidden="true">
          @for (price of picture.prices; track price.text) {
            <path class="gridline" [attr.d]="'M50 ' + price.y + 'H' + picture.right" />
            <text class="left" x="42" [attr.y]="price.y + 3.5">{{ price.text }}</text>
          }
          @for (time of picture.times; track time.text) {
            <text class="time" [attr.x]="time.x" [attr.y]="picture.bottom + 14">
              {{ time.text }}
            </text>
          }
          <text [attr.x]="picture.right + 22" [attr.y]="picture.bottom + 14">ET</text>
          @for (line of picture.lines; track line.key) {
            <path [class]="line.key" [attr.d]="line.path" />
          }
          @for (label of labels(); track label.key) {
            <text [class]="label.key" [attr.x]="picture.right + 6" [attr.y]="label.y + 3.5">
              {{ label.text }}
            </text>
          }
        </svg>
      } @else {
        <p class="empty" role="status">
          {{ empty() }}
        </p>
      }
    </div>
  `,
  styles: `
    path.call_wall {
      stroke: var(--call);
    }

    path.put_wall {
      stroke: var(--put);
    }

    path.flip {
      stroke: var(--text-2);
      stroke-dasharray: 3 3;
    }

    path.max_pain {
      stroke: var(--text-3);
    }

    path.low,
    path.high {
      stroke: var(--line-3);
      stroke-dasharray: 1 3;
    }

    path.spot {
      stroke: var(--spot);
      stroke-width: 1.5;
    }

    text.call_wall {
      fill: var(--call);
    }

    text.put_wall {
      fill: var(--put);
    }
  `,
})
export class LevelPaths {
  private readonly market = inject(MarketStore);
  protected readonly store = inject(ExposureStore);
  protected readonly empty = emptyText(this.store.error, 'Waiting for the first levels');
  private readonly box = viewChild.required(PlotBox);

  /** The path as far as the moment that is shown: a replay may have leapt back. */
  private readonly points = computed(() => {
    const [points, now] = [this.store.path(), this.market.session()?.market_time ?? null];
    const isAhead = now !== null && (points.at(-1)?.t ?? now) > now;
    return isAhead ? points.filter(({ t }) => t <= now) : points;
  });
  /** What is drawn, and where it lies; null before there is anything. */
  private readonly place = computed(() => {
    const [points, size] = [this.points(), this.box().size()];
    const [first, last] = [points[0], points.at(-1)];
    if (!size || !first || !last || size.width <= PLOT_MARGINS.left + PLOT_MARGINS.right)
      return null;
    const levels = PRICE_LEVELS.map(({ key, stepped }) => ({
      key,
      stepped,
      values: points.map((point) => point[key]),
    }));
    const bounds = ([-1, 1] as const).map((times) => ({
      key: times < 0 ? 'low' : 'high',
      stepped: false,
      values: points.map(({ spot, expected_move: move }) => bound(spot, move, times)),
    }));
    const spot = { key: 'spot', stepped: false, values: points.map((point) => point.spot) };
    const values = (series: readonly { values: readonly (number | null)[] }[]) =>
      series.flatMap((one) => one.values);
    const range = levelRange(values([...bounds, spot]), values(levels));
    if (range === null) return null;
    return {
      points,
      series: [...levels, ...bounds, spot],
      size,
      x: acrossScale(first.t, last.t, size, PLOT_MARGINS),
      y: upScale(range[0], range[1], size, PLOT_MARGINS),
    };
  });
  protected readonly picture = computed(() => {
    const place = this.place();
    if (place === null) return null;
    const { points, series, size, x, y } = place;
    return {
      right: size.width - PLOT_MARGINS.right,
      bottom: size.height - PLOT_MARGINS.bottom,
      prices: roundTicks(y.from, y.to, 6).map((price) => ({ text: String(price), y: y.px(price) })),
      times: timeTicks(x.from, x.to, size.width / TIME_LABEL_PX).map(({ at, text }) => ({
        text,
        x: x.px(at),
      })),
      lines: series.map(({ key, stepped, values }) => ({
        key,
        path: pathOf(
          values.map((value, index) =>
            value === null || value < y.from || value > y.to
              ? null
              : [x.px(points[index]?.t ?? 0), y.px(value)],
          ),
          stepped,
        ),
      })),
    };
  });
  /** Words at the right end of the lines, moved apart where they would cover each other. */
  protected readonly labels = computed(() => {
    const place = this.place();
    if (place === null) return [];
    const { y, size } = place;
    const spot = this.market.session()?.spot ?? null;
    const ends = levelEnds(this.store.reply()?.levels ?? null, spot).map(({ key, value, text }) => {
      // A level beyond the picture is named at its edge.
      const arrow = key === 'spot' ? '' : value > y.to ? ' ↑' : value < y.from ? ' ↓' : '';
      return { key, text: text + arrow, y: y.px(Math.min(y.to, Math.max(y.from, value))) };
    });
    return apart(ends, LABEL_PX, PLOT_MARGINS.top, size.height - PLOT_MARGINS.bottom);
  });
}
