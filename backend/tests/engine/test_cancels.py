"""A cancel takes back, once, the latest counted trade of its price and size."""

from types import SimpleNamespace

import pytest

from spymaster.core.batches import NO_QUOTES
from spymaster.engine import cancels, flow_aggregator

from .builders import (
    CALL,
    CANCEL,
    LATE,
    PUT,
    Quote,
    Totals,
    Trade,
    batch,
    engine,
    last_price,
    rest,
    rest_quotes,
    snapshot,
    ticker,
    totals,
)

QUOTE = Quote(0, 1.20, 1.30)
GREEKS = snapshot({ticker(600): (0.5, 0.02)})


@pytest.mark.parametrize("condition", [201, 203, 205, 207])
def test_a_cancel_takes_back_everything_its_trade_added(condition):
    state = engine(QUOTE)
    state.apply_snapshot(GREEKS, state.market_ns)
    state.apply(batch(Trade(5, 1.30, 10), Trade(9, 1.30, 10, condition)))
    assert totals(state) == Totals()
    assert state.flow.trades_cancelled == 1
    assert state.flow.trades_counted == 1
    assert last_price(state) == 1.30


@pytest.mark.parametrize(
    "cancel",
    [
        Trade(9, 1.29, 10, CANCEL),
        Trade(9, 1.30, 9, CANCEL),
        Trade(9, 1.30, 10, CANCEL, contract=PUT),
        Trade(4, 1.30, 10, CANCEL),
    ],
    ids=["price", "size", "contract", "earlier"],
)
def test_a_cancel_that_matches_nothing_changes_nothing_but_its_count(cancel):
    before = engine(QUOTE, Trade(5, 1.30, 10))
    state = engine(QUOTE, Trade(5, 1.30, 10), cancel)
    assert totals(state) == totals(before)
    assert state.flow.trades_cancelled == 1
    assert state.flow.trades_counted == 1


def test_a_trade_is_taken_back_only_once():
    cancels = [Trade(9, 1.30, 10, CANCEL), Trade(10, 1.30, 10, CANCEL)]
    state = engine(QUOTE, Trade(4, 1.25, 10), Trade(5, 1.30, 10), *cancels)
    assert totals(state).volume == 10
    assert state.flow.trades_cancelled == 2


def test_two_cancels_take_two_equal_trades():
    trades = [Trade(5, 1.30, 10), Trade(5, 1.30, 10), Trade(6, 1.30, 10)]
    state = engine(QUOTE, *trades, Trade(9, 1.30, 10, CANCEL), Trade(10, 1.30, 10, 207))
    assert totals(state)[:2] == (1, 10)


def test_the_latest_of_two_equal_trades_is_taken_back():
    # The first was bought, the second sold: the quote moved up in between.
    state = engine(
        QUOTE, Trade(5, 1.30), Quote(6, 1.30, 1.40), Trade(7, 1.30), Trade(9, 1.30, 1, CANCEL)
    )
    assert totals(state)[4:6] == (1, 0)


def test_trades_of_others_in_the_same_chain_are_left_alone():
    chain = cancels._chain_of.py_func
    mine = Trade(100, 1.20, 10)
    wanted = chain(SimpleNamespace(contract=CALL, price=12_000, size=10))
    other = next(
        size
        for size in range(1, 1_000_000)
        if chain(SimpleNamespace(contract=PUT, price=12_000, size=size)) == wanted
    )
    state = engine(mine, Trade(200, 1.20, other, contract=PUT), Trade(300, 1.20, 10, CANCEL))
    assert state.flow.prints["previous_alike"][1] == 0
    assert totals(state).volume == 0
    assert totals(state, PUT).volume == other


def test_a_trade_after_the_cancel_is_not_the_one_it_means():
    state = engine(QUOTE, Trade(9, 1.30, 1, CANCEL), Trade(9, 1.30), Trade(10, 1.30))
    assert totals(state).volume == 2


def test_a_late_print_can_be_taken_back_too():
    state = engine(Trade(5, 1.30, 10, LATE), Trade(9, 1.30, 10, CANCEL))
    assert totals(state) == Totals()


def test_a_cancelled_print_gives_no_flow_when_greeks_come():
    state = engine(QUOTE, Trade(5, 1.30, 10), Trade(9, 1.30, 10, CANCEL))
    state.apply_snapshot(GREEKS, state.market_ns)
    assert totals(state) == Totals()


def test_what_waited_and_was_settled_can_be_taken_back():
    state = engine(QUOTE, Trade(5, 1.30, 10))
    state.apply_snapshot(GREEKS, state.market_ns)
    state.apply(batch(Trade(9, 1.30, 10, CANCEL)))
    assert totals(state) == Totals()


def test_a_trade_is_taken_back_with_the_greeks_it_was_counted_with():
    state = engine(QUOTE)
    state.apply_snapshot(GREEKS, state.market_ns)
    state.apply(batch(Trade(5, 1.30, 10)))
    state.apply_snapshot(snapshot({ticker(600): (0.9, 0.01)}), state.market_ns)
    state.apply(batch(Trade(9, 1.30, 10, CANCEL)))
    assert totals(state) == Totals()


def test_a_cancel_received_before_the_back_fill_takes_back_the_trade_it_brings():
    state = engine(QUOTE, Trade(9, 1.30, 10, CANCEL))
    state.refill(CALL, rest(Trade(5, 1.30, 10, ns=7)), rest_quotes(QUOTE))
    assert totals(state) == Totals()
    assert state.flow.trades_cancelled == 1


def test_rest_bringing_trade_and_cancel_counts_neither():
    state = engine(QUOTE)
    state.refill(CALL, rest(Trade(9, 1.30, 10, CANCEL), Trade(5, 1.30, 10)), NO_QUOTES)
    assert totals(state) == Totals()
    assert state.flow.trades_cancelled == 1


def test_a_cancel_whose_own_trade_was_missed_lets_go_of_the_older_one():
    # While its own trade (sold, at 7) is missing, the cancel takes the older one (bought, at 5).
    state = engine(QUOTE, Trade(5, 1.30), Quote(6, 1.30, 1.40), Trade(9, 1.30, 1, CANCEL))
    assert totals(state) == Totals()
    state.refill(CALL, rest(Trade(5, 1.30), Trade(7, 1.30)), rest_quotes(QUOTE, Quote(6, 1.3, 1.4)))
    assert totals(state)[:6] == (1, 1, 1_300_000, 1_300_000, 1, 0)


def test_a_cancel_that_rest_brings_frees_the_later_one_for_its_own_trade():
    first, second = Trade(1, 1.30), Trade(6, 1.30)
    cancels = [Trade(5, 1.30, 1, CANCEL), Trade(9, 1.30, 1, CANCEL)]
    state = engine(first, cancels[1])
    state.refill(CALL, rest(first, cancels[0], second, cancels[1]), NO_QUOTES)
    assert totals(state) == Totals()


def test_a_trade_streamed_after_its_cancel_is_taken_back():
    state = engine(QUOTE, Trade(9, 1.30, 10, CANCEL), Trade(5, 1.30, 10))
    assert totals(state) == Totals()


def test_a_waiting_trade_that_is_let_go_of_gets_greeks():
    state = engine(QUOTE, Trade(5, 1.30), Trade(9, 1.30, 1, CANCEL))
    state.apply_snapshot(GREEKS, state.market_ns)
    state.refill(CALL, rest(Trade(7, 1.30)), rest_quotes(QUOTE))
    assert totals(state)[:2] == (1, 1)
    assert totals(state).net_delta == 50.0
    assert state.flow.contracts[CALL]["waiting"] == 0


def test_a_late_print_that_no_cancel_names_leaves_the_matching_alone(monkeypatch):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(flow_aggregator, "match_anew", fail)
    state = engine(QUOTE, Trade(5, 1.30), Trade(9, 1.30, 1, CANCEL))
    state.apply(batch(Trade(9, 1.25), Trade(8, 1.30, 2), Trade(10, 1.30)))
    assert totals(state).volume == 4
