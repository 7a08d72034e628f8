"""Price and greeks, against reference values and their own identities."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.analytics import black_scholes
from spymaster.analytics.black_scholes import YEAR_DAYS, YEAR_MINUTES, YEAR_SECONDS

from .vectors import rows

VECTORS = rows("greeks.csv")

spots = st.floats(100, 700)
moneyness = st.floats(0.97, 1.03)
years = st.floats(60 / YEAR_SECONDS, 23_400 / YEAR_SECONDS)
volatilities = st.floats(0.05, 1.0)
rates = st.floats(0.0, 0.08)


def greeks(is_call, *args):
    return black_scholes.Greeks(*(float(value) for value in black_scholes.greeks(is_call, *args)))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["id"])
def test_every_figure_is_that_of_sixty_digit_arithmetic(row):
    number = {name: float(row[name]) for name in row if name not in {"id", "cp", "iv_status"}}
    found = greeks(
        row["cp"] == "C", number["S"], number["K"], number["t_seconds"] / YEAR_SECONDS,
        number["sigma"], number["r"], number["q"],
    )  # fmt: skip
    expected = {
        "price": found.price, "delta": found.delta, "gamma": found.gamma,
        "vega_1": found.vega, "vega_pt": found.vega * black_scholes.VOLATILITY_POINT,
        "theta_year": found.theta, "theta_day": found.theta / YEAR_DAYS,
        "theta_min": found.theta / YEAR_MINUTES, "rho_1": found.rho,
        "vanna_1": found.vanna, "vanna_pt": found.vanna * black_scholes.VOLATILITY_POINT,
        "charm_year": found.charm, "charm_day": found.charm / YEAR_DAYS,
        "charm_min": found.charm / YEAR_MINUTES, "speed": found.speed,
        "color_year": found.color, "color_day": found.color / YEAR_DAYS, "vomma_1": found.vomma,
    }  # fmt: skip
    assert expected == pytest.approx({name: number[name] for name in expected}, rel=1e-8, abs=1e-10)


@settings(deadline=None)  # the first call compiles
@given(spots, moneyness, years, volatilities, rates, rates)
def test_call_and_put_differ_by_a_forward(spot, share, t, sigma, r, q):
    strike = spot * share
    call, put = (
        greeks(True, spot, strike, t, sigma, r, q),
        greeks(False, spot, strike, t, sigma, r, q),
    )
    discount, growth = math.exp(-r * t), math.exp(-q * t)
    assert call.price - put.price == pytest.approx(growth * spot - discount * strike, abs=1e-9)
    assert call.delta - put.delta == pytest.approx(growth, abs=1e-12)
    assert call.theta - put.theta == pytest.approx(
        q * spot * growth - r * strike * discount, rel=1e-9, abs=1e-8
    )
    assert call.charm - put.charm == pytest.approx(q * growth, rel=1e-9, abs=1e-8)
    for same in ("gamma", "vega", "vanna", "speed", "color", "vomma"):
        assert getattr(call, same) == getattr(put, same)


@settings(deadline=None)  # the first call compiles
@given(st.booleans(), spots, moneyness, years, volatilities, rates, rates)
def test_the_pricing_equation_holds(is_call, spot, share, t, sigma, r, q):
    found = greeks(is_call, spot, spot * share, t, sigma, r, q)
    parts = (
        found.theta,
        (r - q) * spot * found.delta,
        sigma**2 * spot**2 * found.gamma / 2,
        -r * found.price,
    )
    assert sum(parts) == pytest.approx(0, abs=1e-9 * max(1.0, *map(abs, parts)))


@settings(deadline=None)  # the first call compiles
@given(st.booleans(), spots, moneyness, years, volatilities)
def test_the_short_forms_are_the_long_ones_at_rate_zero(is_call, spot, share, t, sigma):
    found = greeks(is_call, spot, spot * share, t, sigma)
    delta, gamma = black_scholes.delta_and_gamma(is_call, spot, spot * share, t, sigma)
    assert (delta, gamma) == pytest.approx((found.delta, found.gamma), rel=1e-12, abs=1e-300)
    price = black_scholes.price_of(is_call, spot, spot * share, t, sigma)
    assert price == pytest.approx(found.price, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("is_call", "spot", "price", "delta"),
    [
        (True, 601.0, 1.0, 1.0),
        (True, 599.0, 0.0, 0.0),
        (True, 600.0, 0.0, 0.5),
        (False, 599.0, 1.0, -1.0),
        (False, 601.0, 0.0, 0.0),
        (False, 600.0, 0.0, -0.5),
    ],
)
@pytest.mark.parametrize("t", [0.0, -1e-6])
def test_at_expiry_only_intrinsic_value_is_left(is_call, spot, price, delta, t):
    assert greeks(is_call, spot, 600.0, t, 0.2, 0.04, 0.01) == (price, delta, *[0.0] * 9)


@pytest.mark.parametrize("place", range(6))
def test_an_unknown_input_gives_unknown_figures(place):
    inputs = [600.0, 600.0, 1e-3, 0.2, 0.04, 0.01]
    inputs[place] = math.nan
    assert np.isnan(greeks(True, *inputs)).all()


@pytest.mark.parametrize("volatility", [0.0, -0.1])
def test_without_volatility_nothing_is_known(volatility):
    assert np.isnan(greeks(True, 600.0, 600.0, 1e-3, volatility)).all()


def test_columns_and_single_values_go_together():
    strikes = [590.0, 600.0, 610.0]
    found = black_scholes.greeks([True, True, False], 600.0, strikes, 1e-3, 0.2)
    alone = [greeks(strike < 605, 600.0, strike, 1e-3, 0.2) for strike in strikes]
    assert np.array(found).T.tolist() == [list(each) for each in alone]
    assert len(black_scholes.greeks([], [], [], 1e-3, 0.2).price) == 0
