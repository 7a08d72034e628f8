import { ChangeDetectionStrategy, Component, computed, input, output, signal } from '@angular/core';
import { Gap } from '../flow-chart/gaps';
import { easternClock } from '../ui/eastern-time';
import { Minutes, VolumeBar, volumeBars, volumeWords } from './volume-bars';
import { DaySpan, hourShares, inside, shareOf, timeAt } from './day-span';

const MINUTE_MS = 60_000;

/** How far the slider's own keys go, ms. Left and right are the page's, wherever the focus is. */
const STRIDES: Readonly<Record<string, number>> = {
  ArrowUp: MINUTE_MS,
  ArrowDown: -MINUTE_MS,
  PageUp: 10 * MINUTE_MS,
  PageDown: -10 * MINUTE_MS,
};

/** The day as a line, and a handle where it stands. A drag seeks when it is let go. */
@Component({
  selector: 'sm-scrubber',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (readout(); as readout) {
      <output class="readout" aria-hidden="true" [style.left.%]="readout.place">
        {{ readout.text }}<small>{{ readout.volume }}</small>
      </output>
    }
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="typical" [attr.d]="typical()" />
      <path class="ahead" [attr.d]="volume().ahead" />
      <path class="behind" [attr.d]="volume().behind" />
    </svg>
    <div class="past" [style.width.%]="place()"></div>
    @for (hour of hours(); track $index) {
      <i class="hour" [style.left.%]="hour * 100"></i>
    }
    @for (gap of gapPlaces(); track gap.left) {
      <i class="gap" [style.left.%]="gap.left" [style.width.%]="gap.width" [title]="gap.label"></i>
    }
    @if (closePlace(); as left) {
      <i class="close" [style.left.%]="left"></i>
    }
    @if (position() !== null) {
      <i class="handle" [style.left.%]="place()"></i>
    }
  `,
  styleUrl: './scrubber.scss',
  host: {
    role: 'slider',
    'aria-label': 'Time of day',
    'aria-orientation': 'horizontal',
    'aria-valuemin': '0',
    '[attr.aria-valuemax]': 'length()',
    '[attr.aria-valuenow]': 'elapsed()',
    '[attr.aria-valuetext]': 'words()',
    '[attr.aria-disabled]': 'disabled()',
    '[attr.tabindex]': 'disabled() ? -1 : 0',
    '[class.dragged]': 'dragged() !== null',
    '(pointerdown)': 'take($event)',
    '(pointermove)': 'point($event)',
    '(pointerup)': 'release()',
    '(pointercancel)': 'drop()',
    '(pointerleave)': 'hovered.set(null)',
    '(keydown)': 'press($event)',
  },
})
export class Scrubber {
  /** The stretch of time that the line stands for. */
  readonly span = input.required<DaySpan>();
  /** Where the day stands, UNIX ms; null before that is known. */
  readonly position = input.required<number | null>();
  /** Volume by the minute, as far as it is known. */
  readonly minutes = input<Minutes>(new Map());
  /** Volume typical of each minute; none where that is not known. */
  readonly usual = input<Minutes>(new Map());
  /** Stretches without data, or with data that came later. */
  readonly gaps = input<readonly Gap[]>([]);
  /** Whether it only shows. */
  readonly disabled = input(false);
  /** The user goes to a time, UNIX ms. */
  readonly seek = output<number>();
  /** The time under a drag, UNIX ms; null when there is none. */
  readonly dragging = output<number | null>();

  protected readonly dragged = signal<number | null>(null);
  protected readonly hovered = signal<number | null>(null);

  protected readonly shown = computed(() => {
    const at = this.dragged() ?? this.position();
    return at === null ? null : inside(this.span(), at);
  });
  /** Per cent of the line. */
  protected readonly place = computed(() => {
    const shown = this.shown();
    // To half a pixel: the line is laid out anew only where that shows.
    return shown === null ? 0 : Math.round(2000 * shareOf(this.span(), shown)) / 20;
  });
  private readonly bars = computed(() => volumeBars(this.minutes(), this.usual(), this.span()));
  /** Width of a bar, per cent: a minute less a hair. */
  private readonly barWidth = computed(() => {
    const { start, end } = this.span();
    return (100 * MINUTE_MS * 0.7) / Math.max(MINUTE_MS, end - start);
  });
  /** How many bars have begun: the outlines change with it, and not with each moment. */
  private readonly begun = computed(() => {
    const shown = this.shown() ?? this.span().start;
    return this.bars().seen.filter(({ t }) => t <= shown).length;
  });
  protected readonly volume = computed(() => {
    const [{ seen }, begun] = [this.bars(), this.begun()];
    return { behind: this.path(seen.slice(0, begun)), ahead: this.path(seen.slice(begun)) };
  });
  protected readonly typical = computed(() => this.path(this.bars().typical));
  protected readonly hours = computed(() => hourShares(this.span()));
  /** Only where prints come after the close. */
  protected readonly closePlace = computed(() => {
    const span = this.span();
    return span.close < span.end ? shareOf(span, span.close) * 100 : null;
  });
  protected readonly gapPlaces = computed(() => {
    const span = this.span();
    return this.gaps().map(({ start, end, label }) => {
      const left = shareOf(span, start) * 100;
      return { left, width: shareOf(span, end) * 100 - left, label };
    });
  });
  protected readonly length = computed(() => this.seconds(this.span().end));
  protected readonly elapsed = computed(() => this.seconds(this.shown() ?? this.span().start));
  protected readonly words = computed(() => {
    const shown = this.shown();
    return shown === null ? 'unknown' : `${easternClock(shown)} ET`;
  });
  protected readonly readout = computed(() => {
    const at = this.dragged() ?? this.hovered();
    if (at === null) return null;
    const volume = volumeWords(this.minutes(), this.usual(), at);
    return { text: easternClock(at), volume, place: shareOf(this.span(), at) * 100 };
  });

  protected take(event: PointerEvent): void {
    if (this.disabled() || event.button !== 0) return;
    const line = event.currentTarget as HTMLElement;
    line.setPointerCapture(event.pointerId);
    this.hold(this.timeUnder(event));
  }

  protected point(event: PointerEvent): void {
    const at = this.timeUnder(event);
    if (this.dragged() !== null) this.hold(at);
    else if (event.pointerType === 'mouse') this.hovered.set(at);
  }

  protected release(): void {
    const at = this.dragged();
    this.drop();
    if (at !== null) this.seek.emit(at);
  }

  protected drop(): void {
    this.hovered.set(null);
    this.hold(null);
  }

  protected press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.disabled()) return;
    if (event.key === 'Escape' && this.dragged() !== null) this.drop();
    else if (event.key === 'Home') this.seek.emit(this.span().start);
    else if (event.key === 'End') this.seek.emit(this.span().end);
    else {
      const stride = STRIDES[event.key];
      const shown = this.shown();
      if (stride === undefined || shown === null) return;
      this.seek.emit(inside(this.span(), shown + stride));
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private path(bars: readonly VolumeBar[]): string {
    const width = this.barWidth();
    return bars.map(({ left, height }) => `M${left} 100v${-height}h${width}v${height}z`).join('');
  }

  private hold(at: number | null): void {
    this.dragged.set(at);
    this.dragging.emit(at);
  }

  private timeUnder(event: PointerEvent): number {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return timeAt(this.span(), width === 0 ? 0 : (event.clientX - left) / width);
  }

  private seconds(at: number): number {
    return Math.round((at - this.span().start) / 1000);
  }
}
