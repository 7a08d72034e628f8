import {
  afterNextRender,
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  inject,
  input,
  signal,
} from '@angular/core';
import { BaselineSeries, IChartApi, ISeriesApi, LineSeries } from 'lightweight-charts';
import { chartTime, dayChart, fitChart, paintChart, tokenReader } from '../flow-chart/chart-kit';
import { Clock, Stop } from '../live/clock';
import { fixed, signedCompact } from '../ui/format';
import { Sizes } from '../ui/sizes';
import { ContractPoint } from './contract-series';

interface Drawing {
  readonly chart: IChartApi;
  readonly flow: ISeriesApi<'Baseline'>;
  readonly price: ISeriesApi<'Line'>;
}

/** Net delta flow (left axis) and price (right axis) of a contract, drawn. */
@Component({
  selector: 'sm-contract-plot',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '',
  styles: ':host { display: block; height: 100%; }',
})
export class ContractPlot {
  /** Oldest first. */
  readonly points = input.required<readonly ContractPoint[]>();
  /** Changes with whatever remaps the colours. */
  readonly look = input.required<string>();

  private readonly element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  private readonly sizes = inject(Sizes);
  private readonly clock = inject(Clock);
  private readonly drawing = signal<Drawing | null>(null);
  private stopFitting: Stop | null = null;

  constructor() {
    afterNextRender(() => {
      this.drawing.set(this.draw());
    });
    afterRenderEffect({
      write: () => {
        const drawing = this.drawing();
        this.look();
        if (drawing !== null) this.paint(drawing);
      },
    });
    afterRenderEffect({
      write: () => {
        const [drawing, points] = [this.drawing(), this.points()];
        if (drawing === null) return;
        drawing.flow.setData(points.map(({ t, flow }) => ({ time: chartTime(t), value: flow })));
        drawing.price.setData(
          points.map(({ t, price }) =>
            price === null ? { time: chartTime(t) } : { time: chartTime(t), value: price },
          ),
        );
        drawing.chart.timeScale().fitContent();
      },
    });
    inject(DestroyRef).onDestroy(() => {
      this.stopFitting?.();
      this.drawing()?.chart.remove();
    });
  }

  private draw(): Drawing {
    const chart = dayChart(this.element);
    this.stopFitting = fitChart(chart, this.element, this.sizes, this.clock);
    const flow = chart.addSeries(BaselineSeries, {
      priceScaleId: 'left',
      priceLineVisible: false,
      baseValue: { type: 'price', price: 0 },
      lineWidth: 2,
      priceFormat: { type: 'custom', minMove: 1, formatter: signedCompact },
    });
    const price = chart.addSeries(LineSeries, {
      priceScaleId: 'right',
      priceLineVisible: false,
      lineWidth: 1,
      priceFormat: {
        type: 'custom',
        minMove: 0.01,
        formatter: (value: number) => fixed(value, 2),
      },
    });
    return { chart, flow, price };
  }

  private paint({ chart, flow, price }: Drawing): void {
    const token = tokenReader(this.element);
    paintChart(chart, token);
    price.applyOptions({ color: token('text-2') });
    flow.applyOptions({
      topLineColor: token('buy'),
      topFillColor1: token('buy-fill'),
      topFillColor2: token('buy-fill'),
      bottomLineColor: token('sell'),
      bottomFillColor1: token('sell-fill'),
      bottomFillColor2: token('sell-fill'),
    });
  }
}
