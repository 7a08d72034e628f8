"""What stands out in flow. Source: analytics sheet, section 7."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.analytics import signals

HISTORY = np.array([[1.8, 2.2, -0.6, 0.9, 1.5, -1.1, 0.4, 2.0, -0.2, 1.1]])
CUMULATIVE = np.array([0, 1.2, 2.0, 4.5, 4.1])
FLOW = np.diff(CUMULATIVE)
NAN = math.nan


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_the_z_scores_of_the_sheet():
    assert signals.z_score(column(6.5), HISTORY) == pytest.approx([4.995], abs=5e-4)
    assert signals.robust_z(column(6.5), HISTORY) == pytest.approx([4.122], abs=5e-4)


def test_velocity_and_acceleration_of_the_sheet():
    assert signals.velocity(FLOW, 10) == pytest.approx([0.12, 0.08, 0.25, -0.04])
    assert signals.acceleration(FLOW, 10) == pytest.approx([-0.004, 0.017, -0.029])


def test_the_moving_average_of_the_sheet():
    assert signals._alpha(10, 60) == pytest.approx(0.109101, abs=5e-7)
    assert signals.smoothed(FLOW, 10)[-1] == pytest.approx(0.361205, abs=5e-7)


def test_the_vwap_of_the_sheet():
    assert signals.premium_vwap(column(1.25, 1.27, 1.30), column(10, 40, 50)) == pytest.approx(
        1.283
    )


def test_the_divergence_of_the_sheet():
    direction, strength = signals.divergences(column(1.3), column(-1.6))
    assert (direction.tolist(), strength.tolist()) == ([-1], [1.3])


def test_without_volume_open_interest_or_premium_a_ratio_is_unknown():
    nothing = column()
    assert math.isnan(signals.premium_vwap(nothing, nothing))
    assert math.isnan(signals.premium_weighted_strike(column(600.0), column(0.0)))
    found = signals.volume_to_open_interest(column(50, 50, 50), column(200, 0, NAN))
    assert np.array_equal(found, [0.25, NAN, NAN], equal_nan=True)


def test_premium_is_centred_on_the_strike_that_took_most_of_it():
    assert signals.premium_weighted_strike(column(600, 604), column(3000, 1000)) == 601.0


@pytest.mark.parametrize("score", [signals.z_score, signals.robust_z])
@pytest.mark.parametrize("history", [[[2.0] * 12], [[NAN] * 12], [[]]])
def test_a_history_without_deviation_scores_nothing(score, history):
    assert np.isnan(score(column(3.0), np.array(history, dtype=np.float64))).all()


@pytest.mark.parametrize("score", [signals.z_score, signals.robust_z])
def test_sessions_that_lack_a_minute_are_passed_over(score):
    with_holes = np.column_stack([HISTORY, [[NAN, NAN]]])
    assert score(column(6.5), with_holes) == pytest.approx(score(column(6.5), HISTORY))


def test_nine_sessions_are_too_few_and_today_tells_what_is_usual():
    values = np.random.default_rng(1).normal(size=40)
    history = np.random.default_rng(2).normal(size=(40, 20))
    by_sessions = signals.standardised(values, 10, history)
    assert np.array_equal(by_sessions[0], signals.z_score(values, history))
    assert np.array_equal(by_sessions[1], signals.robust_z(values, history))
    by_today = signals.standardised(values, 10, history[:, :9])
    assert np.array_equal(by_today[0], signals.z_of_today(values, 10), equal_nan=True)
    assert np.isnan(by_today[0][:30]).all()
    assert np.isfinite(by_today[0][30:]).all()
    assert np.isnan(by_today[1][:30]).all()


def test_only_the_last_twenty_sessions_count():
    history = np.column_stack([np.full((1, 5), 1e6), HISTORY, HISTORY])
    assert signals.standardised(column(6.5), 10, history)[1] == pytest.approx([4.122], abs=5e-4)


def test_a_bar_is_not_held_against_itself():
    values = np.append(np.tile([1.0, -1.0], 20), 100.0)
    assert signals.z_of_today(values, 10)[-1] == pytest.approx(100, rel=0.05)
    values = np.append(np.tile([1.0, -1.0, 0.5, 0.0], 10), 100.0)
    assert signals.robust_z_of_today(values, 10)[-1] > 30


def test_half_a_life_ago_counts_half():
    mean, _ = signals._running(column(0.0, 3.0, 9.0), 0.5, 2)
    assert mean[2] == pytest.approx((0.0 * 0.5 + 3.0) / 1.5)


def test_a_day_that_stands_still_scores_nothing():
    still = np.full(60, 0.1)
    for score in (signals.z_of_today, signals.robust_z_of_today):
        assert np.isnan(score(still, 10)).all()


@pytest.mark.parametrize(
    ("prints", "usual", "burst"),
    [(20, 4, True), (20, 4.1, False), (19, 1, False), (20, 0, True), (500, NAN, False)],
)
def test_a_burst_is_five_times_the_usual_and_twenty_prints(prints, usual, burst):
    assert signals.bursts(column(prints), column(usual)).tolist() == [burst]


def test_a_divergence_is_told_once_until_one_of_the_two_came_back():
    spot = column(1.3, 1.5, 0.9, 1.4, 0.5, 1.2, NAN, -1.1)
    pressure = column(-1.6, -1.2, -1.1, -1.3, -1.3, -1.1, -1.1, 1.4)
    direction, strength = signals.divergences(spot, pressure)
    assert direction.tolist() == [-1, 0, 0, 0, 0, -1, 0, 0]
    assert strength[5] == 1.1
    assert signals.divergences(-spot, -pressure).direction.tolist() == [1, 0, 0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(("spot", "pressure"), [(1.0, -1.6), (1.3, 1.6), (NAN, -2.0), (2.0, 0.0)])
def test_no_divergence_where_either_stays_near_or_both_agree(spot, pressure):
    assert signals.divergences(column(spot), column(pressure)).direction.tolist() == [0]


def test_change_over_bars():
    found = signals.change_over(column(1, 2, 4, 8), 2)
    assert np.array_equal(found, [NAN, NAN, 3, 6], equal_nan=True)
    assert np.isnan(signals.change_over(column(1, 2), 2)).all()


days = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=31, max_size=80).map(
    np.array
)


@settings(deadline=None)
@given(days, st.floats(0.1, 100.0), st.floats(-1e6, 1e6))
def test_scores_do_not_depend_on_unit_or_level(values, unit, level):
    for score in (signals.z_of_today, signals.robust_z_of_today):
        found = score(values, 10)
        moved = score(values * unit + level, 10)
        known = np.isfinite(found) & np.isfinite(moved)
        assert moved[known] == pytest.approx(found[known], rel=1e-3, abs=1e-3)


@settings(deadline=None)
@given(days, st.integers(31, 79))
def test_what_comes_later_changes_no_score(values, until):
    for score in (signals.z_of_today, signals.robust_z_of_today):
        whole, part = score(values, 10), score(values[:until], 10)
        assert np.array_equal(whole[:until], part, equal_nan=True)


@settings(deadline=None)
@given(days)
def test_a_running_deviation_is_that_of_numpy_without_ageing(values):
    mean, deviation = signals._running(values, 0.0, 1)
    last = len(values) - 1
    assert mean[last] == pytest.approx(values[:-1].mean(), rel=1e-9, abs=1e-6)
    assert deviation[last] == pytest.approx(values[:-1].std(), rel=1e-6, abs=1e-3)


@settings(deadline=None)
@given(days)
def test_a_smoothed_flow_stays_between_its_start_and_what_it_has_seen(values):
    found = signals.smoothed(values, 10)
    assert (found <= np.maximum.accumulate(np.maximum(values, 0)) + 1e-6).all()
    assert (found >= np.minimum.accumulate(np.minimum(values, 0)) - 1e-6).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=50))
def test_between_two_divergences_something_came_back(rows):
    spot, pressure = np.array(rows).T
    found = np.flatnonzero(signals.divergences(spot, pressure).direction)
    for first, second in itertools.pairwise(found):
        between = slice(first + 1, second)
        assert (np.minimum(np.abs(spot), np.abs(pressure))[between] <= 0.5).any()
