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
  parity: Parity | null;
  greeks_source: 'model' | 'vendor';
  trade_size_rule: boolean;
  quote_lag_ms: number;
  quotes_left_out: number;
  latency_p99_ms: number | null;
  delivery_p99_ms: number | null;
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
 * Spot from put-call parity, with its quality.
 */
export interface Parity {
  spot: number;
  strikes: number;
  low: number;
  high: number;
  doubtful: boolean;
}
/**
 * Sums over every contract of the day, in the window or not.
 */
export interface Totals {
  net_delta_flow: number;
  net_gamma_flow: number;
  cumulative_premium: number;
  cumulative_volume: number;
  premium_by_rule: {
    [k: string]: number;
  };
  hedging_pressure: number;
  hedging_pressure_error: number | null;
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
  weighted_position: number;
  position_variance: number;
  quote_time: number | null;
  volatility_time: number | null;
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
  id: number;
  exchange: number;
  bid_size: number | null;
  ask_size: number | null;
  gamma: number | null;
  implied_volatility: number | null;
  spot: number | null;
  hedging_pressure: number | null;
  group: number | null;
  package: Package | null;
  refilled: boolean;
}
/**
 * The multi-leg order that a print was a leg of, where its legs were found.
 */
export interface Package {
  id: number;
  side: -1 | 0 | 1;
  confidence: number;
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
  bars: FlowBar[];
  changed_trades: TapeRow[];
}
/**
 * One second of one part of the chain, as the stream carries it; null spot: unknown.
 */
export interface FlowBar {
  t: number;
  type: 'C' | 'P';
  legs: 'multi' | 'single';
  spot: number | null;
  volume: number;
  premium: number;
  net_premium: number;
  hedging_pressure: number;
  variance: number;
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
  event: Event | null;
}
/**
 * Something that happened to the feed or the product.
 */
export interface Event {
  t: number;
  level: 'error' | 'info' | 'warning';
  kind: 'cache' | 'feed' | 'gap' | 'mode' | 'product' | 'recording' | 'refill';
  message: string;
  start: number | null;
  end: number | null;
  prints: number | null;
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
  parity: Parity | null;
  greeks_source: 'model' | 'vendor';
  trade_size_rule: boolean;
  quote_lag_ms: number;
  quotes_left_out: number;
  latency_p99_ms: number | null;
  delivery_p99_ms: number | null;
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
 * ``POST /api/rules``: switch a rule; the whole day is signed anew.
 */
export interface RulesRequest {
  trade_size: boolean;
}
/**
 * ``GET /api/cache``.
 */
export interface CacheReply {
  days: CachedDay[];
  mirror_trouble: string | null;
}
/**
 * One day that can be replayed.
 */
export interface CachedDay {
  date: string;
  contracts: number | null;
  remote: boolean;
  complete: boolean | null;
}
/**
 * ``POST /api/fetch``.
 */
export interface FetchRequest {
  action: 'start' | 'stop';
  date: string | null;
  quotes: boolean;
}
/**
 * ``GET /api/fetch`` and ``POST /api/fetch``: how the fetch of a day goes.
 */
export interface FetchReply {
  state: 'done' | 'failed' | 'idle' | 'running' | 'stopped';
  date: string | null;
  contracts: number | null;
  contracts_done: number;
  rows: number;
  bytes: number;
  seconds_left: number | null;
  message: string | null;
}
/**
 * ``GET /api/bars``: the whole day so far, oldest first.
 */
export interface BarsReply {
  interval: '10s' | '1m' | '1s' | '30s' | '5m' | '5s';
  market_time: number | null;
  bars: Bar[];
  earlier_sessions: number;
}
/**
 * Flow of one interval. Intervals without prints are present, and zero.
 */
export interface Bar {
  t: number;
  spot: number | null;
  price: number | null;
  trade_count: number;
  volume: number;
  buy_volume: number;
  sell_volume: number;
  measures: {
    [k: string]: Measure;
  };
  hedging_pressure: number;
  hedging_pressure_error: number;
  signals: Signals | null;
}
/**
 * One flow measure over some prints; its sign is the customer's.
 */
export interface Measure {
  gross: number;
  net: number;
  strict: number;
  weighted: number;
  standard_error: number;
}
/**
 * What stands out in a bar. None of it is a proven predictor of direction.
 */
export interface Signals {
  z: number | null;
  robust_z: number | null;
  velocity: number;
  acceleration: number;
  burst: boolean;
  divergence: ('bearish' | 'bullish') | null;
  strength: number | null;
}
/**
 * ``GET /api/tape``: prints that pass the filter, newest first.
 */
export interface TapeReply {
  market_time: number | null;
  total: number;
  trades: TapeRow[];
}
/**
 * ``GET /api/prints``: the prints behind an aggregate, and their sums.
 */
export interface PrintsReply {
  market_time: number | null;
  trade_count: number;
  volume: number;
  measures: {
    [k: string]: Measure;
  };
  trades: TapeRow[];
  premium_vwap: number | null;
  premium_vwap_buy: number | null;
  premium_vwap_sell: number | null;
}
/**
 * ``GET /api/usual``: what earlier sessions of this underlying and span tell of a day.
 */
export interface UsualReply {
  sessions: number;
  volume: number[] | null;
}
/**
 * ``GET /api/exposure``.
 */
export interface ExposureReply {
  convention: 'A' | 'B' | 'C' | 'D';
  base: number;
  describes: string;
  market_time: number | null;
  spot: number | null;
  strikes: StrikeExposure[];
  totals: ExposureTotals;
  levels: Levels;
  flips: number[];
}
/**
 * One strike. Null where no greeks are known.
 */
export interface StrikeExposure {
  strike: number;
  total: Exposure | null;
  call: Exposure | null;
  put: Exposure | null;
  call_position: number | null;
  put_position: number | null;
  pin_probability: number | null;
  magnet: number | null;
  call_volume_to_open_interest: number | null;
  put_volume_to_open_interest: number | null;
}
/**
 * Dealers' exposure in one strike, one leg, or all.
 */
export interface Exposure {
  gex: number;
  dex: number;
  vex: number;
  chex: number;
}
/**
 * Sums over the chain.
 */
export interface ExposureTotals {
  gex: number | null;
  gex_per_dollar: number | null;
  gex_finite: number | null;
  headline: 'finite' | 'local';
  dex: number | null;
  vex: number | null;
  chex: number | null;
  gex_error: number | null;
  dex_error: number | null;
  left_out: number;
}
/**
 * Levels and ratios of the chain.
 */
export interface Levels {
  call_wall: Level;
  put_wall: Level;
  oi_call_wall: Level;
  oi_put_wall: Level;
  flip: Level;
  max_pain: Level;
  expected_move: Level;
  straddle: Level;
  straddle_move: Level;
  put_call_volume: Level;
  put_call_open_interest: Level;
  put_call_premium: Level;
  skew_25_delta: Level;
  skew_normalised: Level;
  call_premium_weighted_strike: Level;
  put_premium_weighted_strike: Level;
}
/**
 * One figure of the chain.
 */
export interface Level {
  value: number | null;
  reason: string | null;
}
/**
 * ``GET /api/exposure/path``: through the day, oldest first.
 */
export interface ExposurePathReply {
  convention: 'A' | 'B' | 'C' | 'D';
  base: number;
  points: ExposurePoint[];
}
/**
 * Totals and levels at one moment of the day.
 */
export interface ExposurePoint {
  t: number;
  spot: number | null;
  gex: number | null;
  dex: number | null;
  vex: number | null;
  chex: number | null;
  call_wall: number | null;
  put_wall: number | null;
  flip: number | null;
  max_pain: number | null;
  expected_move: number | null;
}
/**
 * ``GET /api/smile``.
 */
export interface SmileReply {
  market_time: number | null;
  spot: number | null;
  forward: number | null;
  seconds_left: number | null;
  atm_iv: number | null;
  session_iv: number | null;
  vendor_hours_left: number | null;
  points: SmilePoint[];
}
/**
 * One strike of the smile, from its out-of-the-money side.
 */
export interface SmilePoint {
  strike: number;
  moneyness: number | null;
  side: 'C' | 'P';
  bid_iv: number | null;
  mid_iv: number | null;
  ask_iv: number | null;
  implied_volatility: number | null;
  doubtful: boolean;
  call: LegGreeks | null;
  put: LegGreeks | null;
}
/**
 * One contract's greeks per share, ours beside the vendor's.
 */
export interface LegGreeks {
  ticker: string;
  delta: number | null;
  gamma: number | null;
  theta_min: number | null;
  vega_pt: number | null;
  vanna_pt: number | null;
  charm_min: number | null;
  vendor_delta: number | null;
  vendor_gamma: number | null;
  vendor_implied_volatility: number | null;
}
/**
 * ``GET /api/heatmap``: strike by time.
 */
export interface HeatmapReply {
  lens: 'charm' | 'delta' | 'gamma' | 'premium';
  unit: string;
  interval_s: number;
  t: number[];
  spot: (number | null)[];
  strikes: number[];
  values: (number | null)[][];
}
/**
 * ``GET /api/events``: the latest, oldest first.
 */
export interface EventsReply {
  events: Event[];
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
