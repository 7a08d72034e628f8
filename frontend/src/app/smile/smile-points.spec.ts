import { SmilePoint, SmileReply } from '../live/wire';
import { smileDots, smileRange, smileWords } from './smile-points';

const point = (strike: number, part: Partial<SmilePoint> = {}): SmilePoint => ({
  strike,
  moneyness: 0,
  side: 'C',
  bid_iv: 0.15,
  mid_iv: 0.156,
  ask_iv: 0.162,
  implied_volatility: 0.156,
  doubtful: false,
  call: null,
  put: null,
  ...part,
});

const reply = (points: SmilePoint[]): SmileReply => ({
  market_time: 0,
  spot: 600.12,
  forward: 600.12,
  seconds_left: 18_000,
  atm_iv: 0.156,
  session_iv: 0.0675,
  vendor_hours_left: null,
  points,
});

describe('smileDots', () => {
  it('keeps the ladder’s strikes, in per cent, and leaves out what is unknown', () => {
    const dots = smileDots(reply([point(590), point(600, { bid_iv: null })]), [600, 601]);
    expect(dots).toEqual([
      { strike: 600, bid: null, mid: 15.6, ask: 16.2, inForce: 15.6, doubtful: false },
    ]);
  });
});

describe('smileRange', () => {
  it('does not follow what is doubtful, unless there is nothing else', () => {
    const wild = point(590, { mid_iv: 2, ask_iv: 3, implied_volatility: 2, doubtful: true });
    const [, high] = smileRange(smileDots(reply([point(600), wild]), [])) ?? [];
    expect(high).toBeLessThan(20);
    const [, alone] = smileRange(smileDots(reply([wild]), [])) ?? [];
    expect(alone).toBeGreaterThan(300);
    expect(smileRange([])).toBeNull();
  });
});

describe('smileWords', () => {
  it('says the band, and how far the vendor is from it', () => {
    const call = {
      ticker: 'O:SPY251216C00600000',
      ...{ delta: 0.52, gamma: 0.1, theta_min: 0, vega_pt: 0, vanna_pt: 0, charm_min: 0 },
      ...{ vendor_delta: 0.5, vendor_gamma: 0.1, vendor_implied_volatility: 0.119 },
    };
    expect(smileWords(point(600, { call }))).toEqual([
      '600 C · 15.6 % (15.0 to 16.2)',
      'vendor 11.9 %, −3.7 points',
      'Δ 0.52, vendor 0.50',
    ]);
  });

  it('says what is only a bound, held, or doubtful', () => {
    const bound = point(590, { bid_iv: null, mid_iv: null, implied_volatility: null });
    expect(smileWords(bound)).toEqual(['590 C · at most 16.2 %']);
    const held = point(590, { bid_iv: null, mid_iv: null, ask_iv: null, doubtful: true });
    expect(smileWords(held)).toEqual(['590 C · 15.6 %, held · doubtful']);
  });
});
