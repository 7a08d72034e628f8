import { inject, Injectable, signal } from '@angular/core';
import { ChainApi } from '../live/chain-api';
import { Polling } from '../live/polling';

const EVERY_MS = 2000;

/** Volatility by strike. Provided by its tab: a tab that is not open asks for nothing. */
@Injectable()
export class SmileStore {
  private readonly api = inject(ChainApi);
  private readonly polled = inject(Polling).start({
    question: signal('smile'),
    every: EVERY_MS,
    ask: () => this.api.smile(),
  });

  /** Null before it is known. */
  readonly reply = this.polled.value;
  /** Why there is no newer one; null when there is. */
  readonly error = this.polled.error;
}
