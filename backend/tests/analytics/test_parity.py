"""Spot from put-call parity. Source: analytics sheet, section 5."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.analytics.parity import NO_ESTIMATE, Quality, from_prints, from_quotes

STRIKES = np.array([598.0, 599.0, 600.0, 601.0, 602.0])
CALL_BID = np.array([2.24, 1.43, 0.78, 0.34, 0.12])
CALL_ASK = np.array([2.28, 1.45, 0.79, 0.36, 0.13])
PUT_BID = np.array([0.13, 0.31, 0.66, 1.22, 1.98])
PUT_ASK = np.array([0.14, 0.32, 0.67, 1.24, 2.02])


def with_row(values, row, value):
    changed = values.copy()
    changed[row] = value
    return changed


def worked_example(call_bid=CALL_BID, call_ask=CALL_ASK, last=math.nan):
    return from_quotes(STRIKES, call_bid, call_ask, PUT_BID, PUT_ASK, last)


@pytest.mark.parametrize("last", [math.nan, 600.10, 598.0])
def test_the_worked_example_of_the_sheet(last):
    estimate = worked_example(last=last)
    assert round(estimate.price, 4) == 600.1217
    assert (estimate.strikes, estimate.quality) == (5, Quality.GOOD)


def test_a_stale_leg_is_dropped_and_flagged():
    estimate = worked_example(with_row(CALL_BID, 3, 0.42), with_row(CALL_ASK, 3, 0.44))
    assert round(estimate.price, 4) == 600.1219
    assert (estimate.strikes, estimate.quality) == (4, Quality.CROSSED)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (600.18, 600.13)


def test_the_interval_that_allows_no_arbitrage():
    estimate = worked_example()
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (600.11, 600.13)


def live(*hold):
    return from_quotes(
        STRIKES, CALL_BID, CALL_ASK, PUT_BID, PUT_ASK, math.nan, np.array(hold, dtype=np.bool_)
    )


def test_quotes_that_may_no_longer_hold_are_left_out():
    estimate = live(True, False, True, True, False)
    assert (estimate.strikes, estimate.quality) == (3, Quality.GOOD)


def test_they_serve_where_fewer_than_two_strikes_hold():
    estimate = live(False, False, True, False, False)
    assert (estimate.strikes, estimate.quality) == (5, Quality.STALE)
    assert round(estimate.price, 4) == 600.1217


@pytest.mark.parametrize(("bid", "quality"), [(0.37, Quality.GOOD), (0.38, Quality.CROSSED)])
def test_quality_falls_where_the_lowest_ask_is_below_the_highest_bid(bid, quality):
    # The interval is [600.11, 600.13]; a bid of 0.38 lifts its lower end to 600.14.
    assert (
        worked_example(with_row(CALL_BID, 3, bid), with_row(CALL_ASK, 3, 0.39)).quality == quality
    )


def test_one_strike_is_not_enough():
    one_sided = np.array([0.0, np.nan, 0.78, 0.0, np.nan])
    assert worked_example(call_bid=one_sided).strikes == 0


def test_no_strikes_give_no_estimate():
    nothing = np.empty(0)
    assert from_quotes(nothing, nothing, nothing, nothing, nothing, math.nan) is NO_ESTIMATE


@pytest.mark.parametrize("ask", [0.78, 0.70, 0.0, math.nan])
def test_a_leg_that_is_locked_crossed_or_one_sided_is_left_out(ask):
    estimate = worked_example(call_ask=with_row(CALL_ASK, 2, ask))
    assert estimate.strikes == 4
    assert estimate.price == pytest.approx(600.123, abs=0.005)


def test_wide_quotes_serve_only_where_tight_ones_do_not():
    wide = from_quotes(
        STRIKES, CALL_BID - 0.08, CALL_ASK + 0.08, PUT_BID - 0.08, PUT_ASK + 0.08, math.nan
    )
    assert wide.quality == Quality.WIDE
    assert wide.price == pytest.approx(600.123, abs=0.02)
    one_wide = worked_example(with_row(CALL_BID, 3, 0.20), with_row(CALL_ASK, 3, 0.70))
    assert (one_wide.strikes, one_wide.quality) == (4, Quality.GOOD)


def test_strikes_far_from_the_last_estimate_are_left_out():
    strikes = np.arange(590.0, 611.0)
    call = np.maximum(600.0 - strikes, 0) + 0.5
    put = np.maximum(strikes - 600.0, 0) + 0.5
    estimate = from_quotes(strikes, call - 0.01, call + 0.01, put - 0.01, put + 0.01, 600.0)
    assert estimate.strikes == 7
    assert estimate.price == pytest.approx(600.0)


def _market(forward: float, volatility: float, half_spreads: list[int]):
    """Quotes in whole cents around fair values that agree on the forward."""
    strikes = np.round(forward) + np.arange(-3.0, 4.0)
    time_value = volatility * np.exp(-(((strikes - forward) / (2 * volatility)) ** 2)) + 0.03
    half = np.array(half_spreads) / 100
    call, put = np.maximum(forward - strikes, 0), np.maximum(strikes - forward, 0)
    sides = []
    for value in (call + time_value, put + time_value):
        middle = np.round(value * 100) / 100
        sides += [np.maximum(middle - half, 0.01), middle + half]
    return strikes, sides


markets = st.tuples(
    st.floats(400.0, 700.0),
    st.floats(0.5, 2.0),
    st.lists(st.integers(1, 2), min_size=7, max_size=7),
)


@given(markets)
def test_penny_rounding_costs_less_than_a_cent(market):
    strikes, sides = _market(*market)
    estimate = from_quotes(strikes, *sides, math.nan)
    assert estimate.strikes >= 2
    assert abs(estimate.price - market[0]) < 0.01


@given(markets, st.integers(0, 6), st.integers(0, 3), st.sampled_from([-50, -20, -8, 8, 20, 50]))
def test_one_stale_leg_changes_little(market, row, leg, cents):
    strikes, sides = _market(*market)
    first = 2 * (leg // 2)
    for side in (first, first + 1):
        sides[side] = with_row(sides[side], row, sides[side][row] + cents / 100)
    estimate = from_quotes(strikes, *sides, math.nan)
    assert abs(estimate.price - market[0]) < 0.012


@given(markets)
def test_the_estimate_starts_anew_as_it_goes_on(market):
    strikes, sides = _market(*market)
    first = from_quotes(strikes, *sides, math.nan)
    assert from_quotes(strikes, *sides, first.price).price == pytest.approx(first.price, abs=0.01)


def prints(call, put, call_age, put_age, last=math.nan):
    strikes = np.array([599.0, 600.0, 601.0])
    columns = [np.array(column, dtype=np.float64) for column in (call, put, call_age, put_age)]
    return from_prints(strikes, *columns, last)


NAN = math.nan


def test_last_prices_of_both_legs_tell_the_forward():
    estimate = prints([1.9, 1.2, 0.7], [0.4, 0.7, 1.2], [0, 0, 0], [0, 0, 0])
    assert estimate.price == pytest.approx(600.5)
    assert (estimate.strikes, estimate.quality) == (3, Quality.PRINTS)


def test_one_pair_of_prints_is_enough():
    assert prints([NAN, 1.2, NAN], [0.4, 0.7, NAN], [0] * 3, [0] * 3).price == pytest.approx(600.5)


@pytest.mark.parametrize(("age", "strikes"), [(300.0, 1), (300.1, 0)])
def test_prints_older_than_five_minutes_are_not_used(age, strikes):
    assert prints([NAN, 1.2, NAN], [NAN, 0.7, NAN], [0] * 3, [age] * 3).strikes == strikes


def test_a_leg_that_never_printed_gives_nothing():
    assert prints([1.9, NAN, 0.7], [NAN, 0.7, NAN], [0] * 3, [0] * 3) is NO_ESTIMATE


def test_young_pairs_count_for_more():
    estimate = prints([NAN, 1.2, 0.7], [NAN, 0.7, 1.1], [0, 0, 200], [0, 0, 200])
    assert 600.5 < estimate.price < 600.51
