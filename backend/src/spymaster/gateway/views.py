"""The engine's state as wire messages."""

import math
from typing import Any, Final

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


type _Row = dict[str, Any]
"""A record's fields as numbers of Python's own: ten times as fast to read as the record's."""


def contract_rows(engine: FlowEngine, since_version: int) -> dict[str, ContractRow]:
    """The contracts that changed after a version of the engine's state, by ticker."""
    inside = set(engine.strikes.strikes)
    changed = engine.flow.changed_since(since_version, len(engine.table))
    records = _rows(engine.flow.contracts[changed])
    quotes = _rows(engine.flow.newest_quotes(changed))
    return {
        engine.table.tickers[number]: _contract_row(engine, number, record, quote, inside)
        for number, record, quote in zip(changed.tolist(), records, quotes, strict=True)
    }


def _contract_row(
    engine: FlowEngine, number: int, record: _Row, quote: _Row, inside: set[float]
) -> ContractRow:
    contract = engine.table[number]
    waits = record["waiting"] != 0
    bid, ask = quote["bid"], quote["ask"]
    return ContractRow(
        strike_price=contract.strike,
        type=contract.right,
        expiration=contract.expiration.isoformat(),
        in_window=contract.strike in inside,
        cumulative_volume=record["volume"],
        cumulative_premium=record["premium"] / PRICE_SCALE,
        trade_count=record["trade_count"],
        last_price=dollars(record["last_price"]),
        bid=_quoted(bid, ask),
        ask=dollars(ask),
        buy_volume=record["buy_volume"],
        sell_volume=record["sell_volume"],
        net_premium=record["net_premium"] / PRICE_SCALE,
        net_delta_flow=None if waits else _sum(record["net_delta"]),
        net_gamma_flow=None if waits else _sum(record["net_gamma"]),
        gross_delta_flow=None if waits else _sum(record["gross_delta"]),
        gross_gamma_flow=None if waits else _sum(record["gross_gamma"]),
        delta=known(record["delta"]),
        gamma=known(record["gamma"]),
        implied_volatility=engine.greeks.implied_volatility(number),
        open_interest=engine.greeks.open_interest(number),
        greeks_source=engine.greeks.source(number),
        weighted_position=record["weighted_position"] / CONFIDENCE_SCALE,
        position_variance=record["position_variance"] / CONFIDENCE_SCALE,
        quote_time=quote["ms"] or None,
        volatility_time=record["volatility_ns"] // _MS or None,
    )


def _sum(parts: NDArray[np.float64]) -> float:
    """Of the two floats that hold a flow."""
    high, low = parts.tolist()
    return float(high + low)


def _rows(records: NDArray[np.void]) -> list[_Row]:
    names = records.dtype.names or ()
    return [dict(zip(names, values, strict=True)) for values in records.tolist()]


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
    multipliers = engine.flow.contracts["multiplier"][records["contract"]].tolist()
    columns = (places.tolist(), _rows(records), weights_of(records).tolist(), multipliers)
    return [_print_row(engine, *values) for values in zip(*columns, strict=True)]


def _print_row(engine: FlowEngine, place: int, row: _Row, weight: int, multiplier: int) -> TapeRow:
    age, price, size = row["quote_age_ms"], row["price"], row["size"]
    return TapeRow(
        t=row["ts"],
        ticker=engine.table.tickers[row["contract"]],
        price=price / PRICE_SCALE,
        size=size,
        premium=price * size * multiplier / PRICE_SCALE,
        side=row["side"],
        aggressor=row["aggressor"],
        rule=_RULES[row["rule"]],
        confidence=row["confidence"] / CONFIDENCE_SCALE,
        bid=_quoted(row["bid"], row["ask"]) if age >= 0 else None,
        ask=dollars(row["ask"]) if age >= 0 else None,
        quote_age_ms=age if age >= 0 else None,
        delta=known(row["delta"]),
        conditions=unpack(row["conditions"]),
        tags=_tags(row),
        id=place,
        exchange=row["exchange"],
        bid_size=row["bid_size"] if age >= 0 else None,
        ask_size=row["ask_size"] if age >= 0 else None,
        gamma=known(row["gamma"]),
        implied_volatility=known(round(row["volatility"], 6)),
        spot=dollars(row["spot"]),
        hedging_pressure=_hedging_pressure(row, weight, multiplier),
        group=None if row["group"] < 0 else row["group"],
        package=_package(row),
        refilled=row["flags"] & Flag.REFILLED != 0,
    )


CANCELLED = "cancelled"
"""Tag of a print that a cancel has taken back."""
_RULES: Final = {int(rule): rule.name for rule in Rule}
_TAGS: Final = [(int(tag), tag.name.lower()) for tag in Tag if tag.name]


def _tags(row: _Row) -> list[str]:
    tags = [name for bit, name in _TAGS if row["tags"] & bit]
    return [*tags, CANCELLED] if row["flags"] & Flag.TAKEN_BACK else tags


def _hedging_pressure(row: _Row, weight: int, multiplier: int) -> float | None:
    """Weighted delta notional, $; null while greeks or spot are unknown."""
    if math.isnan(row["delta"]) or row["spot"] == 0:
        return None
    notional = row["size"] * multiplier * row["delta"] * row["spot"] / PRICE_SCALE
    return float(notional * weight / CONFIDENCE_SCALE)


def _package(row: _Row) -> Package | None:
    if row["package"] < 0:
        return None
    confidence = row["package_confidence"] / CONFIDENCE_SCALE
    return Package(row["package"], row["package_side"], confidence)


def dollars(scaled: int) -> float | None:
    """Dollars; a price of 0 is an unknown one."""
    return scaled / PRICE_SCALE if scaled else None


def _quoted(bid: int, ask: int) -> float | None:
    """A bid of 0 beside an ask is a real one: nobody bids."""
    return bid / PRICE_SCALE if bid or ask else None


def known(value: float) -> float | None:
    """NaN as None."""
    return None if math.isnan(value) else float(value)
