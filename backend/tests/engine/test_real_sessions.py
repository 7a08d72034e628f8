"""Whole real sessions through the files and the engine."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from spymaster.core.batches import NO_QUOTES, EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.sessions import Session, eastern_ns
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.market_second import estimate
from spymaster.storage.day_files import DayFiles

from .builders import totals
from .shared_data import facts, real_session

MINUTE_NS = 60_000_000_000


def session_of(folder: Path) -> Session:
    date = dt.date.fromisoformat(facts(folder)["date"])
    close = dt.time.fromisoformat(facts(folder)["session_close_et"])
    return Session(date, eastern_ns(date, dt.time(9, 30)), eastern_ns(date, close))


def engine_and_events(folder: Path) -> tuple[FlowEngine, EventBatch]:
    session, underlying = session_of(folder), facts(folder)["underlying"]
    state = FlowEngine(session, underlying, "all", quotes_follow_window=False)
    return state, DayFiles(folder, session.date).load(state.table, 0)


def replayed(folder: Path) -> FlowEngine:
    state, events = engine_and_events(folder)
    state.apply(events)
    return state


def counted(state: FlowEngine) -> dict[str, tuple[int, int]]:
    """Prints and contracts traded, by ticker, of those that printed."""
    found = {c.ticker: totals(state, n) for n, c in enumerate(state.table)}
    return {ticker: (sums.trades, sums.volume) for ticker, sums in found.items() if sums.trades}


def expected(folder: Path) -> dict[str, tuple[int, int]]:
    contracts = facts(folder)["contracts"].items()
    return {
        ticker: (fact["trades"], fact["volume"]) for ticker, fact in contracts if "trades" in fact
    }


@pytest.mark.parametrize(
    ("name", "contracts", "prints", "volume"),
    [("aapl-2014-06-06", 90, 6_471, 200_794), ("goog-2015-12-24", 41, 375, 3_345)],
)
def test_every_contract_ends_with_its_prints_and_volume(name, contracts, prints, volume):
    folder = real_session(name)
    state = replayed(folder)
    found = counted(state)
    assert found == expected(folder)
    assert len(found) == contracts
    assert tuple(np.sum(list(found.values()), axis=0)) == (prints, volume)
    assert state.flow.trades_counted == prints


def test_premium_is_exact_to_the_hundredth_of_a_cent():
    folder = real_session("aapl-2014-06-06")
    premium = 0
    for path in folder.glob("historical/trades/*/*.parquet"):
        for row in pq.read_table(path, columns=["price", "size"]).to_pylist():
            premium += round(row["price"] * 10_000) * row["size"] * 100
    assert int(replayed(folder).flow.contracts["premium"].sum()) == premium


@pytest.mark.parametrize("name", ["aapl-2014-06-06", "goog-2015-12-24"])
def test_a_real_session_ends_alike_however_it_is_cut(name):
    folder = real_session(name)
    whole = replayed(folder)
    parts, events = engine_and_events(folder)
    for start in range(0, len(events), 997):
        inside = (start, start + 997)
        parts.apply(
            EventBatch(
                events.trades.take(_between(events.trades.arrival, *inside)),
                events.quotes.take(_between(events.quotes.arrival, *inside)),
            )
        )
    assert parts.flow.contracts.tobytes() == whole.flow.contracts.tobytes()
    assert parts.flow.prints.tobytes() == whole.flow.prints.tobytes()
    assert parts.spot.price == whole.spot.price


def test_a_real_session_can_be_refilled_after_any_loss():
    folder = real_session("aapl-2014-06-06")
    state, events = engine_and_events(folder)
    kept = np.random.default_rng(20140606).random(len(events.trades)) < 0.6
    state.apply(EventBatch(events.trades.take(kept), events.quotes))
    for number in range(len(state.table)):
        mine = events.trades.take(events.trades.contract == number)
        state.refill(number, mine, NO_QUOTES)
    assert counted(state) == expected(folder)
    state.apply(EventBatch(events.trades.take(~kept), NO_QUOTES))
    assert counted(state) == expected(folder)


def test_parity_spot_follows_the_real_stock():
    folder = real_session("goog-2015-12-24")
    errors = _spot_errors(folder)
    assert len(errors) > 180
    # The chain is quoted some 50 cents wide, a spread that the stock has not.
    assert np.median(errors) <= 0.20
    assert np.percentile(errors, 99) <= 1.25


def test_spot_from_prints_alone_follows_the_real_stock():
    errors = _spot_errors(real_session("aapl-2014-06-06"))
    assert len(errors) > 300
    assert np.median(errors) <= 0.10
    assert np.percentile(errors, 99) <= 0.40


def _spot_errors(folder: Path) -> np.ndarray:
    """Dollars between the stock's minute closes and spot once the minute's events were taken."""
    state, events = engine_and_events(folder)
    bars = pq.read_table(folder / "underlying_minutes.parquet")
    ends = bars["minute_start"].to_numpy() + MINUTE_NS
    errors, taken = [], 0
    for end, close in zip(ends, bars["close"].to_numpy(), strict=True):
        state.apply(_from_until(events, taken, end))
        taken = end
        # Spot is told once a market second; the next second's parity sees all of this minute.
        estimate(state.flow.store, state._second(), int(end))
        price = state.spot.estimate.price
        if np.isfinite(price):
            errors.append(abs(price - close))
    return np.array(errors)


def _from_until(events: EventBatch, since: int, until: int) -> EventBatch:
    return EventBatch(
        events.trades.take(_between(events.trades.ts_event, since, until)),
        events.quotes.take(_between(events.quotes.ts_event, since, until)),
    )


def _between(values: np.ndarray, since: int, until: int) -> np.ndarray:
    return (values >= since) & (values < until)


def test_a_session_loads_into_a_table_of_its_own_underlying_only():
    folder = real_session("aapl-2014-06-06")
    table = ContractTable("SPY", session_of(folder).date)
    assert len(DayFiles(folder, session_of(folder).date).load(table, 0)) == 0
    assert len(table) == 0
