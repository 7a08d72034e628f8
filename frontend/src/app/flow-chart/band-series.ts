import {
  CustomData,
  customSeriesDefaultOptions,
  CustomSeriesOptions,
  ICustomSeriesPaneRenderer,
  ICustomSeriesPaneView,
  PaneRendererCustomData,
  Time,
  WhitespaceData,
} from 'lightweight-charts';

/** A figure with its error at one time. */
export interface BandPoint extends CustomData {
  readonly low: number;
  readonly high: number;
}

/** Colours of the band above zero and below it. */
export interface BandOptions extends CustomSeriesOptions {
  above: string;
  below: string;
}

type Draw = ICustomSeriesPaneRenderer['draw'];

/** The error band of a line: an area from low to high, in one colour above zero, another below. */
export class BandSeries implements ICustomSeriesPaneView<Time, BandPoint, BandOptions> {
  private data: PaneRendererCustomData<Time, BandPoint> | null = null;
  private colours = { above: '', below: '' };

  renderer(): ICustomSeriesPaneRenderer {
    return { draw: this.draw };
  }

  update(data: PaneRendererCustomData<Time, BandPoint>, options: BandOptions): void {
    this.data = data;
    this.colours = options;
  }

  /** Zero belongs to the scale: a pressure is read against it. */
  priceValueBuilder({ low, high }: BandPoint): number[] {
    return [Math.min(low, 0), Math.max(high, 0), (low + high) / 2];
  }

  isWhitespace(item: BandPoint | WhitespaceData): item is WhitespaceData {
    return !('low' in item);
  }

  defaultOptions(): BandOptions {
    return { ...customSeriesDefaultOptions, above: '', below: '' };
  }

  private readonly draw: Draw = (target, toY) => {
    const bars = this.data?.bars ?? [];
    const [zero, million] = [toY(0), toY(1e6)];
    if (bars.length === 0 || zero === null || million === null) return;
    // The scale is straight, and to ask it for each point takes a third of a whole day's drawing.
    const yOf = (price: number) => zero + (price / 1e6) * (million - zero);
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      const area = new Path2D();
      for (const { x, originalData } of bars) area.lineTo(x, yOf(originalData.high));
      for (const { x, originalData } of [...bars].reverse()) {
        area.lineTo(x, yOf(originalData.low));
      }
      area.closePath();
      const fill = (top: number, bottom: number, colour: string) => {
        context.save();
        context.beginPath();
        context.rect(0, top, width, bottom - top);
        context.clip();
        context.fillStyle = colour;
        context.fill(area);
        context.restore();
      };
      fill(0, zero, this.colours.above);
      fill(zero, height, this.colours.below);
    });
  };
}
