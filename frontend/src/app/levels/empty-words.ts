import { computed, inject, Signal } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { Connection } from '../live/connection';
import { MarketStore } from '../live/market-store';
import { SessionInfo } from '../live/wire';

/**
 * What a picture says in place of itself while it has nothing to draw: the same words in each for
 * the same state of server and feed.
 *
 * @param error Why the last question brought nothing; blank or null when it did.
 * @param waits Its own words for what comes first, when nothing stands in the way.
 */
export function emptyWords(
  connection: Connection,
  state: SessionInfo['feed']['state'] | null,
  error: string | null,
  waits: string,
): string {
  // No question is put then, so no picture's own error tells it.
  if (connection.state === 'gone') return 'The server does not answer.';
  if (error !== null && error !== '') return error;
  switch (state) {
    case 'waiting':
      return 'Waiting for the open';
    case 'closed':
      // The tape may have prints: those of a finished day come all at once, and not as they happen.
      return 'Market shut: nothing was streamed to draw';
    case 'empty':
      return 'No data of this day';
    case 'refused':
      return 'The vendor refuses';
    default:
      return waits;
  }
}

/** The words of now. Call it where `inject` works. */
export function emptyText(error: Signal<string | null>, waits: string): Signal<string> {
  const { session } = inject(MarketStore);
  const { connection } = inject(DataStreamService);
  return computed(() => emptyWords(connection(), session()?.feed.state ?? null, error(), waits));
}
