"""The engine's state as wire messages."""

import math

import numpy as np

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.conditions import unpack
from spymaster.core.event_log import LoggedEvent
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag, Rule, Tag
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import weight_of
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
    inside = set(engine.strikes.strikes)
    changed = engine.flow.changed_since(since_version, len(engine.table))
    return {
        engine.table[number].ticker: _contract_row(engine, int(number), inside)
        for number in changed
    }


def _contract_row(engine: FlowEngine, number: int, inside: set[float]) -> ContractRow:
    contract, record = engine.table[number], engine.flow.contracts[number]
    quote = engine.flow.newest_quote(number)
    waits = bool(record["waiting"])
    return ContractRow(
        strike_price=contract.strike,
        type=contract.right,
        expiration=contract.expiration.isoformat(),
        in_window=contract.strike in inside,
        cumulative_volume=int(record["volume"]),
        cumulative_premium=int(record["premium"]) / PRICE_SCALE,
        trade_count=int(record["trade_count"]),
        last_price=dollars(int(record["last_price"])),
        bid=None if quote is None else _quoted(int(quote["bid"]), int(quote["ask"])),
        ask=None if quote is None else dollars(int(quote["ask"])),
        buy_volume=int(record["buy_volume"]),
        sell_volume=int(record["sell_volume"]),
        net_premium=int(record["net_premium"]) / PRICE_SCALE,
        net_delta_flow=None if waits else float(record["net_delta"].sum()),
        net_gamma_flow=None if waits else float(record["net_gamma"].sum()),
        gross_delta_flow=None if waits else float(record["gross_delta"].sum()),
        gross_gamma_flow=None if waits else float(record["gross_gamma"].sum()),
        delta=known(float(record["delta"])),
        gamma=known(float(record["gamma"])),
        implied_volatility=engine.greeks.implied_volatility(number),
        open_interest=engine.greeks.open_interest(number),
        greeks_source=engine.greeks.source(number),
        weighted_position=int(record["weighted_position"]) / CONFIDENCE_SCALE,
        position_variance=int(record["position_variance"]) / CONFIDENCE_SCALE,
    )


def tape_rows(engine: FlowEngine, start: int, limit: int) -> list[TapeRow]:
    """The newest prints from place ``start`` of the store on, oldest first, at most ``limit``."""
    return [tape_row(engine, int(place)) for place in engine.flow.tape(start, limit)]


def tape_row(engine: FlowEngine, place: int) -> TapeRow:
    """The print at a place of the store."""
    return print_row(engine, place, engine.flow.prints[place])


def print_row(engine: FlowEngine, place: int, row: np.void) -> TapeRow:
    """A `PRINT` record that is, or was, at a place of the store."""
    contract = engine.table[int(row["contract"])]
    multiplier = int(engine.flow.contracts[int(row["contract"])]["multiplier"])
    age = int(row["quote_age_ms"])
    rule = Rule(int(row["rule"]))
    price, size = int(row["price"]), int(row["size"])
    return TapeRow(
        t=int(row["ts"]),
        ticker=contract.ticker,
        price=price / PRICE_SCALE,
        size=size,
        premium=price * size * multiplier / PRICE_SCALE,
        side=int(row["side"]),  # type: ignore[arg-type]
        aggressor=int(row["aggressor"]),  # type: ignore[arg-type]
        rule=rule.name,
        confidence=int(row["confidence"]) / CONFIDENCE_SCALE,
        bid=_quoted(int(row["bid"]), int(row["ask"])) if age >= 0 else None,
        ask=dollars(int(row["ask"])) if age >= 0 else None,
        quote_age_ms=age if age >= 0 else None,
        delta=known(float(row["delta"])),
        conditions=unpack(int(row["conditions"])),
        tags=_tags(row),
        id=place,
        exchange=int(row["exchange"]),
        bid_size=int(row["bid_size"]) if age >= 0 else None,
        ask_size=int(row["ask_size"]) if age >= 0 else None,
        gamma=known(float(row["gamma"])),
        implied_volatility=known(round(float(row["volatility"]), 6)),
        spot=dollars(int(row["spot"])),
        hedging_pressure=_hedging_pressure(row, multiplier),
        group=None if row["group"] < 0 else int(row["group"]),
        package=_package(row),
        refilled=bool(row["flags"] & Flag.REFILLED),
    )


CANCELLED = "cancelled"
"""Tag of a print that a cancel has taken back."""


def _tags(row: np.void) -> list[str]:
    tags = [tag.name.lower() for tag in Tag(int(row["tags"])) if tag.name]
    return [*tags, CANCELLED] if row["flags"] & Flag.TAKEN_BACK else tags


def _hedging_pressure(row: np.void, multiplier: int) -> float | None:
    """Weighted delta notional, $; null while greeks or spot are unknown."""
    if math.isnan(row["delta"]) or row["spot"] == 0:
        return None
    notional = int(row["size"]) * multiplier * float(row["delta"]) * int(row["spot"]) / PRICE_SCALE
    weight, _ = weight_of(row)
    return notional * int(weight) / CONFIDENCE_SCALE


def _package(row: np.void) -> Package | None:
    if row["package"] < 0:
        return None
    side, confidence = int(row["package_side"]), int(row["package_confidence"])
    return Package(int(row["package"]), side, confidence / CONFIDENCE_SCALE)  # type: ignore[arg-type]


def dollars(scaled: int) -> float | None:
    """Dollars; a price of 0 is an unknown one."""
    return scaled / PRICE_SCALE if scaled else None


def _quoted(bid: int, ask: int) -> float | None:
    """A bid of 0 beside an ask is a real one: nobody bids."""
    return bid / PRICE_SCALE if bid or ask else None


def known(value: float) -> float | None:
    """NaN as None."""
    return None if math.isnan(value) else float(value)
