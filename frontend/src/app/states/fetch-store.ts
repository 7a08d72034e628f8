import { computed, inject, Injectable, signal } from '@angular/core';
import { ChainApi } from '../live/chain-api';
import { Clock } from '../live/clock';
import { Answer, failureWords } from '../live/http';
import { FetchReply } from '../live/wire';

const EVERY_MS = 1000;

/** The fetch of a day into the server's cache. It goes on whether or not somebody looks. */
@Injectable({ providedIn: 'root' })
export class FetchStore {
  private readonly api = inject(ChainApi);
  private readonly clock = inject(Clock);
  private readonly state = signal<FetchReply | null>(null);
  private readonly failure = signal<string | null>(null);
  private waiting = false;

  /** How it goes; null before the server was asked. */
  readonly reply = this.state.asReadonly();
  /** Why the last request was not taken; null when it was. */
  readonly error = this.failure.asReadonly();
  readonly running = computed(() => this.state()?.state === 'running');

  /** Look how it goes, and go on looking while it runs. */
  async look(): Promise<void> {
    if (!this.waiting) this.take(await this.api.fetchState());
  }

  /** Fetch a day, YYYY-MM-DD. */
  async start(date: string): Promise<void> {
    this.take(await this.api.fetchDay({ action: 'start', date }));
  }

  /** Stop. What is there stays, and another start goes on from it. */
  async stop(): Promise<void> {
    this.take(await this.api.fetchDay({ action: 'stop' }));
  }

  private take(answer: Answer<FetchReply>): void {
    this.failure.set(answer.kind === 'ok' ? null : failureWords(answer, 'Not fetched'));
    if (answer.kind === 'ok') this.state.set(answer.value);
    if (!this.running() || this.waiting) return;
    this.waiting = true;
    this.clock.after(EVERY_MS, () => {
      this.waiting = false;
      void this.look();
    });
  }
}
