import {
  afterNextRender,
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import {
  BaselineSeries,
  IChartApi,
  IPriceLine,
  ISeriesApi,
  LineSeries,
  LineStyle,
  MouseEventParams,
} from 'lightweight-charts';
import { Clock, Stop } from '../live/clock';
import { fixed, signedDollars } from '../ui/format';
import { Sizes } from '../ui/sizes';
import { besideBadge, dollarTicks, priceTicks } from './axis-ticks';
import { BandOptions, BandPoint, BandSeries } from './band-series';
import { chartTime, dayChart, fitChart, pageTime, paintChart, tokenReader } from './chart-kit';
import { firstChange } from './first-change';
import { FlowPoint } from './flow-series';
import { GapMarks } from './gap-marks';
import { Gap } from './gaps';

type Band = ReturnType<typeof addBand>;

interface Drawing {
  readonly chart: IChartApi;
  readonly band: Band;
  readonly pressure: ISeriesApi<'Baseline'>;
  readonly spot: ISeriesApi<'Line'>;
  readonly pressureNow: IPriceLine;
  readonly spotNow: IPriceLine;
  readonly gaps: GapMarks;
}

/** Spot (left axis) and hedging pressure with its band (right axis), drawn. */
@Component({
  selector: 'sm-flow-plot',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '',
  styles: ':host { display: block; height: 100%; }',
  host: {
    '(pointerenter)': 'hold($event)',
    '(pointerleave)': 'release()',
    // Without points the axes of those before would stay.
    '[style.visibility]': "points().length === 0 ? 'hidden' : null",
  },
})
export class FlowPlot {
  /** Oldest first. */
  readonly points = input.required<readonly FlowPoint[]>();
  readonly gaps = input.required<readonly Gap[]>();
  /** What is pointed at by keyboard; null for nothing. */
  readonly cursor = input<FlowPoint | null>(null);
  /** Changes with whatever remaps the colours: theme, palette, freshness. */
  readonly look = input.required<string>();
  /** First instant of the point under the pointer, UNIX ms; null when it left. */
  readonly hovered = output<number | null>();
  /** First instant of a point that was clicked, UNIX ms. */
  readonly picked = output<number>();

  private readonly element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  private readonly sizes = inject(Sizes);
  private readonly clock = inject(Clock);
  private readonly drawing = signal<Drawing | null>(null);
  private stopFitting: Stop | null = null;
  private drawn: readonly FlowPoint[] = [];
  /** Of a pressure above zero and below it: to read them is to have all styles computed. */
  private signColours = { pos: '', neg: '' };
  private held = false;

  constructor() {
    afterNextRender(() => {
      this.drawing.set(this.draw());
    });
    afterRenderEffect({
      write: () => {
        const drawing = this.drawing();
        if (drawing === null) return;
        this.look();
        this.paint(drawing);
      },
    });
    afterRenderEffect({
      write: () => {
        const drawing = this.drawing();
        if (drawing !== null) this.plot(drawing, this.points());
      },
    });
    afterRenderEffect({
      write: () => {
        const drawing = this.drawing();
        this.look();
        drawing?.gaps.show(this.gaps(), tokenReader(this.element)('stale'));
      },
    });
    afterRenderEffect({
      write: () => {
        const [drawing, cursor] = [this.drawing(), this.cursor()];
        if (drawing === null) return;
        const { chart, pressure } = drawing;
        if (cursor === null) chart.clearCrosshairPosition();
        else chart.setCrosshairPosition(cursor.pressure, chartTime(cursor.t), pressure);
      },
    });
    inject(DestroyRef).onDestroy(() => {
      this.stopFitting?.();
      this.drawing()?.chart.remove();
    });
  }

  /** The scale does not move under a mouse. */
  protected hold(event: PointerEvent): void {
    this.held = event.pointerType === 'mouse';
    if (this.held) this.scaleItself(false);
  }

  protected release(): void {
    this.held = false;
    this.scaleItself(true);
    this.drawing()?.chart.timeScale().fitContent();
  }

  private scaleItself(autoScale: boolean): void {
    const chart = this.drawing()?.chart;
    for (const id of ['left', 'right']) chart?.priceScale(id).applyOptions({ autoScale });
  }

  private draw(): Drawing {
    const chart = dayChart(this.element);
    this.stopFitting = fitChart(chart, this.element, this.sizes, this.clock);
    const quiet = { priceLineVisible: false, lastValueVisible: false };
    const dollars = { type: 'custom', formatter: signedDollars, minMove: 1 } as const;
    // What its labels would say is the height of the pointer, not what was at that time.
    chart.applyOptions({ crosshair: { horzLine: { labelVisible: false } } });
    const band: Band = addBand(chart);
    band.applyOptions({
      ...quiet,
      priceScaleId: 'right',
      priceFormat: {
        ...dollars,
        tickmarksFormatter: (amounts: readonly number[]) =>
          this.ticks(band, dollarTicks(amounts), amounts, this.drawn.at(-1)?.pressure),
      },
    });
    const spot: ISeriesApi<'Line'> = chart.addSeries(LineSeries, {
      ...quiet,
      priceScaleId: 'left',
      lineWidth: 1,
      crosshairMarkerRadius: 3,
      priceFormat: {
        type: 'custom',
        minMove: 0.01,
        formatter: (price: number) => fixed(price, 2),
        tickmarksFormatter: (prices: readonly number[]) =>
          this.ticks(spot, priceTicks(prices), prices, this.drawn.at(-1)?.spot),
      },
    });
    const pressure = chart.addSeries(BaselineSeries, {
      ...quiet,
      priceScaleId: 'right',
      priceFormat: dollars,
      baseValue: { type: 'price', price: 0 },
      lineWidth: 2,
      crosshairMarkerRadius: 3,
    });
    const gaps = new GapMarks();
    pressure.attachPrimitive(gaps);
    pressure.createPriceLine({ price: 0, axisLabelVisible: false, lineStyle: LineStyle.Dotted });
    const now = { price: 0, lineVisible: false, axisLabelVisible: false };
    chart.subscribeClick((event) => {
      const t = timeOf(event);
      if (t !== null) this.picked.emit(t);
    });
    chart.subscribeCrosshairMove((event) => {
      // A cursor that was set by key comes back without a pointer.
      if (event.sourceEvent !== undefined || event.time === undefined) {
        this.hovered.emit(timeOf(event));
      }
    });
    return {
      chart,
      band,
      pressure,
      spot,
      gaps,
      pressureNow: pressure.createPriceLine(now),
      spotNow: spot.createPriceLine(now),
    };
  }

  private ticks(
    series: Pick<Band, 'priceToCoordinate'>,
    texts: readonly string[],
    values: readonly number[],
    badge: number | null | undefined,
  ): string[] {
    return besideBadge(texts, values, badge ?? null, (value) => series.priceToCoordinate(value));
  }

  private paint({ chart, band, pressure, spot, pressureNow, spotNow }: Drawing): void {
    const token = tokenReader(this.element);
    this.signColours = { pos: token('pos'), neg: token('neg') };
    paintChart(chart, token);
    band.applyOptions({ above: token('pos-band'), below: token('neg-band') });
    spot.applyOptions({ color: token('text-2') });
    pressure.applyOptions({
      topLineColor: token('pos'),
      bottomLineColor: token('neg'),
      topFillColor1: 'transparent',
      topFillColor2: 'transparent',
      bottomFillColor1: 'transparent',
      bottomFillColor2: 'transparent',
    });
    pressure
      .priceLines()
      .at(0)
      ?.applyOptions({ color: token('line-3') });
    const ink = token('text-inverse');
    spotNow.applyOptions({ axisLabelColor: token('text-1'), axisLabelTextColor: ink });
    pressureNow.applyOptions({ axisLabelColor: this.signColour(), axisLabelTextColor: ink });
  }

  private signColour(): string {
    const last = this.drawn.at(-1)?.pressure ?? 0;
    return last < 0 ? this.signColours.neg : this.signColours.pos;
  }

  private plot(drawing: Drawing, points: readonly FlowPoint[]): void {
    const { chart, band, pressure, spot, pressureNow, spotNow } = drawing;
    const from = firstChange(this.drawn, points);
    const grows = from > 0 && from >= this.drawn.length - 1;
    this.drawn = points;
    if (grows) {
      for (const point of points.slice(from)) {
        band.update(bandPoint(point));
        pressure.update(pressurePoint(point));
        spot.update(spotPoint(point));
      }
    } else {
      band.setData(points.map(bandPoint));
      pressure.setData(points.map(pressurePoint));
      spot.setData(points.map(spotPoint));
    }
    const last = points.at(-1);
    pressureNow.applyOptions({
      price: last?.pressure ?? 0,
      axisLabelVisible: last !== undefined,
      axisLabelColor: this.signColour(),
    });
    const price = last?.spot ?? null;
    spotNow.applyOptions({ price: price ?? 0, axisLabelVisible: price !== null });
    // The chart keeps the words of its ticks as long as the scale stays, but a badge has moved.
    for (const id of ['left', 'right']) chart.priceScale(id).applyOptions({});
    if (!this.held) chart.timeScale().fitContent();
  }
}

function addBand(chart: IChartApi) {
  return chart.addCustomSeries<BandPoint, BandOptions>(new BandSeries());
}

function timeOf(event: MouseEventParams): number | null {
  return event.time === undefined ? null : pageTime(event.time);
}

function bandPoint({ t, pressure, variance }: FlowPoint) {
  const error = Math.sqrt(variance);
  return { time: chartTime(t), low: pressure - error, high: pressure + error };
}

function pressurePoint({ t, pressure }: FlowPoint) {
  return { time: chartTime(t), value: pressure };
}

function spotPoint({ t, spot }: FlowPoint) {
  const time = chartTime(t);
  return spot === null ? { time } : { time, value: spot };
}
