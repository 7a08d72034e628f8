import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { FlowApi } from '../live/flow-api';
import { Event, StreamFrame } from '../live/wire';
import { mergeEvents } from './alert-lines';

/** What happened to the feed and the product, as far as it is kept. */
@Injectable({ providedIn: 'root' })
export class EventStore {
  private readonly api = inject(FlowApi);
  private readonly known = signal<readonly Event[]>([]);
  private readonly answered = signal(false);
  /** How many came over the stream since the list was last looked at. */
  private readonly fresh = signal(0);

  /** Newest first. */
  readonly events = computed(() => [...this.known()].reverse());
  /** The newest of {@link events} that nobody has looked at yet. */
  readonly unseen = this.fresh.asReadonly();
  /** Whether the server has told what happened before. */
  readonly asked = this.answered.asReadonly();

  constructor() {
    const stop = inject(DataStreamService).onFrame((frame) => {
      this.take(frame);
    });
    inject(DestroyRef).onDestroy(stop);
  }

  /** The list has been looked at. */
  look(): void {
    this.fresh.set(0);
  }

  private take(frame: StreamFrame): void {
    // What happened while there was no connection is asked for.
    if (frame.type === 'snapshot') void this.load();
    const { event } = frame.type === 'status' ? frame : { event: null };
    if (event === null) return;
    this.known.update((known) => mergeEvents(known, [event]));
    this.fresh.update((count) => count + 1);
  }

  private async load(): Promise<void> {
    const answer = await this.api.events();
    if (answer.kind !== 'ok') return;
    this.known.update((known) => mergeEvents(known, answer.value));
    this.answered.set(true);
  }
}
