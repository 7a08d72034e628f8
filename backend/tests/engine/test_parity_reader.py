"""Which quotes spot is read from. Source: analytics sheet, sections 1.4 and 5."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.analytics.parity import Quality, from_quotes
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.market_second import estimate

from .builders import Quote, Trade, batch, engine, ns

STRIKES = (599.0, 600.0, 601.0)
FORWARD = 600.12


def pair(strike: float, ms: int, forward: float = FORWARD, put_ms: int | None = None):
    """Quotes of a call and a put, two cents wide, that agree on a forward."""
    number = 2 * STRIKES.index(strike)
    call = max(forward - strike, 0) + 0.6
    put = call - forward + strike
    return [
        Quote(ms, round(call - 0.01, 2), round(call + 0.01, 2), number),
        Quote(
            ms if put_ms is None else put_ms, round(put - 0.01, 2), round(put + 0.01, 2), number + 1
        ),
    ]


def chain(ms: int, forward: float = FORWARD):
    return [quote for strike in STRIKES for quote in pair(strike, ms, forward)]


def alive(*ms: int):
    """Prints that show that the feed has not fallen silent."""
    return [Trade(at, 0.6, contract=2) for at in ms]


def after(*events, strikes=STRIKES) -> FlowEngine:
    return engine(*sorted(events, key=lambda event: event.ms), strikes=strikes)


def read(state: FlowEngine, ms: int):
    columns = state._second()
    estimate(state.flow.store, columns, ns(ms))
    return state.spot.estimate


def test_a_chain_of_live_quotes():
    found = read(after(*chain(1000)), 2000)
    assert (found.strikes, found.quality) == (3, Quality.GOOD)
    assert found.price == pytest.approx(FORWARD)


def test_a_quote_is_firm_until_it_is_replaced():
    every_second = range(2000, 60_000, 1000)
    assert read(after(*chain(1000), *alive(*every_second)), 60_000).quality == Quality.GOOD


@pytest.mark.parametrize(("silence_ms", "quality"), [(2000, Quality.GOOD), (2001, Quality.STALE)])
def test_after_two_seconds_without_any_message_no_quote_holds(silence_ms, quality):
    assert read(after(*chain(1000)), 1000 + silence_ms).quality == quality


def test_after_a_silence_a_pair_must_be_of_one_moment():
    # The feed falls silent from second 2 to 8; then one leg of each of two strikes comes anew.
    calls = [pair(strike, 8000)[0] for strike in (599.0, 601.0)]
    state = after(*chain(1500), *alive(2000), *calls, *alive(8500, 9000))
    found = read(state, 9500)
    assert (found.strikes, found.quality) == (3, Quality.STALE)
    state.apply(batch(*[pair(strike, 9600)[1] for strike in (599.0, 601.0)], *alive(10_000)))
    found = read(state, 10_000)
    assert (found.strikes, found.quality) == (3, Quality.GOOD)


def test_without_a_silence_the_legs_may_be_of_different_times():
    events = [quote for strike in STRIKES for quote in pair(strike, 1000, put_ms=8000)]
    state = after(*events, *alive(*range(1500, 9000, 500)))
    assert read(state, 9000).quality == Quality.GOOD


def test_an_old_quote_does_not_hold_once_its_value_has_moved():
    # Ten seconds on, two strikes are quoted anew, 10 cents higher; the third is not.
    every_second = range(2000, 13_000, 1000)
    anew = [*pair(600.0, 12_000, FORWARD + 0.1), *pair(601.0, 12_000, FORWARD + 0.1)]
    state = after(*chain(1000), *alive(*every_second), *anew, *alive(13_000))
    assert not np.isnan(state.flow.contracts["delta"][:6]).any()
    assert read(state, 14_000).strikes == 2


def test_prints_serve_where_no_quotes_do():
    prints = [Trade(1000, 0.72, contract=2), Trade(1500, 0.60, contract=3)]
    found = read(after(*prints), 2000)
    assert (found.strikes, found.quality) == (1, Quality.PRINTS)
    assert found.price == pytest.approx(600.12)


def test_nothing_is_read_from_nothing():
    assert math.isnan(read(engine(strikes=()), 1000).price)
    assert math.isnan(read(engine(strikes=STRIKES), 1000).price)


@settings(deadline=None)  # the first example compiles
@given(
    st.lists(st.integers(400, 420), min_size=2, max_size=20, unique=True),
    st.floats(395.0, 425.0),
    st.randoms(use_true_random=False),
)
def test_strikes_out_of_reach_make_no_difference(strikes, last, random):
    """The reader looks at a part of the chain, and finds what the rule finds in the whole."""
    ordered = sorted(float(strike) for strike in strikes)
    bid = np.array([[random.randint(10, 300) / 100 for _ in ordered] for _ in "CP"])
    ask = np.round(bid + 0.02, 2)
    events = [
        Quote(1000, float(bid[right, k]), float(ask[right, k]), 2 * k + right)
        for k in range(len(ordered))
        for right in range(2)
    ]
    state = engine(*events, strikes=ordered)
    state.spot.records["parity"] = last
    whole = from_quotes(np.array(ordered), bid[0], ask[0], bid[1], ask[1], last)
    found = read(state, 1500)
    assert (found.strikes, found.price) == (whole.strikes, pytest.approx(whole.price))
