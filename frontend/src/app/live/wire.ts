/**
 * The messages of `/ws/stream` and the HTTP API. Generated from the backend by `make wire`;
 * do not edit. Units and meanings are the backend's: dollars, shares, UNIX ms unless it says ns.
 */

/**
 * The first frame: everything.
 */
export interface Snapshot {
  type: 'snapshot';
  seq: number;
  ts: number;
  session: SessionInfo;
  totals: Totals;
  contracts: {
    [k: string]: ContractRow;
  };
  trades: TapeRow[];
}
/**
 * The day that is shown, and where it stands.
 */
export interface SessionInfo {
  mode: 'live' | 'replay' | 'sim';
  date: string;
  underlying: string;
  spot: number | null;
  atm: number | null;
  strikes: number[];
  spot_source: ('chain' | 'chain-delayed' | 'parity') | null;
  market_time: number | null;
  feed: Feed;
  span: number | 'all';
  open_time: number;
  close_time: number;
  end_time: number;
  spot_open: number | null;
  speed: number | null;
  replay: Replay | null;
}
/**
 * Health of the source of events.
 */
export interface Feed {
  state:
    | 'closed'
    | 'connecting'
    | 'empty'
    | 'ended'
    | 'ok'
    | 'paused'
    | 'reconnecting'
    | 'refused'
    | 'stale'
    | 'waiting';
  lag_ms: number | null;
  message: string | null;
  since: number | null;
  age_ms: number | null;
  reconnects: number;
}
/**
 * Where a replay stands.
 */
export interface Replay {
  playing: boolean;
  position: number;
  end: number;
}
/**
 * Sums over every contract of the day, in the window or not.
 */
export interface Totals {
  net_delta_flow: number;
  net_gamma_flow: number;
  cumulative_premium: number;
  cumulative_volume: number;
}
/**
 * The day so far in one contract.
 */
export interface ContractRow {
  strike_price: number;
  type: 'C' | 'P';
  expiration: string;
  in_window: boolean;
  cumulative_volume: number;
  cumulative_premium: number;
  trade_count: number;
  last_price: number | null;
  bid: number | null;
  ask: number | null;
  buy_volume: number;
  sell_volume: number;
  net_premium: number;
  net_delta_flow: number | null;
  net_gamma_flow: number | null;
  gross_delta_flow: number | null;
  gross_gamma_flow: number | null;
  delta: number | null;
  gamma: number | null;
  implied_volatility: number | null;
  open_interest: number | null;
  greeks_source: ('model' | 'vendor') | null;
}
/**
 * One print with the evidence for its side.
 */
export interface TapeRow {
  t: number;
  ticker: string;
  price: number;
  size: number;
  premium: number;
  side: -1 | 0 | 1;
  aggressor: -1 | 0 | 1;
  rule: string;
  confidence: number;
  bid: number | null;
  ask: number | null;
  quote_age_ms: number | null;
  delta: number | null;
  conditions: number[];
  tags: string[];
}
/**
 * What changed since the previous frame to this client.
 */
export interface Update {
  type: 'update';
  seq: number;
  ts: number;
  session: SessionInfo;
  totals: Totals;
  contracts: {
    [k: string]: ContractRow;
  };
  trades: TapeRow[];
}
/**
 * A change of mode or trouble with the feed, in words for a person.
 */
export interface Status {
  type: 'status';
  seq: number;
  ts: number;
  level: 'error' | 'info' | 'warning';
  message: string;
}
/**
 * Something a trader asked to be told.
 */
export interface Alert {
  type: 'alert';
  seq: number;
  ts: number;
  title: string;
  message: string;
}
/**
 * ``GET /api/session``.
 */
export interface SessionReply {
  mode: 'live' | 'replay' | 'sim';
  date: string;
  underlying: string;
  spot: number | null;
  atm: number | null;
  strikes: number[];
  spot_source: ('chain' | 'chain-delayed' | 'parity') | null;
  market_time: number | null;
  feed: Feed;
  span: number | 'all';
  open_time: number;
  close_time: number;
  end_time: number;
  spot_open: number | null;
  speed: number | null;
  replay: Replay | null;
  counters: Counters;
}
/**
 * What was received and what became of it.
 */
export interface Counters {
  trades_received: number;
  trades_counted: number;
  trades_cancelled: number;
  trades_rejected: number;
  trades_backfilled: number;
  quotes_received: number;
  frames_rejected: number;
  reconnects: number;
}
/**
 * ``GET /api/contracts``.
 */
export interface ContractsReply {
  contracts: {
    [k: string]: ContractRow;
  };
}
/**
 * ``POST /api/window``.
 */
export interface WindowRequest {
  span: number | 'all';
}
/**
 * ``POST /api/mode``.
 */
export interface ModeRequest {
  mode: 'live' | 'replay' | 'sim';
  date: string | null;
  speed: number | 'max' | null;
}
/**
 * ``POST /api/replay``.
 */
export interface ReplayRequest {
  action: 'pause' | 'play' | 'seek' | 'speed' | 'step';
  at: string | null;
  speed: number | 'max' | null;
  by: 'print' | 'second';
}
/**
 * ``GET /api/cache``.
 */
export interface CacheReply {
  days: CachedDay[];
}
/**
 * One day on the disk.
 */
export interface CachedDay {
  date: string;
  contracts: number;
}
/**
 * Every error of the HTTP API.
 */
export interface ErrorReply {
  detail: string;
}
/**
 * ``GET /readyz``.
 */
export interface ReadyReply {
  status: 'not ready' | 'ready';
  reasons: string[];
}

/** One frame of `/ws/stream`, told apart by `type`. */
export type StreamFrame = Snapshot | Update | Status | Alert;
