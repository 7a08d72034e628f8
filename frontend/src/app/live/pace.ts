import { Clock, Stop } from './clock';

/** How often a panel is drawn, and when. */
export interface Rhythm {
  /** Ms between two drawings. */
  readonly every: number;
  /** Ms after it was asked for, so that panels do not all fall into one animation frame. */
  readonly later: number;
}

/** Draws what changes faster than it can be read: seldom enough, and in a frame of its own. */
export class Pace {
  private last = -Infinity;
  private stop: Stop | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly rhythm: Rhythm,
  ) {}

  /**
   * Have `draw` run soon; asked again before that, it runs once.
   *
   * @param every Ms since the last drawing, where it is another time than usual.
   */
  ask(draw: () => void, every = this.rhythm.every): void {
    if (this.stop !== null) return;
    const { later } = this.rhythm;
    const wait = Math.max(later, this.last + every - this.clock.now());
    this.stop = this.clock.after(wait, () => {
      this.stop = this.clock.nextFrame(() => {
        this.stop = null;
        this.last = this.clock.now();
        draw();
      });
    });
  }

  /** Draw no more of what was asked for. */
  end(): void {
    this.stop?.();
    this.stop = null;
  }
}
