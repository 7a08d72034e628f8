import { computed, linkedSignal, Signal } from '@angular/core';
import {
  ExposureCell,
  exposureCells,
  largestExposure,
  moneyText,
  moneyUnit,
  rowPlace,
} from '../exposure/exposure-cells';
import { ExposureStore } from '../exposure/exposure-store';
import { errorOf, finiteOf } from '../exposure/measures';
import { ExposureReply } from '../live/wire';
import { fixed } from '../ui/format';
import { LadderRow } from './ladder';

/** Half the height of the name of a wall, and a hair, px; and with half of the flip's own name. */
const NAME_PX = 10;
const TWO_NAMES_PX = 14;
/** Nearer than this to each other, px, the line of spot would strike the flip's name through. */
const NAME_AND_LINE_PX = 8;

/** What the ladder's rows are, as far as this column goes by it. */
export interface RowPlaces {
  /** Lowest strike first. */
  readonly ascending: Signal<readonly LadderRow[]>;
  /** From the top. */
  readonly rows: Signal<readonly LadderRow[]>;
  /** Px. */
  readonly height: Signal<number>;
  readonly spot: Signal<number | null>;
}

/** Dealers' exposure beside the ladder: a cell a strike, their sum, and the lines of prices. */
export class ExposureColumn {
  private readonly key = computed(() => this.store.measure().key);
  private readonly strikes = computed(() => this.places.ascending().map(({ strike }) => strike));
  /** What a full bar stands for, $. */
  private readonly largest = computed(() => {
    const reply = this.store.reply();
    return reply === null ? 0 : largestExposure(reply, this.key(), this.strikes());
  });

  /** By strike; null before they are known. A cell is the same object until it changes. */
  readonly cells = linkedSignal<
    { reply: ExposureReply | null; key: ReturnType<ExposureColumn['key']>; largest: number },
    ReadonlyMap<number, ExposureCell> | null
  >({
    source: () => ({ reply: this.store.reply(), key: this.key(), largest: this.largest() }),
    computation: ({ reply, key, largest }, previous) =>
      reply === null ? null : exposureCells(reply, key, largest, previous?.value ?? new Map()),
  }).asReadonly();
  readonly unit = computed(() => moneyUnit(this.largest()));
  /** The sum of the column, strikes out of the window included. */
  readonly total = computed(() => {
    const reply = this.store.reply();
    return reply === null ? '' : moneyText(reply.totals[this.key()], this.unit());
  });
  /** What a whole move of 1 % comes to, where that is another figure; blank else. */
  readonly finite = computed(() => {
    const reply = this.store.reply();
    return reply === null ? '' : moneyText(finiteOf(reply.totals, this.key()), this.unit());
  });
  /** What the sum is of, and how sure it is. */
  readonly totalWords = computed(() => {
    const totals = this.store.reply()?.totals;
    const { key, name, per } = this.store.measure();
    const error = totals === undefined ? null : errorOf(totals, key);
    const inUnit = (figure: string) => `${figure} ${this.unit().sign} ${per}`;
    const sure = error === null ? '' : `, ± ${inUnit(moneyText(error, this.unit()).slice(1))}`;
    const finite = this.finite();
    const move = finite === '' ? '' : ` Over a whole move of 1 %: ${finite} ${this.unit().sign}.`;
    return `${name} of the whole chain${sure}.${move} ${this.store.convention().words}`;
  });
  /** Lines of prices across the column, px from the first row's top. */
  readonly lines = computed(() => {
    const flip = this.store.reply()?.levels.flip.value ?? null;
    const [flipTop, spotTop] = [this.heightOf(flip), this.heightOf(this.places.spot())];
    // A line begins or ends where the name of a wall stands in its way.
    return {
      flip: flipTop,
      flipText: fixed(flip, 2),
      flipWall: this.wallNameAt(flipTop),
      flipSide: this.freeSideAt(flipTop),
      flipShift: this.flipShift(flipTop, spotTop),
      // To half a pixel: it is laid out anew only where that shows.
      spot: spotTop === null ? null : Math.round(2 * spotTop) / 2,
      spotWall: this.wallNameAt(spotTop),
    };
  });

  constructor(
    private readonly store: Pick<ExposureStore, 'reply' | 'measure' | 'convention'>,
    private readonly places: RowPlaces,
  ) {}

  /** Where a line at `top`, px, meets the name of a wall: the side that the wall's bar leaves free. */
  private wallNameAt(top: number | null): 'left' | 'right' | null {
    const meets = Math.abs(this.fromMiddle(top)) <= NAME_PX;
    return meets && this.cellAt(top)?.wall ? this.freeSideAt(top) : null;
  }

  /** The side of the zero line that the bar at `top`, px, leaves free: names stand there. */
  private freeSideAt(top: number | null): 'left' | 'right' {
    return (this.cellAt(top)?.direction ?? 0) < 0 ? 'right' : 'left';
  }

  /** How far the flip's name goes up or down, px, to leave a wall's name and the line of spot free. */
  private flipShift(flip: number | null, spot: number | null): number {
    const beside = this.fromMiddle(flip);
    if (this.cellAt(flip)?.wall && Math.abs(beside) < TWO_NAMES_PX) {
      return beside < 0 ? -TWO_NAMES_PX - beside : TWO_NAMES_PX - beside;
    }
    if (flip === null || spot === null || Math.abs(flip - spot) > NAME_AND_LINE_PX) return 0;
    return flip < spot ? -NAME_AND_LINE_PX : NAME_AND_LINE_PX;
  }

  private cellAt(top: number | null): ExposureCell | undefined {
    const row = top === null ? undefined : this.places.rows()[this.indexAt(top)];
    return row && this.cells()?.get(row.strike);
  }

  /** How far under the middle of its row a height lies, px. */
  private fromMiddle(top: number | null): number {
    return top === null ? Infinity : top - (this.indexAt(top) + 0.5) * this.places.height();
  }

  private indexAt(top: number): number {
    return Math.floor(top / this.places.height());
  }

  /** Px over the first row for a price; null where it lies on no row. */
  private heightOf(price: number | null): number | null {
    const strikes = this.strikes();
    const place = rowPlace(strikes, price);
    if (place === null) return null;
    const highFirst = this.places.rows()[0]?.strike !== strikes[0];
    return ((highFirst ? strikes.length - 1 - place : place) + 0.5) * this.places.height();
  }
}
