"""The vendor's clock, against its own published sample. Source: analytics sheet, 4.7."""

import math

import numpy as np
import pytest

from spymaster.analytics import vendor_clock
from spymaster.analytics.black_scholes import YEAR_SECONDS, greeks

SPOT, DELTA, GAMMA, VEGA, VOLATILITY = 4_483.78, 0.17472, 0.015204, 0.38594, 0.11856


def test_the_published_sample_is_priced_to_midnight_and_not_to_the_close():
    hours = vendor_clock.hours_left(
        np.array([VEGA]), np.array([GAMMA]), np.array([VOLATILITY]), SPOT
    )
    assert hours[0] == pytest.approx(9.33, abs=5e-3)


def test_delta_and_gamma_of_the_sample_tell_nearly_the_same_without_vega():
    deviation = vendor_clock.total_deviation(np.array([DELTA]), np.array([GAMMA]), SPOT)[0]
    assert (deviation / VOLATILITY) ** 2 * 8_760 == pytest.approx(8.9, abs=0.05)


@pytest.mark.parametrize("missing", range(3))
@pytest.mark.parametrize("value", [math.nan, 0.0])
def test_greeks_that_are_missing_tell_no_time(missing, value):
    columns = [np.array([VEGA]), np.array([GAMMA]), np.array([VOLATILITY])]
    columns[missing] = np.array([value])
    assert math.isnan(vendor_clock.hours_left(*columns, SPOT)[0])


def test_total_deviation_is_that_of_the_model_on_both_sides():
    strikes, years, volatility = np.arange(594.0, 607.0), 7_200 / YEAR_SECONDS, 0.2
    for is_call in (True, False):
        found = greeks(is_call, 600.3, strikes, years, volatility)
        deviation = vendor_clock.total_deviation(found.delta, found.gamma, 600.3)
        told = ~np.isnan(deviation)
        assert told.sum() >= 10
        assert deviation[told] == pytest.approx(volatility * math.sqrt(years), rel=1e-9)


@pytest.mark.parametrize(
    ("delta", "gamma"), [(math.nan, 0.1), (0.5, math.nan), (0.0, 0.1), (-1.0, 0.1), (0.5, 0.0)]
)
def test_a_delta_that_tells_no_strike_tells_no_deviation(delta, gamma):
    found = vendor_clock.total_deviation(np.array([delta]), np.array([gamma]), 600.0)
    assert math.isnan(found[0])
