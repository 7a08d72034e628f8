"""Implied volatility, against reference values and as the inverse of the price."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.analytics.black_scholes import YEAR_SECONDS, greeks
from spymaster.analytics.implied_vol import Status, _deviation, implied_volatility, refine

from .vectors import rows


def solved(is_call, *args):
    volatility, status = implied_volatility(is_call, *args)
    return float(volatility), Status(int(status))


def _arguments(row):
    years = float(row["t_seconds"]) / YEAR_SECONDS
    market = (float(row["S"]), float(row["K"]), years, float(row["price"]))
    return row["cp"] == "C", *market, float(row["r"]), float(row["q"])


@pytest.mark.parametrize("row", rows("iv.csv"), ids=lambda row: row["id"])
def test_market_prices_solve_or_say_why_not(row):
    volatility, status = solved(*_arguments(row))
    assert status.name == row["status"]
    if row["iv"]:
        assert volatility == pytest.approx(float(row["iv"]), rel=1e-8)
    else:
        assert math.isnan(volatility)


@pytest.mark.parametrize("row", rows("greeks.csv"), ids=lambda row: row["id"])
def test_model_prices_give_their_volatility_back(row):
    volatility, status = solved(*_arguments(row))
    if row["iv_status"] == "ok":
        assert (status, volatility) == (Status.OK, pytest.approx(float(row["iv"]), rel=1e-8))


@settings(deadline=None)  # the first call compiles
@given(
    st.booleans(),
    st.floats(100, 700),
    st.floats(-6, 6),
    st.floats(1, 23_400),
    st.floats(0.03, 3.0),
)
def test_it_is_the_inverse_of_the_price(is_call, spot, deviations, seconds, sigma):
    years = seconds / YEAR_SECONDS
    strike = spot * math.exp(
        (abs(deviations) if is_call else -abs(deviations)) * sigma * years**0.5
    )
    price = float(greeks(is_call, spot, strike, years, sigma).price)
    volatility, status = solved(is_call, spot, strike, years, price)
    if price > 1e-8:  # below it the price is itself lost to rounding
        assert (status, volatility) == (Status.OK, pytest.approx(sigma, rel=1e-6))


@settings(deadline=None)  # the first call compiles
@given(st.floats(-0.7, 0), st.floats(1e-300, 0.5))
def test_every_price_within_bounds_is_solved(x, beta):
    found = _deviation(x, min(beta, 0.99 * math.exp(x / 2)))
    assert 0 < found < 40


@settings(deadline=None)  # the first call compiles
@given(st.floats(1e-6, 0.6), st.floats(-290, -2))
def test_prices_as_small_as_numbers_get_have_a_volatility(distance, exponent):
    """What was solved must lie between neighbours that solve to less and to more."""
    at = _deviation(-distance, 10.0**exponent)
    below, above = (_deviation(-distance, 10.0**exponent * share) for share in (0.999, 1.001))
    assert below < at < above


def test_a_deep_price_without_time_value_left_does_not_crash():
    for row in rows("greeks.csv"):
        if row["iv_status"] == "ill":
            volatility, status = solved(*_arguments(row))
            assert (status == Status.OK) != math.isnan(volatility)


@pytest.mark.parametrize("place", range(6))
def test_an_unknown_input_has_no_volatility(place):
    inputs = [600.0, 600.0, 1e-3, 1.0, 0.04, 0.01]
    inputs[place] = math.nan
    volatility, status = solved(True, *inputs)
    assert math.isnan(volatility)
    assert status == Status.UNKNOWN


def test_columns_and_single_values_go_together():
    volatility, status = implied_volatility([True, False], 600.0, [600.0, 599.0], 1e-3, [1.0, -1.0])
    assert status.tolist() == [Status.OK, Status.NON_POSITIVE]
    assert np.isnan(volatility).tolist() == [False, True]
    assert len(implied_volatility([], [], [], 1e-3, [])[0]) == 0


@settings(deadline=None)  # the first call compiles
@given(st.floats(590, 610), st.floats(60, 23_400), st.floats(0.005, 3.0), st.floats(0.5, 2.0))
def test_a_guess_leads_to_the_same_volatility(strike, seconds, price, off):
    years = seconds / YEAR_SECONDS
    volatility, _ = solved(strike >= 600.1, 600.1, strike, years, price)
    for guess in (off * volatility, math.nan):
        assert refine(600.1, strike, years, price, guess) == pytest.approx(volatility, rel=1e-7)
