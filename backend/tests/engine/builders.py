"""Small makers of events and engines. Times are milliseconds since the open."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch, quote_batch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.contracts import OptionContract
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session, eastern_ns
from spymaster.core.snapshots import ChainSnapshot, Timeframe
from spymaster.engine.columns import Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.greek_enricher import Source

DAY = dt.date(2025, 12, 16)
SESSION = Session(
    DAY, open_ns=eastern_ns(DAY, dt.time(9, 30)), close_ns=eastern_ns(DAY, dt.time(16))
)
CALL, PUT = 0, 1
MS = 1_000_000

AUTO, COMPLEX, CANCEL, LATE, COMPRESSION = 209, 232, 201, 204, 247


class Trade(NamedTuple):
    ms: int
    price: float
    size: int = 1
    condition: int | None = AUTO
    exchange: int = 302
    contract: int = CALL
    ns: int = 0
    """Below the millisecond; only REST tells it."""


class Quote(NamedTuple):
    ms: int
    bid: float
    ask: float
    contract: int = CALL
    bid_size: int = 10
    ask_size: int = 10
    bid_exchange: int = 302
    ask_exchange: int = 302


type Event = Trade | Quote


def ns(ms: int) -> int:
    return SESSION.open_ns + ms * MS


def ticker(strike: float, right: str = "C") -> str:
    return OptionContract("SPY", DAY, round(strike * 1000), "C" if right == "C" else "P").ticker


def batch(*events: Event) -> EventBatch:
    """One received batch; the events arrive in the order given, stamped in milliseconds."""
    trades = [(place, event) for place, event in enumerate(events) if isinstance(event, Trade)]
    quotes = [(place, event) for place, event in enumerate(events) if isinstance(event, Quote)]
    made, rejected = _trades([event._replace(ns=0) for _, event in trades], [p for p, _ in trades])
    return EventBatch(
        made, _quotes([event for _, event in quotes], [p for p, _ in quotes]), rejected
    )


def rest(*trades: Trade) -> TradeBatch:
    """What REST answers, in the order given, stamped in nanoseconds."""
    return _trades(trades, range(len(trades)))[0]


def rest_quotes(*quotes: Quote) -> QuoteBatch:
    return _quotes(quotes, range(len(quotes)))


def _trades(trades: Iterable[Trade], arrival: Iterable[int]) -> tuple[TradeBatch, int]:
    rows = list(trades)
    return trade_batch(
        [row.contract for row in rows],
        [ns(row.ms) + row.ns for row in rows],
        [row.price for row in rows],
        [row.size for row in rows],
        [row.exchange for row in rows],
        [pack([row.condition] if row.condition else None) for row in rows],
        [0] * len(rows),
        list(arrival),
    )


def _quotes(quotes: Iterable[Quote], arrival: Iterable[int]) -> QuoteBatch:
    rows = list(quotes)
    return quote_batch(
        [row.contract for row in rows],
        [ns(row.ms) for row in rows],
        [row.bid for row in rows],
        [row.ask for row in rows],
        [row.bid_size for row in rows],
        [row.ask_size for row in rows],
        [row.bid_exchange for row in rows],
        [row.ask_exchange for row in rows],
        list(arrival),
    )


def snapshot(
    greeks: Mapping[str, tuple[float, float]],
    *,
    price: float | None = None,
    timeframe: Timeframe | None = None,
    volatility: float = np.nan,
    open_interest: float = np.nan,
    quotes: Mapping[str, tuple[float, float]] | None = None,
    shares: float = 100.0,
) -> ChainSnapshot:
    """The chain of some tickers; ``greeks`` holds delta and gamma of each."""
    count = len(greeks)
    unknown = np.full(count, np.nan)
    sides = [(quotes or {}).get(name, (np.nan, np.nan)) for name in greeks]
    return ChainSnapshot(
        ts_received=0,
        tickers=list(greeks),
        delta=np.array([delta for delta, _ in greeks.values()], dtype=np.float64),
        gamma=np.array([gamma for _, gamma in greeks.values()], dtype=np.float64),
        theta=unknown,
        vega=unknown,
        implied_volatility=np.full(count, volatility),
        open_interest=np.full(count, open_interest),
        bid=np.array([bid for bid, _ in sides], dtype=np.float64),
        ask=np.array([ask for _, ask in sides], dtype=np.float64),
        shares_per_contract=np.full(count, shares),
        underlying_price=price,
        underlying_timeframe=timeframe,
    )


def engine(
    *events: Event,
    strikes: Iterable[float] = (600.0,),
    span: Span = "all",
    quotes_follow_window: bool = False,
    greeks_source: Source = "model",
    trade_size_rule: bool = False,
) -> FlowEngine:
    """A day with calls (even numbers) and puts (odd) of the strikes, and what happened so far."""
    made = FlowEngine(
        SESSION,
        "SPY",
        span,
        quotes_follow_window=quotes_follow_window,
        greeks_source=greeks_source,
        trade_size_rule=trade_size_rule,
    )
    made.list_contracts([ticker(strike, right) for strike in strikes for right in "CP"])
    if events:
        made.apply(batch(*events))
    return made


class Totals(NamedTuple):
    """What a client is shown of one contract; premiums in 1/10,000 $."""

    trades: int = 0
    volume: int = 0
    premium: int = 0
    net_premium: int = 0
    bought: int = 0
    sold: int = 0
    net_delta: float = 0.0
    gross_delta: float = 0.0
    net_gamma: float = 0.0
    gross_gamma: float = 0.0


def totals(state: FlowEngine, contract: int = CALL) -> Totals:
    record = state.flow.contracts[contract]
    counts = ("trade_count", "volume", "premium", "net_premium", "buy_volume", "sell_volume")
    flows = ("net_delta", "gross_delta", "net_gamma", "gross_gamma")
    return Totals(
        *(int(record[name]) for name in counts), *(float(record[name].sum()) for name in flows)
    )


def signs(state: FlowEngine) -> list[tuple[int, Rule]]:
    """Side and rule of each print, in the order in which they were taken."""
    return [(int(row["side"]), Rule(row["rule"])) for row in state.flow.prints]


def last_price(state: FlowEngine, contract: int = CALL) -> float:
    return float(state.flow.contracts[contract]["last_price"]) / 10_000
