"""What a back-fill adds: per key, the day's count is the larger of REST's and the stream's."""

import pytest

from spymaster.core.batches import NO_QUOTES
from spymaster.engine.bars import VOLUME
from spymaster.engine.columns import Rule

from .builders import (
    CALL,
    CANCEL,
    LATE,
    PUT,
    Quote,
    Trade,
    batch,
    engine,
    last_price,
    rest,
    rest_quotes,
    signs,
    snapshot,
    ticker,
    totals,
)

QUOTE = Quote(0, 1.20, 1.30)
ONE = Trade(5, 1.30, 10)


@pytest.mark.parametrize(
    ("streamed", "known_to_rest", "counted"),
    [(0, 0, 0), (0, 3, 3), (1, 3, 3), (3, 3, 3), (3, 1, 3), (2, 0, 2)],
)
def test_the_count_of_a_key_is_the_larger_one(streamed, known_to_rest, counted):
    state = engine(*[ONE] * streamed)
    added = state.refill(CALL, rest(*[ONE] * known_to_rest), NO_QUOTES)
    assert totals(state).trades == counted
    assert added == state.flow.trades_backfilled == max(0, known_to_rest - streamed)


@pytest.mark.parametrize("late", range(6))
def test_the_count_stays_the_larger_one_when_the_stream_delivers_late(late):
    state = engine(ONE)
    state.refill(CALL, rest(ONE, ONE, ONE), NO_QUOTES)
    state.apply(batch(*[ONE] * late))
    assert totals(state).trades == max(3, 1 + late)
    assert state.flow.trades_counted == max(3, 1 + late)
    assert state.flow.trades_received == 1 + late


@pytest.mark.parametrize(
    "other",
    [
        ONE._replace(ms=6),
        ONE._replace(price=1.29),
        ONE._replace(size=9),
        ONE._replace(exchange=303),
        ONE._replace(condition=219),
        ONE._replace(condition=None),
    ],
    ids=["ms", "price", "size", "exchange", "condition", "no condition"],
)
def test_prints_that_differ_in_any_part_of_the_key_are_two(other):
    state = engine(ONE)
    state.refill(CALL, rest(ONE, other), NO_QUOTES)
    assert totals(state).trades == 2
    state.apply(batch(other))
    assert totals(state).trades == 2


def test_nanoseconds_of_rest_are_the_milliseconds_of_the_stream():
    state = engine(ONE)
    assert state.refill(CALL, rest(ONE._replace(ns=999_999)), NO_QUOTES) == 0
    assert state.refill(CALL, rest(ONE, ONE._replace(ns=1)), NO_QUOTES) == 1


def test_asking_rest_again_adds_nothing():
    state = engine(ONE)
    answer = rest(ONE, ONE, Trade(7, 1.20), Trade(9, 1.20, 1, CANCEL))
    assert state.refill(CALL, answer, NO_QUOTES) == 3
    once = totals(state)
    assert state.refill(CALL, answer, NO_QUOTES) == 0
    assert totals(state) == once


def test_what_is_missing_can_be_asked_before_it_is_added():
    state = engine(ONE)
    answer = rest(Trade(9, 1.20), ONE, Trade(7, 1.25))
    assert list(state.missing(CALL, answer).price) == [12_500, 12_000]
    assert len(state.missing(CALL, rest())) == 0


def test_a_streamed_print_that_rest_does_not_have_stays():
    state = engine(ONE, Trade(6, 1.25))
    state.refill(CALL, rest(ONE), NO_QUOTES)
    assert totals(state).trades == 2


def test_other_contracts_are_left_alone():
    state = engine(ONE._replace(contract=PUT))
    assert state.refill(CALL, rest(ONE), NO_QUOTES) == 1
    assert totals(state, CALL) == totals(state, PUT)


def test_a_cancel_delivered_twice_cancels_once():
    cancel = Trade(9, 1.30, 10, CANCEL)
    state = engine(ONE, Trade(6, 1.30, 10))
    state.refill(CALL, rest(ONE, Trade(6, 1.30, 10), cancel), NO_QUOTES)
    state.apply(batch(cancel))
    assert totals(state).trades == 1
    assert state.flow.trades_cancelled == 1


def test_prints_are_signed_by_the_quotes_fetched_for_the_gap():
    state = engine()
    quotes = rest_quotes(QUOTE, Quote(6, 1.40, 1.50))
    state.refill(CALL, rest(Trade(5, 1.30), Trade(6, 1.30), Trade(7, 1.40)), quotes)
    assert signs(state) == [(1, Rule.QUOTE_AT), (1, Rule.QUOTE_AT), (-1, Rule.QUOTE_AT)]
    assert list(state.flow.prints["quote_age_ms"]) == [5, 6, 1]


def test_without_quotes_the_tick_rule_signs():
    state = engine(Trade(1, 1.20))
    state.refill(CALL, rest(Trade(5, 1.30), Trade(6, 1.30), Trade(7, 1.25)), NO_QUOTES)
    assert signs(state)[1:] == [(1, Rule.TICK), (1, Rule.TICK), (-1, Rule.TICK)]


def test_the_tick_rule_looks_at_prints_in_order_of_time():
    state = engine(Trade(1, 1.20), Trade(9, 1.50))
    state.refill(CALL, rest(Trade(5, 1.30)), NO_QUOTES)
    assert signs(state)[-1] == (1, Rule.TICK)


@pytest.mark.parametrize("condition", [CANCEL, LATE])
def test_a_refilled_cancel_or_late_print_is_no_tick(condition):
    state = engine()
    state.refill(
        CALL, rest(Trade(5, 1.00), Trade(6, 1.20, 1, condition), Trade(7, 1.10)), NO_QUOTES
    )
    assert signs(state)[-1] == (1, Rule.TICK)


def test_a_refilled_print_moves_the_last_price_only_if_it_is_the_newest():
    state = engine(Trade(9, 1.50))
    state.refill(CALL, rest(Trade(5, 1.30)), NO_QUOTES)
    assert last_price(state) == 1.50
    state.refill(CALL, rest(Trade(12, 1.60), Trade(11, 1.55), Trade(13, 9.99, 1, LATE)), NO_QUOTES)
    assert last_price(state) == 1.60


def test_refilled_prints_are_not_shown_on_the_tape_as_news():
    state = engine(ONE)
    state.refill(CALL, rest(ONE, Trade(7, 1.25)), NO_QUOTES)
    state.apply(batch(Trade(8, 1.25), Trade(9, 1.25, 1, CANCEL)))
    assert list(state.flow.tape(0, 10)) == [0, 2]


def test_bars_show_what_rest_brought_where_nothing_was_streamed():
    state = engine()
    assert len(state.flow.bars_of(1).start_ns) == 0
    state.refill(CALL, rest(Trade(2_500, 1.25, 3), Trade(7_000, 1.25, 4)), NO_QUOTES)
    volume = state.flow.bars_of(1).counts[:, VOLUME]
    assert (len(volume), volume[2], volume[7]) == (8, 3, 4)


def test_the_tape_is_found_behind_many_prints_of_rest():
    state = engine(*(Trade(ms, 1.00) for ms in (1, 2, 3)))
    state.refill(CALL, rest(*(Trade(ms, 2.00) for ms in range(10, 110))), rest_quotes())
    assert state.flow.tape(0, 2).tolist() == [1, 2]
    assert state.flow.tape(1, 200).tolist() == [1, 2]
    assert state.flow.tape(3, 200).tolist() == []


def test_refilled_prints_take_the_greeks_of_their_time():
    state = engine(QUOTE)
    for ms, delta in ((100, 0.5), (200, 0.7)):
        at_ms = int(batch(Trade(ms, 1.0)).trades.ts_event[0])
        state.apply_snapshot(snapshot({ticker(600): (delta, 0.01)}), at_ms)
    state.refill(CALL, rest(Trade(50, 1.30), Trade(150, 1.30), Trade(250, 1.30)), NO_QUOTES)
    assert list(state.flow.prints["delta"]) == [0.5, 0.5, 0.7]


def test_refilled_prints_wait_for_greeks_like_any_other():
    state = engine()
    state.refill(CALL, rest(Trade(5, 1.30, 10)), rest_quotes(QUOTE))
    assert state.flow.contracts[CALL]["waiting"] == 10
    state.apply_snapshot(snapshot({ticker(600): (0.5, 0.02)}), state.session.open_ns)
    assert totals(state).net_delta == 500.0


def test_a_contract_first_seen_by_rest_can_be_filled():
    state = engine(strikes=[float(strike) for strike in range(100, 356)])
    number = state.table.number(ticker(990))
    assert number == 512  # one more than there was room for
    state.refill(number, rest(ONE._replace(contract=number)), NO_QUOTES)
    assert totals(state, number)[:2] == (1, 10)


def test_a_refill_of_nothing_changes_nothing():
    state = engine(ONE)
    version = state.flow.version
    assert state.refill(CALL, rest(), NO_QUOTES) == 0
    assert state.flow.version == version
