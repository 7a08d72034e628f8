import { Assumption, ChainApi, HeatmapRequest } from '../app/live/chain-api';
import { Answer } from '../app/live/http';
import {
  BarsReply,
  ExposurePathReply,
  ExposureReply,
  FetchReply,
  FetchRequest,
  HeatmapReply,
  Level,
  Levels,
  SessionReply,
  SmileReply,
  StrikeExposure,
  UsualReply,
} from '../app/live/wire';
import { TEN_FIFTEEN } from './frames';

const NOTHING = { kind: 'unreachable' } as const;

/** A server that tells of the chain what the test says, and nothing by itself. */
export class FakeChainApi extends ChainApi {
  exposureReply: Answer<ExposureReply> = NOTHING;
  pathReply: Answer<ExposurePathReply> = NOTHING;
  smileReply: Answer<SmileReply> = NOTHING;
  heatmapReply: Answer<HeatmapReply> = NOTHING;
  minutesReply: Answer<BarsReply> = NOTHING;
  usualReply: Answer<UsualReply> = NOTHING;
  rulesReply: Answer<SessionReply> = NOTHING;
  fetchReply: Answer<FetchReply> = NOTHING;
  /** What was asked for, in order. */
  readonly assumptions: Assumption[] = [];
  readonly heatmaps: HeatmapRequest[] = [];
  readonly rules: boolean[] = [];
  readonly fetches: Partial<FetchRequest>[] = [];

  override exposure(assumption: Assumption): Promise<Answer<ExposureReply>> {
    this.assumptions.push(assumption);
    return Promise.resolve(this.exposureReply);
  }

  override exposurePath(): Promise<Answer<ExposurePathReply>> {
    return Promise.resolve(this.pathReply);
  }

  override smile(): Promise<Answer<SmileReply>> {
    return Promise.resolve(this.smileReply);
  }

  override heatmap(request: HeatmapRequest): Promise<Answer<HeatmapReply>> {
    this.heatmaps.push(request);
    return Promise.resolve(this.heatmapReply);
  }

  override minutes(): Promise<Answer<BarsReply>> {
    return Promise.resolve(this.minutesReply);
  }

  override usual(): Promise<Answer<UsualReply>> {
    return Promise.resolve(this.usualReply);
  }

  override signByTradeSize(on: boolean): Promise<Answer<SessionReply>> {
    this.rules.push(on);
    return Promise.resolve(this.rulesReply);
  }

  override fetchState(): Promise<Answer<FetchReply>> {
    return Promise.resolve(this.fetchReply);
  }

  override fetchDay(request: Partial<FetchRequest>): Promise<Answer<FetchReply>> {
    this.fetches.push(request);
    return Promise.resolve(this.fetchReply);
  }
}

/** Something that the server answered. */
export function ok<T>(value: T): Answer<T> {
  return { kind: 'ok', value };
}

const level = (value: number | null, reason: string | null = null): Level => ({ value, reason });

export const levels = (part: Partial<Levels> = {}): Levels => ({
  call_wall: level(601),
  put_wall: level(599),
  oi_call_wall: level(602),
  oi_put_wall: level(595),
  flip: level(599.53),
  max_pain: level(600),
  expected_move: level(2.4),
  straddle: level(1.9),
  straddle_move: level(1.62),
  put_call_volume: level(1.02),
  put_call_open_interest: level(null, 'Open interest is not known yet'),
  put_call_premium: level(1.1),
  skew_25_delta: level(1.4),
  skew_normalised: level(0.07),
  call_premium_weighted_strike: level(600.4),
  put_premium_weighted_strike: level(598.1),
  ...part,
});

/** One strike with so much GEX, $. */
export const strikeExposure = (strike: number, gex: number | null): StrikeExposure => ({
  strike,
  total: gex === null ? null : { gex, dex: gex / 2, vex: gex / 100, chex: -gex / 10 },
  call: null,
  put: null,
  call_position: null,
  put_position: null,
  pin_probability: null,
  magnet: null,
  call_volume_to_open_interest: null,
  put_volume_to_open_interest: null,
});

export const exposure = (part: Partial<ExposureReply> = {}): ExposureReply => ({
  convention: 'D',
  base: 0,
  describes: 'today’s flow only',
  market_time: TEN_FIFTEEN,
  spot: 600.12,
  strikes: [
    strikeExposure(599, -324_000_000),
    strikeExposure(600, 431_000_000),
    strikeExposure(601, 712_000_000),
  ],
  totals: {
    gex: 819_000_000,
    gex_per_dollar: 227_000,
    gex_finite: 640_000_000,
    headline: 'local',
    dex: 409_000_000,
    vex: 8_190_000,
    chex: -81_900_000,
    gex_error: 51_000_000,
    dex_error: null,
    left_out: 0,
  },
  levels: levels(),
  flips: [599.53],
  ...part,
});
