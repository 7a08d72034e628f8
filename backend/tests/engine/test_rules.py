"""A day that is signed anew is the day as it would have been, and so is one gone back in."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.inputs import RuleChosen, Rules, Started
from spymaster.engine.columns import CONTRACT, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.inputs import apply_input

from . import builders
from .builders import AUTO, CANCEL, COMPLEX, Quote, Trade, batch, ns, snapshot, ticker

engine = partial(builders.engine, strikes=(598.0, 600.0, 602.0), greeks_source="vendor")
SUMS = ("net_delta", "gross_delta", "net_gamma", "gross_gamma")

quotes = st.builds(
    Quote,
    ms=st.just(0),
    bid=st.sampled_from([1.20, 1.22]),
    ask=st.sampled_from([1.23, 1.26]),
    contract=st.integers(0, 5),
    bid_size=st.integers(1, 3),
    ask_size=st.integers(1, 3),
    bid_exchange=st.sampled_from([302, 309]),
    ask_exchange=st.sampled_from([302, 309]),
)
prints = st.builds(
    Trade,
    ms=st.just(0),
    price=st.sampled_from([1.20, 1.22, 1.23, 1.26]),
    size=st.integers(1, 3),
    condition=st.sampled_from([AUTO, AUTO, None, 219, COMPLEX, COMPLEX, CANCEL]),
    exchange=st.sampled_from([302, 302, 309]),
    contract=st.integers(0, 5),
    ns=st.just(0),
)
steps = st.lists(st.tuples(st.integers(0, 400), st.one_of(quotes, prints)), max_size=60)


def events_of(drawn: list[tuple[int, Quote | Trade]]) -> list[Quote | Trade]:
    ms, events = 0, []
    for gap, event in drawn:
        ms += gap
        events.append(event._replace(ms=ms))
    return events


def give_greeks(state: FlowEngine, ms: int) -> None:
    chain = {ticker(strike, right): (0.4, 0.1) for strike in (598, 600) for right in "CP"}
    state.apply_snapshot(
        snapshot(chain, price=600.0, timeframe="REAL-TIME", volatility=0.2), ns(ms)
    )


def check_same(one: FlowEngine, other: FlowEngine) -> None:
    for name in CONTRACT.names or ():
        if name in SUMS:
            sums = [state.flow.contracts[name].sum(axis=1) for state in (one, other)]
            assert np.array_equal(*sums), name
        elif name != "version":
            columns = [state.flow.contracts[name] for state in (one, other)]
            assert np.array_equal(*columns, equal_nan=True), name
    check_same_prints(one, other)
    touched = np.union1d(one.flow.seconds_changed_since(0), other.flow.seconds_changed_since(0))
    for column in ("counts", "sums", "spot"):
        bars = [getattr(state.flow.store.bars, column)[touched] for state in (one, other)]
        assert np.array_equal(*bars), column
    assert one.flow.premium_by_rule == other.flow.premium_by_rule
    assert one.flow.hedging_pressure == other.flow.hedging_pressure
    assert one.flow.hedging_pressure_error == other.flow.hedging_pressure_error


def check_same_prints(one: FlowEngine, other: FlowEngine) -> None:
    for name in one.flow.prints.dtype.names or ():
        columns = [state.flow.prints[name] for state in (one, other)]
        equal_nan = np.issubdtype(columns[0].dtype, np.floating)
        assert np.array_equal(*columns, equal_nan=equal_nan), name


@settings(max_examples=60, deadline=None)
@given(steps, st.booleans(), st.data())
def test_a_switched_rule_holds_from_the_start(drawn, on, data):
    events = events_of(drawn)
    cut = data.draw(st.integers(0, len(events)))
    switched, fresh = engine(trade_size_rule=not on), engine(trade_size_rule=on)
    for state in (switched, fresh):
        give_greeks(state, 300)
        state.apply(batch(*events[:cut]))
        if state is switched:
            state.set_trade_size_rule(on=on)
        state.apply(batch(*events[cut:]))
    check_same(switched, fresh)


def test_a_print_that_takes_the_size_on_show_changes_sides():
    state = engine(Quote(0, 1.20, 1.26, bid_size=9, ask_size=4), Trade(5, 1.26, 4))
    assert (state.flow.contracts[0]["net_premium"], state.flow.prints[0]["rule"]) == (
        1.26 * 4 * 100 * 10_000,
        Rule.QUOTE_AT,
    )
    seen = state.flow.version
    state.set_trade_size_rule(on=True)
    print_ = state.flow.prints[0]
    assert (print_["side"], print_["aggressor"], print_["rule"]) == (-1, 1, Rule.TSIZE)
    assert state.flow.contracts[0]["net_premium"] == -1.26 * 4 * 100 * 10_000
    assert list(state.flow.changed_since(seen, 6)) == [0]
    assert list(state.flow.seconds_changed_since(seen)) == [0]


@settings(max_examples=60, deadline=None)
@given(steps, st.data())
def test_going_back_and_forth_and_playing_on_brings_each_moment_again(drawn, data):
    events = events_of(drawn)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), min_size=2, max_size=5)))
    parts = [batch(*events[start:end]) for start, end in pairwise([0, *cuts, len(events)])]
    greeks_at = data.draw(st.integers(0, len(cuts)))

    def play(state: FlowEngine, number: int) -> None:
        if number == greeks_at:
            give_greeks(state, 10)
        state.apply(parts[number])

    state, moments, expected = engine(), [], []
    for number in range(len(parts)):
        play(state, number)
        moments.append(state.checkpoint())
        expected.append(engine())
        for part in range(number + 1):
            play(expected[-1], part)
    jumps = st.tuples(st.integers(0, len(parts) - 1), st.integers(0, 2), st.booleans())
    for place, further, by_size in data.draw(st.lists(jumps, max_size=12)):
        state.restore(moments[place])
        check_same(state, expected[place])
        if by_size:
            state.set_trade_size_rule(on=True)
            state.restore(moments[place])
        for number in range(place + 1, min(place + further + 1, len(parts))):
            play(state, number)
            check_same(state, expected[number])
        if by_size:
            state.set_trade_size_rule(on=True)


@settings(max_examples=30, deadline=None)
@given(steps, st.data())
def test_a_moment_of_one_rule_can_be_gone_back_to_under_the_other(drawn, data):
    events = events_of(drawn)
    cut = data.draw(st.integers(0, len(events)))
    state, fresh = engine(), engine(trade_size_rule=True)
    for each in (state, fresh):
        give_greeks(each, 0)
        each.apply(batch(*events[:cut]))
    past = state.checkpoint()
    state.set_trade_size_rule(on=True)
    state.apply(batch(*events[cut:]))
    state.restore(past)
    assert not state.flow.trade_size_rule
    state.set_trade_size_rule(on=True)
    check_same(state, fresh)


def test_a_recorded_choice_and_the_settings_of_its_time_are_taken():
    state = engine(Quote(0, 1.20, 1.26, bid_size=9, ask_size=4), Trade(5, 1.26, 4))
    apply_input(state, RuleChosen(trade_size=True))
    assert state.flow.prints[0]["rule"] == Rule.TSIZE
    apply_input(state, Started(3, Rules("model", trade_size=True, quote_lag_ms=20)))
    assert (state.greeks.preferred, state.flow.quote_lag_ms) == ("model", 20)
    apply_input(state, Started(3))
    assert (state.greeks.preferred, state.flow.quote_lag_ms) == ("model", 20)


@pytest.mark.parametrize(("lag_ms", "bid"), [(0, 1.22), (4, 1.22), (5, 1.20)])
def test_a_print_looks_past_quotes_within_the_lag(lag_ms, bid):
    state = engine()
    state.set_sources("vendor", lag_ms)
    state.apply(batch(Quote(0, 1.20, 1.26), Quote(95, 1.22, 1.28), Trade(100, 1.26)))
    assert state.flow.prints[0]["bid"] == round(bid * 10_000)
