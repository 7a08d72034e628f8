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
import { totalOf } from '../exposure/measures';
import { ExposureReply } from '../live/wire';
import { fixed } from '../ui/format';
import { LadderRow } from './ladder';

/** Half the height of the name of a wall, and a hair, px; and with half of a line's own name. */
const NAME_PX = 10;
const TWO_NAMES_PX = 17;
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
  readonly total = computed(() => {
    const reply = this.store.reply();
    return reply === null ? '' : moneyText(totalOf(reply.totals, this.key()), this.unit());
  });
  /** What the sum is of, and how sure it is. */
  readonly totalWords = computed(() => {
    const totals = this.store.reply()?.totals;
    const { key, name } = this.store.measure();
    const finite = key === 'gex' && totals?.headline === 'finite' ? ' over a move of 1 %' : '';
    const error = key === 'gex' ? totals?.gex_error : key === 'dex' ? totals?.dex_error : null;
    const sure =
      error === null || error === undefined ? '' : `, ± ${moneyText(error, this.unit()).slice(1)}`;
    return `${name} of the whole chain${finite}${sure}. ${this.store.convention().words}`;
  });
  /** Lines of prices across the column, px from the first row's top. */
  readonly lines = computed(() => {
    const flip = this.store.reply()?.levels.flip.value ?? null;
    const [flipTop, spotTop] = [this.heightOf(flip), this.heightOf(this.places.spot())];
    const gap = flipTop === null || spotTop === null ? null : flipTop - spotTop;
    // A line begins or ends where the name of a wall stands in its way.
    return {
      flip: flipTop,
      flipText: fixed(flip, 2),
      flipName: this.nameAt(flipTop, TWO_NAMES_PX),
      /** Where the flip's name goes to leave the line of spot free. */
      flipShift:
        gap === null || Math.abs(gap) > NAME_AND_LINE_PX ? null : gap < 0 ? 'over' : 'under',
      spot: spotTop,
      spotName: this.nameAt(spotTop, NAME_PX),
    };
  });

  constructor(
    private readonly store: Pick<ExposureStore, 'reply' | 'measure' | 'convention'>,
    private readonly places: RowPlaces,
  ) {}

  /** Where a line at `top`, px, meets the name of a wall: the side that the wall's bar leaves free. */
  private nameAt(top: number | null, room: number): 'left' | 'right' | null {
    if (top === null) return null;
    const height = this.places.height();
    const index = Math.floor(top / height);
    const row = this.places.rows()[index];
    const cell = row && this.cells()?.get(row.strike);
    const meets = Math.abs((index + 0.5) * height - top) <= room;
    if (!cell?.wall || !meets) return null;
    return cell.direction < 0 ? 'right' : 'left';
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
