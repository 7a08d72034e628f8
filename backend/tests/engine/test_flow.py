"""What counts, and for what. Source: design, section 7."""

import math

import pytest

from spymaster.core.batches import NO_QUOTES, EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.engine.columns import Rule
from spymaster.engine.flow_engine import FlowEngine

from .builders import (
    AUTO,
    CALL,
    COMPLEX,
    COMPRESSION,
    DAY,
    LATE,
    PUT,
    SESSION,
    Quote,
    Totals,
    Trade,
    batch,
    engine,
    last_price,
    rest,
    signs,
    snapshot,
    ticker,
    totals,
)


def test_a_quote_comes_before_a_print_of_its_place_also_where_that_begins_a_second():
    quotes, trades = batch(Quote(0, 1.20, 1.30)).quotes, batch(Trade(1_000, 1.30, 10)).trades
    assert quotes.arrival.tolist() == trades.arrival.tolist()
    state = engine()
    state.apply(EventBatch(trades, quotes))
    assert signs(state) == [(1, Rule.QUOTE_AT)]


def test_a_bought_and_a_sold_print_add_up():
    state = engine(Quote(0, 1.20, 1.30))
    state.apply_snapshot(snapshot({ticker(600): (0.5, 0.02)}), state.market_ns)
    state.apply(batch(Trade(5, 1.30, 10), Trade(6, 1.20, 4), Trade(7, 1.25, 1)))
    assert totals(state) == Totals(
        trades=3,
        volume=15,
        premium=(13_000 * 10 + 12_000 * 4 + 12_500) * 100,
        net_premium=(13_000 * 10 - 12_000 * 4 + 12_500) * 100,
        bought=11,  # in the middle, after a lower price: the tick test
        sold=4,
        net_delta=50.0 * 7,
        gross_delta=50.0 * 15,
        net_gamma=2.0 * 7,
        gross_gamma=2.0 * 15,
    )


def test_contracts_are_counted_apart():
    state = engine(Trade(1, 1.00, 3), Trade(2, 2.00, 5, contract=PUT))
    assert totals(state, CALL)[:3] == (1, 3, 3_000_000)
    assert totals(state, PUT)[:3] == (1, 5, 10_000_000)


def test_a_put_bought_is_negative_delta_flow():
    state = engine(Quote(0, 1.20, 1.30, contract=PUT))
    state.apply_snapshot(snapshot({ticker(600, "P"): (-0.4, 0.02)}), state.market_ns)
    state.apply(batch(Trade(5, 1.30, 10, contract=PUT)))
    assert totals(state, PUT).net_delta == pytest.approx(-400.0)
    assert totals(state, PUT).gross_delta == pytest.approx(-400.0)


def test_a_late_print_counts_but_is_neither_signed_nor_the_last_price():
    state = engine(Quote(0, 1.20, 1.30), Trade(5, 1.21), Trade(6, 1.30, 7, LATE))
    assert totals(state)._replace(net_premium=0, sold=0) == Totals(
        2, 8, (12_100 + 13_000 * 7) * 100
    )
    assert signs(state)[1] == (0, 7)
    assert last_price(state) == 1.21


def test_a_late_print_does_not_feed_the_tick_test():
    state = engine(Trade(1, 1.00), Trade(2, 1.10, 1, LATE), Trade(3, 1.05))
    assert [side for side, _ in signs(state)] == [0, 0, 1]


@pytest.mark.parametrize("condition", [COMPLEX, COMPRESSION])
def test_a_leg_of_a_package_moves_the_last_price_and_is_not_signed(condition):
    state = engine(Quote(0, 1.20, 1.30), Trade(5, 1.30, 7, condition))
    assert totals(state) == Totals(1, 7, 13_000 * 7 * 100)
    assert last_price(state) == 1.30


@pytest.mark.parametrize("condition", [None, 210, 219, 227, 229, 231, 249, 999, 32_766])
def test_other_unknown_and_missing_conditions_count_as_regular(condition):
    state = engine(Quote(0, 1.20, 1.30), Trade(5, 1.30, 7, condition))
    assert totals(state) == totals(engine(Quote(0, 1.20, 1.30), Trade(5, 1.30, 7, AUTO)))


@pytest.mark.parametrize(
    "bad",
    [
        Trade(2, math.nan),
        Trade(2, math.inf),
        Trade(2, 0.0),
        Trade(2, -1.0),
        Trade(2, 1.0, 0),
        Trade(2, 1.0, -5),
    ],
)
def test_an_impossible_print_is_rejected_and_its_neighbours_are_not(bad):
    state = engine(Trade(1, 1.00), bad, Trade(3, 1.10))
    assert totals(state) == totals(engine(Trade(1, 1.00), Trade(3, 1.10)))
    assert (state.flow.trades_received, state.flow.trades_rejected) == (3, 1)
    assert state.flow.trades_counted == 2


def test_another_expiry_has_no_number_to_be_counted_under():
    table = ContractTable("SPY", DAY)
    assert table.number("O:SPY251217C00600000") is None


def test_prices_keep_their_sub_penny_part():
    assert (
        totals(engine(Trade(1, 0.0001, 1), Trade(2, 1.2345, 3))).premium == (1 + 12_345 * 3) * 100
    )


def test_an_empty_batch_changes_nothing():
    state = engine(Trade(1, 1.00))
    version = state.flow.version
    state.apply(EventBatch(rest(), NO_QUOTES))
    assert state.flow.version == version


def test_the_clock_of_the_market_never_goes_back():
    state = engine(Trade(5_000, 1.00), Trade(1, 1.10))
    assert state.market_ns == batch(Trade(5_000, 1.0)).trades.ts_event[0]


def test_only_contracts_that_changed_are_new_to_a_client():
    state = engine(Trade(1, 1.00))
    seen = state.flow.version
    state.apply(batch(Trade(2, 1.00, contract=PUT)))
    assert list(state.flow.changed_since(seen, len(state.table))) == [PUT]


def test_the_last_price_is_the_newest_by_time_and_not_by_arrival():
    state = engine(Trade(9, 1.50), Trade(4, 1.00))
    assert last_price(state) == 1.50


def test_there_is_room_for_more_contracts_and_prints_than_expected():
    strikes = [float(strike) for strike in range(100, 500)]
    state = engine(strikes=strikes)
    last = len(state.table) - 1
    state.apply(batch(*(Trade(i, 1.00, contract=last) for i in range(70_000))))
    assert totals(state, last)[:2] == (70_000, 70_000)
    assert totals(state, CALL) == Totals()


def test_greeks_wait_are_never_made_up():
    state = engine(Quote(0, 1.20, 1.30), Trade(5, 1.30, 10))
    assert totals(state).gross_delta == 0.0
    assert state.flow.contracts[CALL]["waiting"] == 10
    state.apply_snapshot(snapshot({ticker(600): (0.5, 0.02)}), state.market_ns)
    assert totals(state)[-4:] == (500.0, 500.0, 20.0, 20.0)
    assert state.flow.contracts[CALL]["waiting"] == 0


def test_prints_are_not_moved_within_the_room_that_was_asked_for():
    state = FlowEngine(SESSION, "SPY", "all", room_for_prints=1 << 17)
    state.list_contracts([ticker(600)])
    before = state.flow.store.prints
    for start in range(0, 70_000, 10_000):
        state.apply(batch(*(Trade(start + ms, 1.00) for ms in range(10_000))))
    assert state.flow.store.prints is before
