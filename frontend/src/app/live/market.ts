import { ContractRow, SessionInfo, Snapshot, TapeRow, Totals, Update } from './wire';

/** Prints kept for the tape. */
export const PRINTS_KEPT = 500;

/** A print with a number of its own: identical prints are legitimate. */
export interface Print {
  /** Rises by one per print received by this page. */
  readonly id: number;
  readonly row: TapeRow;
}

/** All the page knows of the day; replaced, never mutated. */
export interface Market {
  readonly session: SessionInfo;
  readonly totals: Totals;
  /** By ticker; a row is the same object until it changes. */
  readonly contracts: ReadonlyMap<string, ContractRow>;
  /** Newest last. */
  readonly prints: readonly Print[];
  /** When the newest frame came, UNIX ms by the browser. */
  readonly receivedAt: number;
}

/** Begin again from a snapshot. Numbers of prints go on, so that a list knows old from new. */
export function applySnapshot(previous: Market | null, frame: Snapshot, now: number): Market {
  return {
    session: frame.session,
    totals: frame.totals,
    contracts: new Map(Object.entries(frame.contracts)),
    prints: numbered([], frame.trades, nextId(previous)),
    receivedAt: now,
  };
}

/** Lay an update over what is known. */
export function applyUpdate(market: Market, frame: Update, now: number): Market {
  const changed = Object.entries(frame.contracts);
  return {
    session: frame.session,
    totals: frame.totals,
    contracts: changed.length === 0 ? market.contracts : new Map([...market.contracts, ...changed]),
    prints: numbered(market.prints, frame.trades, nextId(market)),
    receivedAt: now,
  };
}

function nextId(market: Market | null): number {
  return (market?.prints.at(-1)?.id ?? 0) + 1;
}

function numbered(
  kept: readonly Print[],
  rows: readonly TapeRow[],
  firstId: number,
): readonly Print[] {
  if (rows.length === 0) return kept;
  const added = rows.map((row, index) => ({ id: firstId + index, row }));
  return [...kept, ...added].slice(-PRINTS_KEPT);
}

/** Share of the volume whose aggressor is known, 0 to 1; null before the first trade. */
export function signedShare(contracts: Iterable<ContractRow>): number | null {
  let volume = 0;
  let signed = 0;
  for (const row of contracts) {
    volume += row.cumulative_volume;
    signed += row.buy_volume + row.sell_volume;
  }
  return volume === 0 ? null : signed / volume;
}

/** Trades counted over every contract. */
export function tradeCount(contracts: Iterable<ContractRow>): number {
  let trades = 0;
  for (const row of contracts) trades += row.trade_count;
  return trades;
}
