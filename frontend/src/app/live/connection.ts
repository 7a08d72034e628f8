/** Where the page stands with SPYMASTER itself; the vendor's feed is `session.feed`. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** Lost a moment ago; `attempt` counts the tries since, from 1. */
  | { readonly state: 'reconnecting'; readonly attempt: number; readonly since: number }
  /** Does not answer; `since` is the UNIX ms of the loss. Tries go on for ever. */
  | { readonly state: 'gone'; readonly attempt: number; readonly since: number }
  /** A token is asked for, or this origin is not allowed. No try is made by itself. */
  | { readonly state: 'refused'; readonly message: string };

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Tries before a lost server is called gone: some 4 seconds. */
export const TRIES_BEFORE_GONE = 3;

/**
 * Pause before a try, in ms: 0.5 s doubling to 10 s, half of it by chance so that many pages do
 * not come back at once.
 *
 * @param attempt Which try, from 1.
 * @param random 0 to below 1.
 */
export function retryDelay(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10));
  return ceiling / 2 + (ceiling / 2) * random;
}

/** The state while try `attempt` is waited for or under way. */
export function lost(attempt: number, since: number): Connection {
  return { state: attempt > TRIES_BEFORE_GONE ? 'gone' : 'reconnecting', attempt, since };
}
