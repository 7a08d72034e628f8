import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { rowPlace } from '../exposure/exposure-cells';
import { ExposureStore } from '../exposure/exposure-store';
import { emptyText } from '../levels/empty-words';
import { MarketStore } from '../live/market-store';
import { isModified } from '../ui/cursor-keys';
import { fixed, strikeText } from '../ui/format';
import { apart } from '../ui/labels';
import { acrossScale, pathOf, PLOT_MARGINS, scale, timeTicks } from '../ui/plot-axes';
import { PlotBox } from '../ui/plot-box';
import { Preferences } from '../ui/preferences';
import { clearHeat, HeatPlace, paintHeat } from './heat-canvas';
import { heatColour, heatStops } from './heat-colours';
import { cellOfCursor, HeatCursor, movedCursor } from './heat-cursor';
import { cellWords, valueText } from './heat-grid';
import { HeatChoice, HeatStore } from './heat-store';

/** Over the picture lies the legend. */
const MARGINS = { ...PLOT_MARGINS, top: 20, bottom: 18 };
/** Two labels never stand closer than this, px. */
const LABEL_PX = 13;
const TIME_LABEL_PX = 70;
/** Colours of the legend, as shares of the strongest. */
const LEGEND = [-1, -0.5, -0.2, -0.06, 0.06, 0.2, 0.5, 1];

/** Strike by time: the ladder's strikes upwards, the day to the right, spot and walls over it. */
@Component({
  selector: 'sm-heat-map',
  imports: [PlotBox],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './heat-map.html',
  styleUrl: './heat-map.scss',
  providers: [HeatStore],
})
export class HeatMap {
  private readonly preferences = inject(Preferences);
  private readonly market = inject(MarketStore);
  private readonly exposure = inject(ExposureStore);
  private readonly choice = inject(HeatChoice);
  private readonly box = viewChild.required(PlotBox);
  private readonly canvas = viewChild.required<ElementRef<HTMLCanvasElement>>('canvas');
  protected readonly store = inject(HeatStore);
  protected readonly empty = emptyText(this.store.error, 'Waiting for the first column');

  private readonly pointer = signal<{ readonly x: number; readonly y: number } | null>(null);
  private readonly cursor = signal<HeatCursor | null>(null);
  /** Null before there is anything to place. */
  private readonly place = computed((): HeatPlace | null => {
    const grid = this.store.grid();
    const size = this.box().size();
    const [first, last] = [grid?.times[0], grid?.times.at(-1)];
    if (!grid || !size || first === undefined || last === undefined) return null;
    if (grid.strikes.length === 0 || size.width <= MARGINS.left + MARGINS.right) return null;
    const ends = [size.height - MARGINS.bottom, MARGINS.top] as const;
    const [from, to] = this.preferences.strikeOrder() === 'high-first' ? ends : [ends[1], ends[0]];
    return {
      grid,
      size,
      x: acrossScale(first, last + grid.step, size, MARGINS),
      y: scale(-0.5, grid.strikes.length - 0.5, from, to),
    };
  });
  /** The colours of the theme in force, read once it is. */
  private readonly stops = computed(() => {
    this.preferences.theme();
    this.preferences.palette();
    const style = getComputedStyle(document.documentElement);
    return heatStops((name) => style.getPropertyValue(name));
  });

  protected readonly axes = computed(() => {
    const place = this.place();
    if (place === null) return null;
    const { grid, size, x, y } = place;
    const row = Math.abs(y.px(1) - y.px(0));
    const every = [1, 2, 5, 10, 20, 50].find((step) => step * row >= LABEL_PX) ?? 100;
    return {
      size,
      right: size.width - MARGINS.right,
      strikes: grid.strikes.flatMap((strike, index) =>
        strike % every === 0 ? [{ text: strikeText(strike), y: y.px(index) }] : [],
      ),
      times: timeTicks(x.from, x.to, size.width / TIME_LABEL_PX).map(({ at, text }) => ({
        text,
        x: x.px(at),
      })),
    };
  });
  /** Spot and walls through the day, over the heat. */
  protected readonly lines = computed(() => {
    const place = this.place();
    if (place === null) return null;
    const { grid, x, y } = place;
    const at = (time: number, price: number | null) => {
      const row = rowPlace(grid.strikes, price);
      return row === null ? null : ([x.px(time), y.px(row)] as const);
    };
    const points = this.exposure.path().filter(({ t }) => t >= x.from && t <= x.to);
    const middles = grid.times.map((time) => time + grid.step / 2);
    return {
      spot: pathOf(middles.map((time, index) => at(time, grid.spot[index] ?? null))),
      call: pathOf(
        points.map(({ t, call_wall }) => at(t, call_wall)),
        true,
      ),
      put: pathOf(
        points.map(({ t, put_wall }) => at(t, put_wall)),
        true,
      ),
    };
  });
  /** Words at the right end of spot and walls, moved apart where they would cover each other. */
  protected readonly labels = computed(() => {
    const place = this.place();
    if (place === null) return [];
    const levels = this.exposure.reply()?.levels;
    const spot = this.market.session()?.spot ?? null;
    const [call, put] = [levels?.call_wall.value ?? null, levels?.put_wall.value ?? null];
    const wanted = [
      { key: 'spot', price: spot, text: fixed(spot, 2) },
      { key: 'call', price: call, text: call === null ? '' : `${strikeText(call)} call` },
      { key: 'put', price: put, text: put === null ? '' : `${strikeText(put)} put` },
    ];
    const placed = wanted.flatMap(({ key, price, text }) => {
      const row = rowPlace(place.grid.strikes, price);
      return row === null ? [] : [{ key, text, y: place.y.px(row) }];
    });
    return apart(placed, LABEL_PX, MARGINS.top, place.size.height - MARGINS.bottom);
  });
  protected readonly legend = computed(() => {
    const grid = this.store.grid();
    if (grid === null || grid.largest === 0) return null;
    const lens = this.choice.lens();
    const oneWay = lens === 'premium';
    const stops = this.stops();
    return {
      low: oneWay ? '0' : valueText(-grid.largest, lens, ''),
      high: valueText(grid.largest, lens, ''),
      unit: this.store.unit(),
      colours: LEGEND.filter((share) => share > 0 || !oneWay).map(
        (share) => `rgb(${heatColour(share, stops).join()})`,
      ),
    };
  });
  /** The cell that is read out: the one under the pointer, else the one chosen by key. */
  private readonly cell = computed(() => {
    const [place, pointer, cursor] = [this.place(), this.pointer(), this.cursor()];
    if (place === null) return null;
    const { grid, x, y } = place;
    if (pointer === null) return cursor && cellOfCursor(grid, cursor);
    const column = Math.floor((x.value(pointer.x) - x.from) / grid.step);
    return { column, row: Math.round(y.value(pointer.y)) };
  });
  protected readonly cross = computed(() => {
    const [place, cell] = [this.place(), this.cell()];
    if (place === null || cell === null) return null;
    const { grid, x, y, size } = place;
    const { column, row } = cell;
    const text = cellWords(grid, column, row, this.choice.lens(), this.store.unit());
    if (text === null) return null;
    const left = x.px((grid.times[column] ?? 0) + grid.step / 2);
    return { text, left, top: y.px(row), right: left > size.width / 2 };
  });

  /** Said to a screen reader when a key chose another cell, not when its figure changes. */
  protected readonly spoken = signal('');

  constructor() {
    afterRenderEffect({
      write: () => {
        const canvas = this.canvas().nativeElement;
        const place = this.place();
        if (place === null) clearHeat(canvas);
        else paintHeat(canvas, place, this.stops());
      },
    });
  }

  protected point(event: PointerEvent): void {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    this.pointer.set({ x: event.clientX - left, y: event.clientY - top });
  }

  protected leave(): void {
    this.pointer.set(null);
  }

  protected press(event: KeyboardEvent): void {
    const grid = this.place()?.grid;
    if (grid === undefined || isModified(event)) return;
    if (event.key === 'Escape' && this.cursor() !== null) {
      this.forget();
    } else {
      const highFirst = this.preferences.strikeOrder() === 'high-first';
      const atm = this.market.session()?.atm ?? null;
      const moved = movedCursor(grid, this.cursor(), event.key, atm, highFirst);
      if (moved === null) return;
      this.pointer.set(null);
      this.cursor.set(moved);
      this.spoken.set(this.cross()?.text ?? '');
    }
    // These keys mean something to the whole page too.
    event.stopPropagation();
    event.preventDefault();
  }

  protected forget(): void {
    this.cursor.set(null);
    this.spoken.set('');
  }
}
