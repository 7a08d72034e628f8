"""What the HTTP API tells of the chain: exposures by strike, levels, the smile, the heatmap.

Exposures are the dealers': positive GEX damps. Whose position is assumed is always named. Money is
dollars, times UNIX ms. What cannot be told is null, with the reason beside it.

Source: analytics sheet, sections 3 and 4.
"""

from typing import Literal

import msgspec

type Convention = Literal[
    "A",  # naive: dealers long every call, short every put
    "B",  # absolute: open interest, unsigned
    "C",  # dealers short all open interest
    "D",  # flow-adjusted: base * the position of A, less what customers bought today
]
type Lens = Literal["delta", "premium", "gamma", "charm"]


class Level(msgspec.Struct, frozen=True):
    """One figure of the chain."""

    value: float | None
    reason: str | None = None
    """Why it is null."""


class Exposure(msgspec.Struct, frozen=True):
    """Dealers' exposure in one strike, one leg, or all."""

    gex: float
    """$ of delta per +1 % of spot."""
    dex: float
    """$ of delta."""
    vex: float
    """$ of delta per +1 volatility point."""
    chex: float
    """$ of delta per hour passing."""


class StrikeExposure(msgspec.Struct, frozen=True):
    """One strike. Null where no greeks are known."""

    strike: float
    total: Exposure | None
    call: Exposure | None
    put: Exposure | None
    call_position: float | None
    """Contracts that dealers hold by the convention; negative: short."""
    put_position: float | None
    pin_probability: float | None
    """That spot ends within half a strike step of it."""
    magnet: float | None
    """Absolute gamma (convention B) times that probability."""
    call_volume_to_open_interest: float | None = None
    """Volume of the day by open interest before it; null where that is 0 or unknown."""
    put_volume_to_open_interest: float | None = None


class ExposureTotals(msgspec.Struct, frozen=True):
    """Sums over the chain."""

    gex: float | None
    gex_per_dollar: float | None
    """Shares per +$1."""
    gex_finite: float | None
    """$ over a centred move of 1 %; the headline once one standard deviation is below 0.5 %."""
    headline: Literal["local", "finite"]
    dex: float | None
    vex: float | None
    chex: float | None
    gex_error: float | None
    """Standard error of GEX from the signs of prints (convention D)."""
    dex_error: float | None
    left_out: int = 0
    """Contracts with a position but no greeks, which the sums lack."""


class Levels(msgspec.Struct, frozen=True):
    """Levels and ratios of the chain."""

    call_wall: Level
    put_wall: Level
    oi_call_wall: Level
    oi_put_wall: Level
    flip: Level
    """The zero of GEX nearest to spot."""
    max_pain: Level
    expected_move: Level
    """One standard deviation to the close, $."""
    straddle: Level
    """Price of the straddle at the forward, $."""
    straddle_move: Level
    """0.85 straddle, $ (about the 50 % band)."""
    put_call_volume: Level
    put_call_open_interest: Level
    put_call_premium: Level
    skew_25_delta: Level
    """Volatility points; positive: puts dear."""
    skew_normalised: Level
    call_premium_weighted_strike: Level
    """Where the calls' premium of the day went, $."""
    put_premium_weighted_strike: Level


class ExposureReply(msgspec.Struct, frozen=True):
    """``GET /api/exposure``."""

    convention: Convention
    base: float
    """Share of convention A's position that D starts with, -1 to 1."""
    describes: str
    """The convention in words."""
    market_time: int | None
    spot: float | None
    strikes: list[StrikeExposure]
    totals: ExposureTotals
    levels: Levels
    flips: list[float]
    """Every zero of GEX in reach, lowest first."""


class ExposurePoint(msgspec.Struct, frozen=True):
    """Totals and levels at one moment of the day."""

    t: int
    spot: float | None
    gex: float | None
    dex: float | None
    vex: float | None
    chex: float | None
    call_wall: float | None
    put_wall: float | None
    flip: float | None
    max_pain: float | None
    expected_move: float | None


class ExposurePathReply(msgspec.Struct, frozen=True):
    """``GET /api/exposure/path``: through the day, oldest first."""

    convention: Convention
    base: float
    points: list[ExposurePoint]


class LegGreeks(msgspec.Struct, frozen=True):
    """One contract's greeks per share, ours beside the vendor's."""

    ticker: str
    delta: float | None
    gamma: float | None
    theta_min: float | None
    """$ per minute passing."""
    vega_pt: float | None
    vanna_pt: float | None
    charm_min: float | None
    vendor_delta: float | None
    vendor_gamma: float | None
    vendor_implied_volatility: float | None


class SmilePoint(msgspec.Struct, frozen=True):
    """One strike of the smile, from its out-of-the-money side."""

    strike: float
    moneyness: float | None
    """ln(K/F) / (sigma_atm * sqrt(T))"""
    side: Literal["C", "P"]
    bid_iv: float | None
    mid_iv: float | None
    ask_iv: float | None
    implied_volatility: float | None
    """In force: own, held, or between neighbours."""
    doubtful: bool
    """A tick moves it by points: draw it grey."""
    call: LegGreeks | None
    put: LegGreeks | None


class SmileReply(msgspec.Struct, frozen=True):
    """``GET /api/smile``."""

    market_time: int | None
    spot: float | None
    forward: float | None
    seconds_left: float | None
    """To the close, at least a minute as priced with."""
    atm_iv: float | None
    """Calendar clock, decimal a year."""
    session_iv: float | None
    """The same on the trading clock."""
    vendor_hours_left: float | None
    """Time to expiry that the vendor's greeks imply, hours."""
    points: list[SmilePoint]


class HeatmapReply(msgspec.Struct, frozen=True):
    """``GET /api/heatmap``: strike by time."""

    lens: Lens
    unit: str
    interval_s: int
    t: list[int]
    """First instant of each column."""
    spot: list[float | None]
    strikes: list[float]
    values: list[list[float | None]]
    """One list a column, in the order of ``strikes``."""
