"""A vendor made of lists, and small makers of what it tells. Times are seconds since the open."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from spymaster.core.batches import (
    EventBatch,
    QuoteBatch,
    TradeBatch,
    quote_batch,
    trade_batch,
)
from spymaster.core.contracts import OptionContract
from spymaster.core.errors import VendorError
from spymaster.core.inputs import Span
from spymaster.core.ports import StreamData, StreamEvent
from spymaster.core.sessions import Session, eastern_ns
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine

DAY = dt.date(2025, 12, 16)
SESSION = Session(
    DAY, open_ns=eastern_ns(DAY, dt.time(9, 30)), close_ns=eastern_ns(DAY, dt.time(16))
)
STRIKES = tuple(float(strike) for strike in range(595, 606))
NS = 1_000_000_000


def ns(seconds: float) -> int:
    return SESSION.open_ns + round(seconds * NS)


def ticker(strike: float, right: str = "C") -> str:
    return OptionContract("SPY", DAY, round(strike * 1000), "C" if right == "C" else "P").ticker


def tickers(*strikes: float) -> list[str]:
    """Calls and puts of some strikes, as a feed asks for them."""
    return sorted(ticker(strike, right) for strike in strikes for right in "CP")


class Trade(NamedTuple):
    seconds: float
    price: float = 2.0
    size: int = 1
    contract: int = 0


class Quote(NamedTuple):
    seconds: float
    bid: float
    ask: float
    contract: int = 0


def trades_of(rows: Sequence[Trade], arrival: Iterable[int] | None = None) -> TradeBatch:
    made, rejected = trade_batch(
        [row.contract for row in rows],
        [ns(row.seconds) for row in rows],
        [row.price for row in rows],
        [row.size for row in rows],
        *([302] * len(rows), [0] * len(rows), [0] * len(rows)),
        list(range(len(rows)) if arrival is None else arrival),
    )
    assert not rejected
    return made


def quotes_of(rows: Sequence[Quote], arrival: Iterable[int] | None = None) -> QuoteBatch:
    count = len(rows)
    return quote_batch(
        [row.contract for row in rows],
        [ns(row.seconds) for row in rows],
        [row.bid for row in rows],
        [row.ask for row in rows],
        *([10] * count, [10] * count, [302] * count, [302] * count),
        list(range(count) if arrival is None else arrival),
    )


def batch(*events: Trade | Quote, rejected: int = 0) -> EventBatch:
    """Events received together, in the order given."""
    trades = [(place, row) for place, row in enumerate(events) if isinstance(row, Trade)]
    quotes = [(place, row) for place, row in enumerate(events) if isinstance(row, Quote)]
    return EventBatch(
        trades_of([row for _, row in trades], [place for place, _ in trades]),
        quotes_of([row for _, row in quotes], [place for place, _ in quotes]),
        rejected,
    )


def data(*events: Trade | Quote, rejected: int = 0, frames_rejected: int = 0) -> StreamData:
    return StreamData(batch(*events, rejected=rejected), 0.0, frames_rejected)


def chain(price: float | None, strikes: Sequence[float] = STRIKES) -> ChainSnapshot:
    """The chain with a delta of 0.5 for calls and -0.5 for puts."""
    names = [ticker(strike, right) for strike in strikes for right in "CP"]
    unknown = np.full(len(names), np.nan)
    return ChainSnapshot(
        ts_received=0,
        tickers=names,
        delta=np.tile([0.5, -0.5], len(strikes)),
        gamma=np.full(len(names), 0.25),
        theta=unknown,
        vega=unknown,
        implied_volatility=unknown,
        open_interest=unknown,
        bid=unknown,
        ask=unknown,
        shares_per_contract=np.full(len(names), 100.0),
        underlying_price=price,
        underlying_timeframe=None if price is None else "REAL-TIME",
    )


def engine(span: Span = 1) -> FlowEngine:
    """An empty day. The chain of `chain` numbers its contracts strike by strike, call first."""
    return FlowEngine(SESSION, "SPY", span)


def number(state: FlowEngine, strike: float, right: str = "C") -> int:
    found = state.table.find(ticker(strike, right))
    assert found is not None
    return found


class Asked(NamedTuple):
    """One request for prints or quotes."""

    what: str
    ticker: str
    start_ns: int
    end_ns: int


@dataclass
class FakeRest:
    """Answers from lists; raises what is in `failures` first."""

    log: list[object]
    prints: dict[str, list[Trade]] = field(default_factory=dict)
    nbbo: dict[str, list[Quote]] = field(default_factory=dict)
    price: float | None = 600.0
    failures: list[VendorError] = field(default_factory=list)
    """For requests of prints."""
    chain_failures: list[VendorError] = field(default_factory=list)
    chains: int = 0

    async def chain(self, underlying: str, expiration: str) -> ChainSnapshot:
        assert (underlying, expiration) == ("SPY", DAY.isoformat())
        await asyncio.sleep(0)
        self.chains += 1
        if self.chain_failures:
            raise self.chain_failures.pop(0)
        return chain(self.price)

    async def trades(self, ticker: str, contract: int, start_ns: int, end_ns: int) -> TradeBatch:
        self.log.append(Asked("trades", ticker, start_ns, end_ns))
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        rows = [row for row in self.prints.get(ticker, []) if start_ns <= ns(row.seconds) < end_ns]
        return trades_of([row._replace(contract=contract) for row in rows])

    async def quotes(
        self, ticker: str, contract: int, start_ns: int, end_ns: int, max_rows: int
    ) -> QuoteBatch:
        self.log.append(Asked("quotes", ticker, start_ns, end_ns))
        await asyncio.sleep(0)
        rows = [row for row in self.nbbo.get(ticker, []) if start_ns <= ns(row.seconds) < end_ns]
        return quotes_of([row._replace(contract=contract) for row in rows[:max_rows]])


class Subscribed(NamedTuple):
    tickers: list[str]


class Unsubscribed(NamedTuple):
    tickers: list[str]


@dataclass
class FakeStream:
    """Tells what it is told to tell, and writes down what is asked of it."""

    log: list[object]
    told: "asyncio.Queue[StreamEvent]" = field(default_factory=asyncio.Queue)
    quotes_left_out: tuple[str, ...] = ()

    async def events(self) -> AsyncGenerator[StreamEvent]:
        while True:
            yield await self.told.get()

    async def subscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        assert list(trades) == list(quotes)
        self.log.append(Subscribed(list(trades)))
        await asyncio.sleep(0)

    async def unsubscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        assert list(trades) == list(quotes)
        self.log.append(Unsubscribed(list(trades)))
        await asyncio.sleep(0)
