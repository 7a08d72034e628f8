"""What the HTTP API and the stream tell of flow: bars, prints behind them, signals, the tape.

A measure is summed over prints as exact integers of 1/10,000 of its unit, so the prints behind any
aggregate add up to it. Money is dollars, delta shares, times UNIX ms unless a field says ns.

Source: analytics sheet, sections 2, 6 and 7.
"""

from typing import Literal

import msgspec

type Side = Literal[-1, 0, 1]
type Legs = Literal["single", "multi"]
type Interval = Literal["1s", "5s", "10s", "30s", "1m", "5m"]
type MeasureName = Literal[
    "premium",  # $
    "delta",  # shares
    "delta_notional",  # $; weighted, it is the hedging pressure
    "gamma",  # shares per $1
    "gamma_notional",  # $ per 1 %
    "vega",  # $ per volatility point
    "theta",  # $ per minute
    "vanna",  # $ per volatility point
    "charm",  # $ per minute
]


class Measure(msgspec.Struct, frozen=True):
    """One flow measure over some prints; its sign is the customer's."""

    gross: float
    """Sum of absolute values, unsigned prints included."""
    net: float
    """Every signed print counts in full."""
    strict: float
    """Only prints signed at or outside the quotes count, in full."""
    weighted: float
    """Each print counts by its weight, 2 * confidence - 1."""
    standard_error: float
    """Of the weighted sum, errors of parent orders being independent."""


class Package(msgspec.Struct, frozen=True):
    """The multi-leg order that a print was a leg of, where its legs were found."""

    id: int
    """The place of its first leg."""
    side: Side
    """Of this leg: +1 customers bought it."""
    confidence: float


class TapeRow(msgspec.Struct, frozen=True):
    """One print with the evidence for its side."""

    t: int
    """SIP time, ns."""
    ticker: str
    price: float
    size: int
    premium: float
    side: Side
    aggressor: Side
    rule: str
    confidence: float
    bid: float | None
    ask: float | None
    quote_age_ms: int | None
    delta: float | None
    conditions: list[int]
    tags: list[str]
    id: int = -1
    """Its place in the day's order; a row sent again with the same id replaces the earlier one."""
    exchange: int = 0
    bid_size: int | None = None
    ask_size: int | None = None
    gamma: float | None = None
    implied_volatility: float | None = None
    """Decimal a year, in force at the print."""
    spot: float | None = None
    """At the print."""
    hedging_pressure: float | None = None
    """Weighted delta notional, $; positive: dealers buy. Null while greeks are unknown."""
    group: int | None = None
    """Of a sweep or split: the id of its first print."""
    package: Package | None = None
    refilled: bool = False
    """REST brought it after a gap."""


class FlowBar(msgspec.Struct, frozen=True):
    """One second of one part of the chain, as the stream carries it; null spot: unknown."""

    t: int
    """Its first instant."""
    type: Literal["C", "P"]
    legs: Legs
    spot: float | None
    volume: int
    premium: float
    net_premium: float
    hedging_pressure: float
    """Weighted delta notional of this second, $."""
    variance: float
    """Square of its standard error, $ squared."""


class Signals(msgspec.Struct, frozen=True):
    """What stands out in a bar. None of it is a proven predictor of direction."""

    z: float | None
    robust_z: float | None
    velocity: float
    """Smoothed flow per second, $ a second."""
    acceleration: float
    """$ a second squared, smoothed."""
    burst: bool
    """Prints come at 5 times their usual rate or more."""
    divergence: Literal["bullish", "bearish"] | None
    strength: float | None
    """Of the divergence, in standard deviations."""


class Bar(msgspec.Struct, frozen=True):
    """Flow of one interval. Intervals without prints are present, and zero."""

    t: int
    spot: float | None
    """The last one known by its end."""
    price: float | None
    """Last print's, where the bars are of one contract."""
    trade_count: int
    volume: int
    buy_volume: int
    sell_volume: int
    measures: dict[str, Measure]
    hedging_pressure: float
    """Cumulative weighted delta notional since the open, $; positive: dealers buy."""
    hedging_pressure_error: float
    """Its standard error, $."""
    signals: Signals | None = None
    """Where asked for."""


class BarsReply(msgspec.Struct, frozen=True):
    """``GET /api/bars``: the whole day so far, oldest first."""

    interval: Interval
    market_time: int | None
    """The moment that the answer is of."""
    bars: list[Bar]
    earlier_sessions: int = 0
    """Held of this underlying and span. Signals go by them from the tenth on, in bars of whole
    10 s, and else by today's earlier bars."""


class UsualReply(msgspec.Struct, frozen=True):
    """``GET /api/usual``: what earlier sessions of this underlying and span tell of a day."""

    sessions: int
    """That are held."""
    volume: list[float] | None
    """Median contracts in each minute from the open on; null where too few sessions tell."""


class TapeReply(msgspec.Struct, frozen=True):
    """``GET /api/tape``: prints that pass the filter, newest first."""

    market_time: int | None
    total: int
    """Prints of the day that pass the filter."""
    trades: list[TapeRow]


class PrintsReply(msgspec.Struct, frozen=True):
    """``GET /api/prints``: the prints behind an aggregate, and their sums."""

    market_time: int | None
    trade_count: int
    volume: int
    measures: dict[str, Measure]
    """Over all of these prints, also those beyond the limit."""
    trades: list[TapeRow]
    """Oldest first."""
    premium_vwap: float | None = None
    """Mean price by contracts, $ a share; of one contract's prints, compression left out."""
    premium_vwap_buy: float | None = None
    """Of those that the aggressor bought."""
    premium_vwap_sell: float | None = None
