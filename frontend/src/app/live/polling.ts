import {
  computed,
  DestroyRef,
  DOCUMENT,
  effect,
  inject,
  Injectable,
  linkedSignal,
  Signal,
  untracked,
} from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { Clock } from './clock';
import { Answer, failureWords } from './http';
import { MarketStore } from './market-store';

/** Something asked for again and again. */
export interface Polled<T> {
  /** The last answer that was one; null before it, and when question or day changed. */
  readonly value: Signal<T | null>;
  /** When it came, UNIX ms by the browser; null before it. */
  readonly receivedAt: Signal<number | null>;
  /** Why the last question brought nothing; null when it did. */
  readonly error: Signal<string | null>;
}

/** What to ask, and how often. */
export interface Poll<Q, T> {
  /** What is asked for; another one is asked at once. Null asks for nothing. */
  readonly question: Signal<Q | null>;
  /** Ms between questions. */
  readonly every: number;
  readonly ask: (question: Q) => Promise<Answer<T>>;
}

/**
 * Asks the server while the page can be seen and the server is there. No question is put before
 * the last one is answered, and the answer to another question, or of another day, is dropped.
 */
@Injectable({ providedIn: 'root' })
export class Polling {
  private readonly clock = inject(Clock);
  private readonly stream = inject(DataStreamService);
  private readonly document = inject(DOCUMENT);
  /** Mode and date of what is shown; null before it is known. */
  private readonly day = dayShown();

  /** Begin; it ends with what injects it. Call it where `inject` works. */
  start<Q, T>({ question, every, ask }: Poll<Q, T>): Polled<T> {
    /** Another object when an answer that is still on its way has become meaningless. */
    const scope = computed(() => ({ question: question(), day: this.day() }));
    const value = linkedSignal<object, T | null>({ source: scope, computation: () => null });
    const receivedAt = linkedSignal<object, number | null>({
      source: scope,
      computation: () => null,
    });
    const error = linkedSignal<object, string | null>({ source: scope, computation: () => null });
    let asking = false;
    let ended = false;

    const put = async (): Promise<void> => {
      const asked = untracked(scope);
      const open = untracked(this.stream.connection).state === 'open';
      if (asking || ended || !open || asked.question === null || asked.day === null) return;
      asking = true;
      const answer = await ask(asked.question);
      asking = false;
      if (untracked(scope) !== asked) {
        await put();
        return;
      }
      error.set(answer.kind === 'ok' ? null : failureWords(answer, 'Not known'));
      if (answer.kind !== 'ok') return;
      value.set(answer.value);
      receivedAt.set(this.clock.now());
    };

    effect(() => {
      scope();
      this.stream.connection();
      void put();
    });
    const stop = this.clock.every(every, () => {
      if (!this.document.hidden) void put();
    });
    inject(DestroyRef).onDestroy(() => {
      ended = true;
      stop();
    });
    return { value, receivedAt, error };
  }
}

function dayShown(): Signal<string | null> {
  const { session } = inject(MarketStore);
  return computed(() => {
    const shown = session();
    return shown === null ? null : `${shown.mode} ${shown.date}`;
  });
}
