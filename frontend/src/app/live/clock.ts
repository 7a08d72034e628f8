import { Injectable } from '@angular/core';

/** Undoes what returned it. */
export type Stop = () => void;

/** Time and timers, so that tests move them by hand. */
@Injectable({ providedIn: 'root', useFactory: () => new BrowserClock() })
export abstract class Clock {
  /** UNIX ms. */
  abstract now(): number;
  /** Run once, `ms` from now. */
  abstract after(ms: number, run: () => void): Stop;
  /** Run every `ms`. */
  abstract every(ms: number, run: () => void): Stop;
  /** Run before the next paint. */
  abstract nextFrame(run: () => void): Stop;
  /** 0 to below 1, to spread retries of many pages. */
  abstract random(): number;
}

/** The real thing. */
export class BrowserClock extends Clock {
  override now(): number {
    return Date.now();
  }

  override after(ms: number, run: () => void): Stop {
    const id = setTimeout(run, ms);
    return () => {
      clearTimeout(id);
    };
  }

  override every(ms: number, run: () => void): Stop {
    const id = setInterval(run, ms);
    return () => {
      clearInterval(id);
    };
  }

  override nextFrame(run: () => void): Stop {
    const id = requestAnimationFrame(run);
    return () => {
      cancelAnimationFrame(id);
    };
  }

  override random(): number {
    return Math.random();
  }
}
