"""The smile and its skew, against the worked chain of the analytics sheet, 3.4, 4.2 and 4.6."""

import math

import numpy as np
import pytest

from spymaster.analytics import smile
from spymaster.analytics.black_scholes import YEAR_SECONDS, greeks

from . import worked_chain as worked


def skew(seconds=worked.SECONDS, strike=worked.STRIKES, volatility=worked.SMILE):
    return smile.skew_25_delta(strike, volatility, worked.SPOT, seconds / YEAR_SECONDS)


def quoted(bids, asks, strikes=(600.0,), forward=600.0, seconds=7_200):
    """Quotes of the out-of-the-money calls; there are none of puts."""
    none = np.full(len(strikes), np.nan)
    return smile.quoted_smile(
        np.array(strikes), np.array(bids), np.array(asks), none, none, forward,
        seconds / YEAR_SECONDS,
    )  # fmt: skip


def test_volatility_at_the_forward_lies_between_the_strikes_around_it():
    assert smile.at_forward(worked.STRIKES, worked.SMILE, 600.25) == pytest.approx(0.198725)
    assert smile.at_forward(worked.STRIKES, worked.SMILE, 601.0) == 0.1949


def test_unknown_strikes_are_passed_over_and_outside_of_the_known_there_is_none():
    gap = np.where(worked.STRIKES == 601, np.nan, worked.SMILE)
    assert smile.at_forward(worked.STRIKES, gap, 601.0) == pytest.approx((0.2 + 0.1916) / 2)
    for forward in (594.9, 605.1):
        assert math.isnan(smile.at_forward(worked.STRIKES, worked.SMILE, forward))
    assert math.isnan(smile.at_forward(worked.STRIKES, np.full(11, np.nan), 600.0))


def test_the_skew_of_the_worked_chain():
    found = skew()
    assert found.points.value == pytest.approx(1.373, abs=1e-3)
    assert found.normalised.value == pytest.approx(0.0691, abs=5e-5)


def test_there_is_no_skew_once_a_deviation_is_below_one_and_a_half_strikes():
    at_the_limit = (1.5 / (worked.SPOT * 0.198725)) ** 2 * YEAR_SECONDS
    assert skew(at_the_limit * 1.001).points.value is not None
    found = skew(at_the_limit * 0.999)
    assert found.points == found.normalised
    assert found.points.reason == "one standard deviation is below 1.5 strike steps"


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (worked.STRIKES >= 599, "the volatility of puts is not known as far as 25 delta"),
        (worked.STRIKES <= 601, "the volatility of calls is not known as far as 25 delta"),
        (worked.STRIKES > 601, "no volatility around spot"),
        (worked.STRIKES < 0, "no volatility around spot"),
    ],
)
def test_there_is_no_skew_beyond_the_known_strikes(kept, reason):
    assert skew(volatility=np.where(kept, worked.SMILE, np.nan)).points.reason == reason


@pytest.mark.parametrize(("spot", "step"), [(600.0, 1.0), (599.9, 1.0), (602.5, 5.0)])
def test_the_strike_step_is_that_around_spot(spot, step):
    assert smile.strike_step(np.array([599.0, 600.0, 601.0, 606.0]), spot) == step


@pytest.mark.parametrize("spot", [598.9, 606.0])
def test_outside_of_the_chain_there_is_no_strike_step(spot):
    assert math.isnan(smile.strike_step(np.array([599.0, 600.0, 606.0]), spot))


def test_moneyness_counts_deviations_from_the_forward():
    found = smile.moneyness(np.array([598.2, 600.0]), 600.0, 0.2, worked.YEARS)
    assert found.tolist() == pytest.approx([-0.994, 0.0], abs=1e-3)


def test_session_volatility_is_the_calendars_times_0_43242():
    assert pytest.approx(0.43242, abs=5e-6) == smile.SESSION_CLOCK
    assert pytest.approx(0.1297, abs=5e-5) == 0.30 * smile.SESSION_CLOCK


def test_bid_middle_and_ask_are_solved_on_the_out_of_the_money_side():
    years = worked.YEARS
    call = greeks(True, worked.SPOT, worked.STRIKES, years, worked.SMILE).price
    put = greeks(False, worked.SPOT, worked.STRIKES, years, worked.SMILE).price
    found = smile.quoted_smile(
        worked.STRIKES, call * 0.99, call * 1.01, put * 0.99, put * 1.01, worked.SPOT, years
    )
    assert found.is_call.tolist() == (worked.STRIKES >= worked.SPOT).tolist()
    assert found.mid == pytest.approx(worked.SMILE, rel=1e-9)
    assert (found.bid < found.mid).all()
    assert (found.ask > found.mid).all()
    near = np.abs(worked.STRIKES - worked.SPOT) < 4
    assert not found.doubtful[near].any()


def test_without_a_bid_the_ask_is_only_an_upper_bound():
    found = quoted([0.0], [0.05])
    assert math.isnan(found.bid[0])
    assert math.isnan(found.mid[0])
    assert found.ask[0] > 0
    assert found.doubtful[0]


@pytest.mark.parametrize(("bid", "ask"), [(0.5, 0.0), (0.5, np.nan), (np.nan, np.nan), (0.6, 0.5)])
def test_one_sided_crossed_and_absent_quotes_say_nothing(bid, ask):
    found = quoted([bid], [ask])
    assert np.isnan([found.bid, found.mid, found.ask]).all()
    assert found.doubtful[0]


def test_a_half_cent_still_solves_and_is_doubtful():
    strikes, none = np.array([599.0]), np.array([np.nan])
    found = smile.quoted_smile(
        strikes, none, none, np.array([0.004]), np.array([0.006]), 600.05, 120 / YEAR_SECONDS
    )
    assert found.mid[0] == pytest.approx(0.4572, abs=5e-5)
    assert found.doubtful[0]


@pytest.mark.parametrize(
    ("bid", "ask", "doubtful"), [(0.70, 0.72, False), (0.5, 0.95, True), (30.0, 30.1, True)]
)
def test_a_wide_band_and_an_absurd_volatility_are_doubtful(bid, ask, doubtful):
    assert bool(quoted([bid], [ask]).doubtful[0]) is doubtful
