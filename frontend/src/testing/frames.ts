import {
  Bar,
  BarsReply,
  ContractRow,
  Event,
  Feed,
  FlowBar,
  Measure,
  PrintsReply,
  Replay,
  SessionInfo,
  SessionReply,
  Snapshot,
  Status,
  TapeRow,
  Update,
} from '../app/live/wire';

/** 2025-12-16 10:15:03 in New York. */
export const TEN_FIFTEEN = 1_765_898_103_000;
/** 09:30 and 16:00 of that day. */
export const OPEN = 1_765_895_400_000;
export const CLOSE = 1_765_918_800_000;

export const feed = (part: Partial<Feed> = {}): Feed => ({
  state: 'ok',
  lag_ms: 4,
  message: null,
  since: null,
  age_ms: 0,
  reconnects: 0,
  ...part,
});

export const session = (part: Partial<SessionInfo> = {}): SessionInfo => ({
  mode: 'sim',
  date: '2025-12-16',
  underlying: 'SPY',
  spot: 600.12,
  atm: 600,
  strikes: [599, 600, 601],
  spot_source: 'parity',
  market_time: TEN_FIFTEEN,
  feed: feed(),
  span: 3,
  open_time: OPEN,
  close_time: CLOSE,
  end_time: CLOSE + 900_000,
  spot_open: 599.78,
  replay: null,
  speed: 1,
  parity: null,
  greeks_source: 'model',
  trade_size_rule: false,
  quote_lag_ms: 0,
  quotes_left_out: 0,
  latency_p99_ms: null,
  delivery_p99_ms: null,
  ...part,
});

/** A replay of that day that plays at 10×, at 10:15:03. */
export const replaying = (
  part: Partial<Replay> = {},
  rest: Partial<SessionInfo> = {},
): SessionInfo =>
  session({
    mode: 'replay',
    speed: 10,
    replay: { playing: true, position: TEN_FIFTEEN, end: CLOSE + 600_000, ...part },
    ...rest,
  });

/** What the server answers to a request of the replay bar. */
export const answered = (shown: SessionInfo) => ({
  kind: 'ok' as const,
  value: {
    ...shown,
    counters: {
      trades_received: 0,
      trades_counted: 0,
      trades_cancelled: 0,
      trades_rejected: 0,
      trades_backfilled: 0,
      quotes_received: 0,
      frames_rejected: 0,
      reconnects: 0,
    },
  } satisfies SessionReply,
});

export const contract = (part: Partial<ContractRow> = {}): ContractRow => ({
  strike_price: 600,
  type: 'C',
  expiration: '2025-12-16',
  in_window: true,
  cumulative_volume: 100,
  cumulative_premium: 7_900_000,
  trade_count: 10,
  last_price: 1.01,
  bid: 1.01,
  ask: 1.02,
  buy_volume: 50,
  sell_volume: 25,
  net_premium: 0,
  net_delta_flow: 233_000,
  net_gamma_flow: 74_000,
  gross_delta_flow: 0,
  gross_gamma_flow: 0,
  delta: 0.52,
  gamma: 0.1,
  implied_volatility: 0.156,
  open_interest: null,
  greeks_source: 'model',
  weighted_position: 0,
  position_variance: 0,
  quote_time: null,
  volatility_time: null,
  ...part,
});

export const print = (part: Partial<TapeRow> = {}): TapeRow => ({
  t: TEN_FIFTEEN * 1e6,
  ticker: 'O:SPY251216C00600000',
  price: 1.02,
  size: 12,
  premium: 1224,
  side: 1,
  aggressor: 1,
  rule: 'QUOTE_AT',
  confidence: 0.7,
  bid: 1.01,
  ask: 1.02,
  quote_age_ms: 8,
  delta: 0.52,
  conditions: [],
  tags: [],
  id: 0,
  exchange: 302,
  bid_size: 41,
  ask_size: 96,
  gamma: 0.1,
  implied_volatility: 0.156,
  spot: 600.12,
  hedging_pressure: 14_980,
  group: null,
  package: null,
  refilled: false,
  ...part,
});

export const CALL_600 = 'O:SPY251216C00600000';
export const PUT_600 = 'O:SPY251216P00600000';

export const snapshot = (part: Partial<Snapshot> = {}): Snapshot => ({
  type: 'snapshot',
  seq: 1,
  ts: TEN_FIFTEEN,
  session: session(),
  totals: {
    net_delta_flow: 698_000,
    net_gamma_flow: 0,
    cumulative_premium: 48_000_000,
    cumulative_volume: 588_000,
    premium_by_rule: { QUOTE_AT: 20_000_000, QUOTE_IN: 16_000_000, NONE: 12_000_000 },
    hedging_pressure: 160_000_000,
    hedging_pressure_error: 51_000_000,
  },
  contracts: {
    [CALL_600]: contract(),
    [PUT_600]: contract({ type: 'P', net_delta_flow: -71_000 }),
  },
  trades: [print()],
  ...part,
});

export const update = (seq: number, part: Partial<Update> = {}): Update => ({
  ...snapshot(),
  contracts: {},
  trades: [],
  bars: [],
  changed_trades: [],
  ...part,
  type: 'update',
  seq,
});

export const event = (part: Partial<Event> = {}): Event => ({
  t: TEN_FIFTEEN,
  level: 'info',
  kind: 'feed',
  message: 'connected',
  start: null,
  end: null,
  prints: null,
  ...part,
});

export const status = (seq: number, about: Event | null): Status => ({
  type: 'status',
  seq,
  ts: TEN_FIFTEEN,
  level: 'info',
  message: about?.message ?? 'news',
  event: about,
});

export const measure = (part: Partial<Measure> = {}): Measure => ({
  gross: 0,
  net: 0,
  strict: 0,
  weighted: 0,
  standard_error: 0,
  ...part,
});

/** One interval; by itself it tells its flow only by what its pressure adds. */
export const bar = (part: Partial<Bar> = {}): Bar => ({
  t: OPEN,
  spot: 600,
  price: null,
  trade_count: 1,
  volume: 1,
  buy_volume: 1,
  sell_volume: 0,
  measures: {},
  hedging_pressure: 0,
  hedging_pressure_error: 0,
  signals: null,
  ...part,
});

export const printsReply = (part: Partial<PrintsReply> = {}): PrintsReply => ({
  market_time: TEN_FIFTEEN,
  trade_count: 1,
  volume: 1,
  measures: {},
  trades: [print()],
  premium_vwap: null,
  premium_vwap_buy: null,
  premium_vwap_sell: null,
  ...part,
});

export const barsReply = (part: Partial<BarsReply> = {}): BarsReply => ({
  interval: '10s',
  market_time: TEN_FIFTEEN,
  bars: [bar()],
  earlier_sessions: 0,
  ...part,
});

export const flowBar = (part: Partial<FlowBar> = {}): FlowBar => ({
  t: OPEN,
  type: 'C',
  legs: 'single',
  spot: 600,
  volume: 1,
  premium: 100,
  net_premium: 100,
  hedging_pressure: 0,
  variance: 0,
  ...part,
});
