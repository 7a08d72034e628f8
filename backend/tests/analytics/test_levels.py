"""Walls, max pain and ratios, against the worked chain of the analytics sheet, 3.4."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.analytics import levels
from spymaster.analytics.exposure import dealer_positions, exposures_of_one
from spymaster.analytics.finding import Finding

from . import worked_chain as worked

NET = worked.by_strike(
    dealer_positions("A", worked.IS_CALL, worked.OPEN_INTEREST, worked.customers())
    * exposures_of_one(
        worked.IS_CALL, worked.STRIKE, worked.VOLATILITY, worked.MULTIPLIER,
        worked.SPOT, worked.YEARS,
    ).gex
)  # fmt: skip
STRIKES = np.array([599.0, 600.0, 601.0])


def test_the_walls_of_the_worked_chain():
    assert levels.call_wall(worked.STRIKES, NET, worked.SPOT) == Finding(602.0)
    assert levels.put_wall(worked.STRIKES, -NET, worked.SPOT) == Finding(598.0)


def test_the_open_interest_walls_of_the_worked_chain():
    assert levels.call_wall(worked.STRIKES, worked.CALL_INTEREST, worked.SPOT).value == 602.0
    assert levels.put_wall(worked.STRIKES, worked.PUT_INTEREST, worked.SPOT).value == 595.0


@pytest.mark.parametrize(
    ("strengths", "wall"), [((100, 109), 600.0), ((100, 110), 600.0), ((100, 111), 601.0)]
)
def test_a_wall_moves_only_to_a_strike_a_tenth_stronger(strengths, wall):
    strength = np.array([0.0, *strengths])
    assert levels.call_wall(STRIKES, strength, 599.5, previous=600.0).value == wall
    mirrored = levels.put_wall(-STRIKES[::-1], strength[::-1], -599.5, previous=-600.0)
    assert mirrored.value == -wall


@pytest.mark.parametrize("previous", [599.0, 605.0, None])
def test_a_wall_that_spot_has_passed_or_nobody_lists_holds_nothing(previous):
    strength = np.array([500.0, 100.0, 101.0])
    assert levels.call_wall(STRIKES, strength, 599.5, previous=previous).value == 601.0


def test_a_wall_that_lost_its_sign_is_left():
    assert levels.call_wall(STRIKES, np.array([0, -5.0, 1.0]), 599.5, 600.0).value == 601.0


def test_of_equal_strikes_the_one_nearer_to_spot_is_the_wall():
    strength = np.array([5.0, 5.0, 5.0])
    assert levels.call_wall(STRIKES, strength, 599.5).value == 600.0
    assert levels.put_wall(STRIKES, strength, 600.5).value == 600.0


@pytest.mark.parametrize("strength", [[9.0, -1.0, -1.0], [9.0, 0.0, np.nan], [9e7, 4e-11, 0.0]])
def test_without_any_there_is_no_wall_and_it_says_so(strength):
    found = levels.call_wall(STRIKES, np.array(strength), 599.5)
    assert found == Finding(None, "no strike at or above spot qualifies")
    found = levels.put_wall(STRIKES, np.array(strength)[::-1], 600.5)
    assert found == Finding(None, "no strike at or below spot qualifies")


def test_max_pain_of_the_worked_chain():
    calls, puts = 100 * worked.CALL_INTEREST, 100 * worked.PUT_INTEREST
    assert levels.max_pain(worked.STRIKES, calls, puts, worked.SPOT) == Finding(600.0)
    pain = levels.pains(worked.STRIKES, calls, puts)[4:7]
    assert pain.tolist() == [2_570_000, 2_030_000, 3_050_000]


@pytest.mark.parametrize(("spot", "strike"), [(599.4, 599.0), (600.6, 601.0), (600.1, 600.0)])
def test_of_strikes_with_the_same_pain_the_nearer_one_is_told(spot, strike):
    calls, puts = np.array([10.0, 0, 0]), np.array([0, 0, 10.0])
    assert levels.max_pain(STRIKES, calls, puts, spot).value == strike


def test_max_pain_needs_open_interest():
    unknown = np.full(3, np.nan)
    assert levels.max_pain(STRIKES, unknown, unknown, 600.0).reason == "open interest is not known"


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=3, max_size=3))
def test_pain_is_what_the_options_would_pay(interest):
    calls, puts = (np.array(side, dtype=float) for side in zip(*interest, strict=True))
    for place, end in enumerate(STRIKES):
        paid = sum(
            c * max(end - k, 0) + p * max(k - end, 0)
            for k, c, p in zip(STRIKES, calls, puts, strict=True)
        )
        assert levels.pains(STRIKES, calls, puts)[place] == pytest.approx(paid)


def test_ratios_and_when_there_is_none():
    interest = levels.put_call_ratio(
        worked.PUT_INTEREST.sum(), worked.CALL_INTEREST.sum(), "open interest"
    )
    assert interest.value == pytest.approx(1.0702, abs=5e-5)
    assert levels.put_call_ratio(5, 0, "volume") == Finding(None, "no volume of calls")
    assert levels.put_call_ratio(0, 5, "volume") == Finding(0.0)
