import {
  ColorType,
  createChart,
  CrosshairMode,
  IChartApi,
  LineStyle,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';
import { Clock, Stop } from '../live/clock';
import { easternClock, easternMinute } from '../ui/eastern-time';
import { Sizes } from '../ui/sizes';

/** Colours of the page by role, as the chart's canvas needs them. */
export type Token =
  | 'bg-1'
  | 'bg-4'
  | 'line-1'
  | 'line-3'
  | 'text-1'
  | 'text-2'
  | 'text-3'
  | 'text-inverse'
  | 'pos'
  | 'neg'
  | 'pos-band'
  | 'neg-band'
  | 'buy'
  | 'sell'
  | 'buy-fill'
  | 'sell-fill'
  | 'stale';

/** The colour of a role where the element stands: theme, palette and freshness remap roles. */
export function tokenReader(element: Element): (token: Token) => string {
  const style = getComputedStyle(element);
  return (token) => style.getPropertyValue(`--${token}`).trim();
}

/** A time of the page, UNIX ms, as the chart counts. */
export function chartTime(ms: number): UTCTimestamp {
  return Math.round(ms / 1000) as UTCTimestamp;
}

/** UNIX ms of the chart's time. */
export function pageTime(time: Time): number {
  return typeof time === 'number' ? time * 1000 : Number.NaN;
}

/**
 * An empty chart of one moment of the day after the other, in the page's look.
 *
 * The chart counts in UTC and only its words are Eastern: the zones differ by whole hours, so what
 * is round in one is round in the other. It does not scroll or zoom: what it shows is chosen above.
 */
export function dayChart(element: HTMLElement): IChartApi {
  return createChart(element, {
    handleScroll: false,
    handleScale: false,
    localization: { timeFormatter: (time: Time) => easternClock(pageTime(time)) },
    layout: {
      fontSize: 10,
      fontFamily: getComputedStyle(element).fontFamily,
      // The page links to TradingView beside the chart, as the licence asks.
      attributionLogo: false,
    },
    crosshair: { mode: CrosshairMode.Magnet },
    // There from the first layout on, and wide enough for a price: the chart does not move.
    leftPriceScale: {
      visible: true,
      borderVisible: false,
      minimumWidth: 56,
      entireTextOnly: true,
    },
    rightPriceScale: { borderVisible: false, minimumWidth: 66, entireTextOnly: true },
    timeScale: {
      borderVisible: false,
      fixLeftEdge: true,
      rightOffset: 1,
      minBarSpacing: 0.01,
      shiftVisibleRangeOnNewBar: false,
      // It would be the hour's, or a whole minute's, and nothing here turns on them.
      allowBoldLabels: false,
      tickMarkFormatter: (time: Time) => {
        const ms = pageTime(time);
        return ms % 60_000 === 0 ? easternMinute(ms) : easternClock(ms);
      },
    },
  });
}

/** Give a chart the colours of the place it stands in. */
export function paintChart(chart: IChartApi, token: (name: Token) => string): void {
  const line = { color: token('line-1') };
  const crosshair = {
    color: token('line-3'),
    style: LineStyle.Dotted,
    labelBackgroundColor: token('bg-4'),
  };
  chart.applyOptions({
    layout: {
      background: { type: ColorType.Solid, color: token('bg-1') },
      textColor: token('text-3'),
    },
    grid: { vertLines: line, horzLines: line },
    crosshair: { vertLine: crosshair, horzLine: crosshair },
  });
}

/**
 * Keep a chart as large as its element, from the next frame on: the chart's own way resizes its
 * canvases while sizes are being told, which the browser reports as a loop.
 */
export function fitChart(chart: IChartApi, element: HTMLElement, sizes: Sizes, clock: Clock): Stop {
  let stopFrame: Stop | null = null;
  const stop = sizes.watchSize(element, ({ width, height }) => {
    stopFrame?.();
    stopFrame = clock.nextFrame(() => {
      chart.resize(width, height);
      // The chart would keep the width of an interval, and leave the rest bare.
      chart.timeScale().fitContent();
    });
  });
  return () => {
    stop();
    stopFrame?.();
  };
}
