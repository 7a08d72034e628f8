import { ChangeDetectionStrategy, Component, computed, inject, viewChild } from '@angular/core';
import { ExposureStore } from '../exposure/exposure-store';
import { MarketStore } from '../live/market-store';
import { fixed } from '../ui/format';
import { apart } from '../ui/labels';
import { acrossScale, pathOf, PLOT_MARGINS, roundTicks, timeTicks, upScale } from '../ui/plot-axes';
import { PlotBox } from '../ui/plot-box';
import { LEVELS } from './level-list';
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
          @for (label of picture.labels; track label.key) {
            <text [class]="label.key" [attr.x]="picture.right + 6" [attr.y]="label.y + 3.5">
              {{ label.text }}
            </text>
          }
        </svg>
      } @else {
        <p class="empty" role="status">
          {{
            store.error() ?? (nothing() ? 'No data of this day' : 'Waiting for the first levels')
          }}
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
  protected readonly store = inject(ExposureStore);
  protected readonly nothing = inject(MarketStore).isNothing;
  private readonly box = viewChild.required(PlotBox);

  protected readonly picture = computed(() => {
    const size = this.box().size();
    const points = this.store.path();
    const [first, last] = [points[0], points.at(-1)];
    if (!size || !first || !last || size.width <= PLOT_MARGINS.left + PLOT_MARGINS.right)
      return null;
    const series = [
      ...LEVELS.filter(({ key }) => key !== 'expected_move').map(({ key, name, stepped }) => ({
        key,
        name: name.toLowerCase(),
        stepped,
        values: points.map((point) => point[key]),
      })),
      ...([-1, 1] as const).map((sign) => ({
        key: sign < 0 ? 'low' : 'high',
        name: sign < 0 ? '−1 sd' : '+1 sd',
        stepped: false,
        values: points.map(({ spot, expected_move: move }) =>
          spot === null || move === null ? null : spot + sign * move,
        ),
      })),
      { key: 'spot', name: 'spot', stepped: false, values: points.map(({ spot }) => spot) },
    ];
    const isCore = ({ key }: { key: string }) => ['spot', 'low', 'high'].includes(key);
    const range = levelRange(
      series.filter(isCore).flatMap(({ values }) => values),
      series.filter((one) => !isCore(one)).flatMap(({ values }) => values),
    );
    if (range === null) return null;
    const [low, high] = range;
    const y = upScale(low, high, size, PLOT_MARGINS);
    const x = acrossScale(first.t, last.t, size, PLOT_MARGINS);
    const ends = [...series].reverse().flatMap(({ key, name, values }) => {
      const value = values.at(-1) ?? null;
      if (value === null) return [];
      // A level beyond the picture is named at its edge.
      const arrow = value > high ? ' ↑' : value < low ? ' ↓' : '';
      const inside = Math.min(high, Math.max(low, value));
      const text = key === 'spot' ? fixed(value, 2) : name + arrow;
      return [{ key, y: y.px(inside), text }];
    });
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
            value === null || value < low || value > high
              ? null
              : [x.px(points[index]?.t ?? 0), y.px(value)],
          ),
          stepped,
        ),
      })),
      labels: apart(ends, LABEL_PX),
    };
  });
}
