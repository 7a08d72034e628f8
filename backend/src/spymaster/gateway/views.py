"""The engine's state as wire messages."""

import functools
import math
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.conditions import unpack
from spymaster.core.event_log import LoggedEvent
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag, Rule, Tag
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import weights_of
from spymaster.engine.spot import SpotTracker
from spymaster.gateway.desk import Replaying, Showing
from spymaster.gateway.wire import (
    ContractRow,
    Counters,
    Event,
    Feed,
    Parity,
    Replay,
    SessionInfo,
    Totals,
)
from spymaster.gateway.wire_flow import Package, TapeRow

_MS = 1_000_000


def session_info(showing: Showing) -> SessionInfo:
    """The day that is shown, and how its feed is doing."""
    engine, health = showing.engine, showing.health
    session, spot = engine.session, engine.spot
    return SessionInfo(
        mode=showing.mode,
        date=session.date.isoformat(),
        underlying=engine.table.underlying,
        spot=None if spot.price is None else round(spot.price, 4),
        atm=engine.atm,
        strikes=list(engine.strikes.strikes),
        spot_source=spot.source,
        market_time=engine.market_ns // _MS or None,
        feed=Feed(
            state=health.state(engine.market_ns),
            lag_ms=health.lag_ms,
            message=health.message,
            since=health.since_ns // _MS,
            age_ms=health.age_ms,
            reconnects=health.reconnects,
        ),
        span=engine.strikes.span,
        open_time=session.open_ns // _MS,
        close_time=session.close_ns // _MS,
        end_time=session.end_ns // _MS,
        spot_open=spot.first,
        speed=showing.replay.speed if showing.replay else showing.speed,
        replay=_replay(showing.replay) if showing.replay else None,
        greeks_source=engine.greeks.preferred,
        trade_size_rule=engine.flow.trade_size_rule,
        quote_lag_ms=engine.flow.quote_lag_ms,
        quotes_left_out=health.quotes_left_out,
        latency_p99_ms=health.latency_p99_ms,
        parity=_parity(spot),
    )


def _parity(spot: SpotTracker) -> Parity | None:
    """What put-call parity says now, from quotes."""
    estimate = spot.estimate
    if math.isnan(estimate.low):
        return None
    return Parity(
        spot=round(estimate.price, 4),
        strikes=estimate.strikes,
        low=round(estimate.low, 4),
        high=round(estimate.high, 4),
        doubtful=spot.doubtful,
    )


def _replay(replay: Replaying) -> Replay:
    return Replay(replay.playing, replay.position_ns // _MS, replay.end_ns // _MS)


def event(logged: LoggedEvent) -> Event:
    """Something that happened."""
    return Event(
        t=logged.t_ns // _MS,
        level=logged.level,
        kind=logged.kind,
        message=logged.message,
        start=None if logged.start_ns is None else logged.start_ns // _MS,
        end=None if logged.end_ns is None else logged.end_ns // _MS,
        prints=logged.prints,
    )


def counters(showing: Showing) -> Counters:
    """What was received and what became of it."""
    flow, health = showing.engine.flow, showing.health
    return Counters(
        trades_received=flow.trades_received,
        trades_counted=flow.trades_counted,
        trades_cancelled=flow.trades_cancelled,
        trades_rejected=flow.trades_rejected,
        trades_backfilled=flow.trades_backfilled,
        quotes_received=flow.quotes_received,
        frames_rejected=health.frames_rejected,
        reconnects=health.reconnects,
    )


def totals(engine: FlowEngine) -> Totals:
    """Sums over every contract of the day."""
    records = engine.flow.contracts[: len(engine.table)]
    return Totals(
        net_delta_flow=math.fsum(records["net_delta"].ravel()),
        net_gamma_flow=math.fsum(records["net_gamma"].ravel()),
        cumulative_premium=int(records["premium"].sum()) / PRICE_SCALE,
        cumulative_volume=int(records["volume"].sum()),
        premium_by_rule={
            rule.name: premium / PRICE_SCALE
            for rule, premium in engine.flow.premium_by_rule.items()
        },
        hedging_pressure=engine.flow.hedging_pressure,
        hedging_pressure_error=engine.flow.hedging_pressure_error,
    )


def contract_rows(engine: FlowEngine, since_version: int) -> dict[str, ContractRow]:
    """The contracts that changed after a version of the engine's state, by ticker."""
    changed = engine.flow.changed_since(since_version, len(engine.table))
    rows = _rows(ContractRow, _contract_columns(engine, changed))
    tickers = [engine.table.tickers[number] for number in changed.tolist()]
    return dict(zip(tickers, rows, strict=True))


def _rows[T: msgspec.Struct](kind: type[T], columns: dict[str, list[Any]]) -> list[T]:
    """A message for each row of columns, which are named as its fields."""
    in_order = (columns[name] for name in kind.__struct_fields__)
    return [kind(*row) for row in zip(*in_order, strict=True)]


_FLOWS: Final = ("net_delta", "net_gamma", "gross_delta", "gross_gamma")
"""Each is the sum of two floats."""


def _contract_columns(engine: FlowEngine, numbers: NDArray[np.intp]) -> dict[str, list[Any]]:
    """The fields of some contracts' `ContractRow`: read one by one they take thrice as long."""
    contracts = [engine.table[number] for number in numbers.tolist()]
    inside = set(engine.strikes.strikes)
    records = engine.flow.contracts[numbers]
    quotes = engine.flow.newest_quotes(numbers)
    waits = records["waiting"] != 0
    flows = {
        f"{name}_flow": _known(np.where(waits, np.nan, records[name].sum(axis=1)))
        for name in _FLOWS
    }
    return {
        "strike_price": [contract.strike for contract in contracts],
        "type": [contract.right for contract in contracts],
        "expiration": [contract.expiration.isoformat() for contract in contracts],
        "in_window": [contract.strike in inside for contract in contracts],
        "cumulative_volume": records["volume"].tolist(),
        "cumulative_premium": (records["premium"] / PRICE_SCALE).tolist(),
        "trade_count": records["trade_count"].tolist(),
        "last_price": _dollars(records["last_price"]),
        "bid": _bids(quotes),
        "ask": _dollars(quotes["ask"]),
        "buy_volume": records["buy_volume"].tolist(),
        "sell_volume": records["sell_volume"].tolist(),
        "net_premium": (records["net_premium"] / PRICE_SCALE).tolist(),
        **flows,
        "delta": _known(records["delta"]),
        "gamma": _known(records["gamma"]),
        "implied_volatility": engine.greeks.implied_volatilities(numbers),
        "open_interest": [engine.greeks.open_interest(number) for number in numbers.tolist()],
        "greeks_source": engine.greeks.sources(numbers),
        "weighted_position": (records["weighted_position"] / CONFIDENCE_SCALE).tolist(),
        "position_variance": (records["position_variance"] / CONFIDENCE_SCALE).tolist(),
        "quote_time": [ms or None for ms in quotes["ms"].tolist()],
        "volatility_time": [ns // _MS or None for ns in records["volatility_ns"].tolist()],
    }


def tape_rows(engine: FlowEngine, start: int, limit: int) -> list[TapeRow]:
    """The newest prints from place ``start`` of the store on, oldest first, at most ``limit``."""
    return rows_at(engine, engine.flow.tape(start, limit))


def rows_at(engine: FlowEngine, places: NDArray[np.intp]) -> list[TapeRow]:
    """The prints at some places of the store."""
    return print_rows(engine, places, np.take(engine.flow.prints, places))


def print_rows(
    engine: FlowEngine, places: NDArray[np.intp], records: NDArray[np.void]
) -> list[TapeRow]:
    """`PRINT` records that are, or were, at some places of the store."""
    if not len(records):
        return []
    return _rows(TapeRow, _print_columns(engine, places, records))


def _print_columns(
    engine: FlowEngine, places: NDArray[np.intp], records: NDArray[np.void]
) -> dict[str, list[Any]]:
    """The fields of some prints' `TapeRow`."""
    tickers = engine.table.tickers
    sizes, flags, quoted = records["size"], records["flags"], records["quote_age_ms"] >= 0
    multipliers = engine.flow.contracts["multiplier"][records["contract"]]
    shares = sizes.astype(np.int64) * multipliers
    return {
        "t": records["ts"].tolist(),
        "ticker": [tickers[number] for number in records["contract"].tolist()],
        "price": (records["price"] / PRICE_SCALE).tolist(),
        "size": sizes.tolist(),
        # Of Python's integers, which have no end.
        "premium": [
            price * count / PRICE_SCALE
            for price, count in zip(records["price"].tolist(), shares.tolist(), strict=True)
        ],
        "side": records["side"].tolist(),
        "aggressor": records["aggressor"].tolist(),
        "rule": [_RULES[rule] for rule in records["rule"].tolist()],
        "confidence": (records["confidence"] / CONFIDENCE_SCALE).tolist(),
        "bid": _where(quoted, _bids(records)),
        "ask": _where(quoted, _dollars(records["ask"])),
        "quote_age_ms": _where(quoted, records["quote_age_ms"].tolist()),
        "delta": _known(records["delta"]),
        "conditions": [unpack(packed) for packed in records["conditions"].tolist()],
        "tags": [
            [*_tags(*row)]
            for row in zip(
                records["tags"].tolist(), (flags & _TAKEN_BACK != 0).tolist(), strict=True
            )
        ],
        "id": places.tolist(),
        "exchange": records["exchange"].tolist(),
        "bid_size": _where(quoted, records["bid_size"].tolist()),
        "ask_size": _where(quoted, records["ask_size"].tolist()),
        "gamma": _known(records["gamma"]),
        "implied_volatility": _known(records["volatility"].astype(np.float64).round(6)),
        "spot": _dollars(records["spot"]),
        "hedging_pressure": _known(_hedging_pressure(records, shares)),
        "group": _where(records["group"] >= 0, records["group"].tolist()),
        "package": _packages(records),
        "refilled": (flags & _REFILLED != 0).tolist(),
    }


CANCELLED = "cancelled"
"""Tag of a print that a cancel has taken back."""
_RULES: Final = {int(rule): rule.name for rule in Rule}
_TAGS: Final = [(int(tag), tag.name.lower()) for tag in Tag if tag.name]
_REFILLED, _TAKEN_BACK = int(Flag.REFILLED), int(Flag.TAKEN_BACK)


@functools.lru_cache(1024)
def _tags(tags: int, is_taken_back: bool) -> tuple[str, ...]:
    names = tuple(name for bit, name in _TAGS if tags & bit)
    return (*names, CANCELLED) if is_taken_back else names


def _hedging_pressure(records: NDArray[np.void], shares: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weighted delta notional, $; NaN while greeks or spot are unknown."""
    notional = shares * records["delta"] * records["spot"] / PRICE_SCALE
    weighted: NDArray[np.float64] = notional * weights_of(records) / CONFIDENCE_SCALE
    weighted[records["spot"] == 0] = np.nan
    return weighted


def _packages(records: NDArray[np.void]) -> list[Package | None]:
    columns = (
        records["package"].tolist(),
        records["package_side"].tolist(),
        (records["package_confidence"] / CONFIDENCE_SCALE).tolist(),
    )
    return [None if row[0] < 0 else Package(*row) for row in zip(*columns, strict=True)]


def dollars(scaled: int) -> float | None:
    """Dollars; a price of 0 is an unknown one."""
    return scaled / PRICE_SCALE if scaled else None


def known(value: float) -> float | None:
    """NaN as None."""
    return None if math.isnan(value) else float(value)


def _dollars(scaled: NDArray[np.integer]) -> list[float | None]:
    """Likewise of many."""
    return [dollars(price) for price in scaled.tolist()]


def _known(values: NDArray[np.float64]) -> list[float | None]:
    """Likewise of many."""
    return [known(value) for value in values.tolist()]


def _bids(quotes: NDArray[np.void]) -> list[float | None]:
    """Dollars; a bid of 0 beside an ask is a real one: nobody bids."""
    bids, asks = quotes["bid"], quotes["ask"]
    return _where((bids != 0) | (asks != 0), (bids / PRICE_SCALE).tolist())


def _where(holds: NDArray[np.bool_], values: list[Any]) -> list[Any]:
    """Values where something holds, else None."""
    return [value if found else None for found, value in zip(holds.tolist(), values, strict=True)]
