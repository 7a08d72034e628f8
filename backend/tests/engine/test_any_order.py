"""A day ends in the same figures however it was cut, interrupted and refilled."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.batches import NO_QUOTES, EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.columns import Rule
from spymaster.engine.flow_aggregator import Walked
from spymaster.engine.flow_engine import FlowEngine

from . import builders
from .builders import (
    AUTO,
    CALL,
    CANCEL,
    COMPLEX,
    LATE,
    PUT,
    Quote,
    Totals,
    Trade,
    batch,
    ns,
    rest,
    rest_quotes,
    snapshot,
    ticker,
    totals,
)

# The model's greeks depend on the quotes that were seen, so they are not among what an interrupted
# day gets back exactly.
engine = partial(builders.engine, greeks_source="vendor")

CONTRACTS = (CALL, PUT)
PRICES = (1.20, 1.23, 1.26, 1.30)
SNAPSHOT_MS = (0, 1_000, 2_000)
END_MS = 3_000
QUOTES = tuple(
    Quote(ms, bid, bid + 0.07, contract)
    for contract in CONTRACTS
    for ms, bid in ((-5, 1.17), (700, 1.20), (1_500, 1.24))
)
"""Never with a print's price in the middle, so that no sign depends on which prints are held."""

trades = st.builds(
    Trade,
    ms=st.integers(0, END_MS - 2).map(lambda ms: ms // 2 * 2),
    price=st.sampled_from(PRICES),
    size=st.integers(1, 3),
    condition=st.sampled_from([AUTO, AUTO, None, COMPLEX, LATE]),
    exchange=st.sampled_from([302, 309]),
    contract=st.sampled_from(CONTRACTS),
    ns=st.integers(0, 999_999),
)
greeks = st.tuples(st.floats(1e-6, 1.0), st.floats(1e-6, 3.0))


class Day(NamedTuple):
    prints: list[Trade]
    """In order of time."""
    greeks: list[tuple[float, float]]
    """Of each snapshot."""


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Prints, some of them repeated to the nanosecond, and cancels of some; greeks that change.

    Cancels have milliseconds of their own: nothing tells whether a cancel of the stream or a print
    of REST came first within one. Equal prints of one millisecond are equal in their conditions.
    """
    drawn = draw(st.lists(trades, max_size=30))
    first = {(row.ms, row.price, row.size, row.contract): row for row in reversed(drawn)}
    prints = [
        row._replace(condition=first[row.ms, row.price, row.size, row.contract].condition)
        for row in drawn
    ]
    for row in list(prints):
        if draw(st.integers(0, 3)) == 0:
            after = row.ms + 1 + 2 * draw(st.integers(0, 40))
            prints.append(row._replace(ms=after, condition=CANCEL))
    return Day(
        sorted(prints, key=lambda row: (row.ms, row.ns)),
        [draw(greeks) for _ in SNAPSHOT_MS],
    )


def _same_greeks(values: tuple[float, float]) -> ChainSnapshot:
    return snapshot({ticker(600): values, ticker(600, "P"): values})


def _steps(day: Day, streamed: list[bool]) -> list[tuple[int, int, Callable[[FlowEngine], object]]]:
    """What happens when: (ms, rank within it, what)."""

    def poll(at_ms: int, values: tuple[float, float]) -> Callable[[FlowEngine], object]:
        return lambda state: state.apply_snapshot(_same_greeks(values), ns(at_ms))

    def receive(event: Trade | Quote) -> Callable[[FlowEngine], object]:
        return lambda state: state.apply(batch(event))

    steps = [(ms, 0, poll(ms, values)) for ms, values in zip(SNAPSHOT_MS, day.greeks, strict=True)]
    steps += [(quote.ms, 1, receive(quote)) for quote in QUOTES]
    steps += [
        (row.ms, 2, receive(row))
        for row, delivered in zip(day.prints, streamed, strict=True)
        if delivered
    ]
    return sorted(steps, key=lambda step: step[:2])


def _refill(state: FlowEngine, day: Day, until_ms: int, since_ms: int = 0) -> None:
    """Everything that REST has of an interval, for every contract."""
    for contract in CONTRACTS:
        known = [row for row in day.prints if row.contract == contract]
        asked = [row for row in known if since_ms <= row.ms < until_ms]
        quotes = [row for row in QUOTES if row.contract == contract and row.ms < until_ms]
        state.refill(contract, rest(*asked), rest_quotes(*quotes))


def _uninterrupted(day: Day) -> FlowEngine:
    state = engine()
    for _, _, step in _steps(day, [True] * len(day.prints)):
        step(state)
    return state


def _all_totals(state: FlowEngine) -> list[Totals]:
    return [totals(state, contract) for contract in CONTRACTS]


def _all_counts(state: FlowEngine) -> tuple[list[Totals], int, int]:
    return _all_totals(state), state.flow.trades_counted, state.flow.trades_cancelled


@settings(max_examples=150, deadline=None)
@given(days(), st.data())
def test_a_refilled_day_ends_like_one_that_was_not_interrupted(day, data):
    streamed = data.draw(
        st.lists(st.booleans(), min_size=len(day.prints), max_size=len(day.prints))
    )
    refills = data.draw(
        st.lists(st.tuples(st.integers(0, END_MS), st.integers(0, END_MS)), max_size=3)
    )
    state = engine()
    steps = _steps(day, streamed)
    steps += [
        (at, 3, lambda state, at=at, since=since: _refill(state, day, at, since))
        for at, since in refills
    ]
    for _, _, step in sorted(steps, key=lambda step: step[:2]):
        step(state)
    _refill(state, day, END_MS + 100)
    assert _all_counts(state) == _all_counts(_uninterrupted(day))


@settings(max_examples=150, deadline=None)
@given(days(), st.data())
def test_prints_that_are_streamed_after_rest_brought_them_change_nothing(day, data):
    count = len(day.prints)
    streamed = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    state = engine()
    for _, _, step in _steps(day, streamed):
        step(state)
    missed = [row for row, was in zip(day.prints, streamed, strict=True) if not was]
    late = data.draw(st.permutations(missed))[: data.draw(st.integers(0, len(missed)))]
    _refill(state, day, END_MS + 100)
    state.apply(batch(*late))
    _refill(state, day, END_MS + 100)
    assert _all_counts(state) == _all_counts(_uninterrupted(day))


@settings(max_examples=100, deadline=None)
@given(days(), st.randoms(use_true_random=False))
def test_prints_may_come_in_any_order(day, random):
    one = day._replace(greeks=[day.greeks[0]] * len(SNAPSHOT_MS))
    state = engine(*QUOTES)
    state.apply_snapshot(_same_greeks(day.greeks[0]), ns(0))
    shuffled = random.sample(day.prints, len(day.prints))
    half = len(shuffled) // 2
    state.apply(batch(*shuffled[:half]))
    _refill(state, day, END_MS + 100, since_ms=random.randrange(END_MS))
    state.apply(batch(*shuffled[half:]))
    _refill(state, day, END_MS + 100)
    assert _all_counts(state) == _all_counts(_uninterrupted(one))


@settings(max_examples=60, deadline=None)
@given(days(), st.data())
def test_greeks_that_come_last_give_the_same_flows(day, data):
    chain = _same_greeks(day.greeks[0])
    before, after = engine(*QUOTES), engine(*QUOTES)
    before.apply_snapshot(chain, ns(0))
    cut = data.draw(st.integers(0, len(day.prints)))
    for state in (before, after):
        state.apply(batch(*day.prints[:cut]))
        _refill(state, day, END_MS + 100)
    after.apply_snapshot(chain, ns(END_MS))
    assert _all_totals(after) == _all_totals(before)


@settings(max_examples=60, deadline=None)
@given(days(), st.data())
def test_totals_do_not_depend_on_how_events_are_cut_into_batches(day, data):
    events = sorted([*QUOTES, *day.prints], key=lambda event: event.ms)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=6)))
    whole, parts = engine(strikes=[599.0, 600.0, 601.0]), engine(strikes=[599.0, 600.0, 601.0])
    chain = snapshot({ticker(599): day.greeks[0], ticker(599, "P"): day.greeks[1]})
    for state in (whole, parts):
        state.apply_snapshot(chain, ns(0))
    whole.apply(batch(*events))
    for start, stop in zip([0, *cuts], [*cuts, len(events)], strict=True):
        parts.apply(batch(*events[start:stop]))
    _same_state(parts, whole)


def _same_state(one: FlowEngine, other: FlowEngine) -> None:
    assert one.flow.contracts.tobytes() == other.flow.contracts.tobytes()
    assert one.flow.ring.tobytes() == other.flow.ring.tobytes()
    assert one.flow.prints.tobytes() == other.flow.prints.tobytes()
    assert one.flow.store.bars.counts.tobytes() == other.flow.store.bars.counts.tobytes()
    assert one.flow.store.bars.sums.tobytes() == other.flow.store.bars.sums.tobytes()
    assert one.flow.hedging_pressure == other.flow.hedging_pressure
    assert one.flow.hedging_pressure_error == other.flow.hedging_pressure_error
    assert (one.spot.price, one.spot.source) == (other.spot.price, other.spot.source)
    assert one.strikes.strikes == other.strikes.strikes


@settings(max_examples=60, deadline=None)
@given(days(), st.integers(0, END_MS))
def test_a_cancel_leaves_what_was_there_before_its_trade(day, ms):
    state = engine(*QUOTES)
    state.apply_snapshot(snapshot({ticker(600): day.greeks[0]}), ns(0))
    state.apply(batch(*day.prints))
    before = totals(state)
    state.apply(batch(Trade(END_MS + ms, 9.87, 6), Trade(END_MS + ms, 9.87, 6, CANCEL)))
    assert totals(state) == before


@settings(max_examples=60, deadline=None)
@given(st.lists(trades, max_size=40), greeks)
def test_the_parts_fit_the_whole(prints, values):
    state = engine(*QUOTES)
    state.apply_snapshot(_same_greeks(values), ns(0))
    state.apply(batch(*sorted(prints, key=lambda row: row.ms)))
    for contract in CONTRACTS:
        mine = [row for row in prints if row.contract == contract]
        sums = totals(state, contract)
        assert (sums.trades, sums.volume) == (len(mine), sum(row.size for row in mine))
        premium = sum(Decimal(str(row.price)) * row.size * 100 for row in mine)
        assert Decimal(sums.premium) / 10_000 == premium
        assert sums.bought + sums.sold <= sums.volume
        assert abs(sums.net_premium) <= sums.premium
        assert abs(sums.net_delta) <= abs(sums.gross_delta)
        assert abs(sums.net_gamma) <= sums.gross_gamma


@pytest.mark.parametrize("order", [range(1_000), range(999, -1, -1)])
def test_flows_are_summed_without_rounding(order):
    # In plain floats the two orders differ in the last digits, and 1e12 swallows the small ones.
    deltas = [1e12, *(0.1 * place for place in range(1, 999)), -1e12]
    state = engine(*QUOTES)
    for place in order:
        state.apply_snapshot(snapshot({ticker(600): (deltas[place], 1.0)}), ns(0))
        state.apply(batch(Trade(place, 9.0)))
    exact = sum(Decimal(100 * (0.1 * place)) for place in range(1, 999))
    assert totals(state).gross_delta == float(exact)


def test_prints_of_one_millisecond_with_cancels_between_keep_the_order_of_the_stream():
    rows = [Trade(5, 1.30), Trade(5, 1.30, 1, CANCEL), Trade(5, 1.30)]
    state = engine(*rows)
    state.refill(CALL, rest(*rows, Trade(3, 1.20, 5)), NO_QUOTES)
    assert totals(state)[:2] == (2, 6)
    assert state.flow.prints["rule"][-1] == Rule.NONE


def test_batches_are_cut_at_market_seconds_and_not_at_calls():
    events = [Trade(ms, 1.00) for ms in (0, 999, 1_000, 1_001, 2_500)]
    seconds: list[int] = []

    def note(_trades, _quotes, i: int, j: int, begins_ns: int) -> Walked:
        seconds.append(begins_ns)
        return Walked(i, j, -1, begins_ns)

    state = engine()
    state.flow.apply(batch(*events[:2]), note)
    state.flow.apply(EventBatch(rest(), NO_QUOTES), note)
    state.flow.apply(batch(*events[2:]), note)
    assert seconds == [ns(0), ns(1_000), ns(2_000)]


def test_a_contract_keeps_its_number():
    table = ContractTable("SPY", engine().table.expiration)
    assert [table.number(ticker(strike)) for strike in (600, 601, 600)] == [0, 1, 0]
