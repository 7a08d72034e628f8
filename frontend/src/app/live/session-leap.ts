import { SessionInfo } from './wire';

/** Earlier than this before what was, market time has leapt back, ms. */
const BACK_MS = 1000;

/** Another day, or an earlier moment: market time does not run backwards, unless somebody seeks. */
export function isElsewhere(before: SessionInfo | null, now: SessionInfo): boolean {
  if (before === null) return true;
  if (before.date !== now.date || before.mode !== now.mode) return true;
  const [was, is] = [before.market_time, now.market_time];
  return was !== null && is !== null && is < was - BACK_MS;
}
