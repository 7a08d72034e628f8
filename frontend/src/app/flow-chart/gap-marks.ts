import {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
} from 'lightweight-charts';
import { chartTime } from './chart-kit';
import { Gap } from './gaps';

const LABEL_FONT_PX = 10;
/** Room that words need before a hatch. */
const LABEL_ROOM_PX = 100;
const NARROWEST_PX = 4;
const HATCH_PX = 4;
/** Between a hatch and its words: less, and they would run into each other. */
const LABEL_GAP_PX = 10;
/** A wider hatch is fainter, so that the lines on it can be read. */
const WIDE_PX = 24;

/** Hatches the stretches of time that were missing, and says what became of them. */
export class GapMarks implements ISeriesPrimitive {
  private chart: IChartApi | null = null;
  private redraw: () => void = () => undefined;
  private gaps: readonly Gap[] = [];
  private colour = '';
  private readonly view: IPrimitivePaneView = {
    zOrder: () => 'bottom',
    renderer: () => ({ draw: this.draw }),
  };

  attached({ chart, requestUpdate }: SeriesAttachedParameter): void {
    this.chart = chart;
    this.redraw = requestUpdate;
  }

  detached(): void {
    this.chart = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.view];
  }

  show(gaps: readonly Gap[], colour: string): void {
    this.gaps = gaps;
    this.colour = colour;
    this.redraw();
  }

  private readonly draw: IPrimitivePaneRenderer['draw'] = (target) => {
    target.useMediaCoordinateSpace(({ context, mediaSize: { height } }) => {
      context.font = `${LABEL_FONT_PX}px ${this.chart?.options().layout.fontFamily ?? ''}`;
      for (const gap of this.gaps) {
        const [left, right] = [this.x(gap.start), this.x(gap.end)];
        if (left === null || right === null) continue;
        const width = Math.max(NARROWEST_PX, right - left);
        hatch(context, left, width, height, this.colour);
        const isBefore = left > LABEL_ROOM_PX;
        context.fillStyle = this.colour;
        context.textAlign = isBefore ? 'right' : 'left';
        const edge = isBefore ? left - LABEL_GAP_PX : left + width + LABEL_GAP_PX;
        context.fillText(gap.label, edge, height - 4);
      }
    });
  };

  /** Where a time lies, also between the chart's points; null outside of what is drawn. */
  private x(ms: number): number | null {
    const scale = this.chart?.timeScale();
    const index = scale?.timeToIndex(chartTime(ms), true) ?? null;
    const range = scale?.getVisibleRange() ?? null;
    if (index === null || range === null) return null;
    if (chartTime(ms) < Number(range.from) || chartTime(ms) > Number(range.to)) {
      return null;
    }
    return scale?.logicalToCoordinate(index as never) ?? null;
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  left: number,
  width: number,
  height: number,
  colour: string,
): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.globalAlpha = width > WIDE_PX ? 0.2 : 0.5;
  context.beginPath();
  for (let y = -width; y < height; y += HATCH_PX) {
    context.moveTo(left, y + width);
    context.lineTo(left + width, y);
  }
  context.stroke();
  context.restore();
}
