"""Expected move and pinning, against the analytics sheet, 3.5 and 3.6."""

import numpy as np
import pytest

from spymaster.analytics import expected_move
from spymaster.analytics.black_scholes import YEAR_SECONDS

from . import worked_chain as worked

ATM = 0.198725


def test_one_deviation_of_the_worked_chain():
    assert expected_move.deviation(worked.SPOT, ATM, worked.YEARS) == pytest.approx(1.802, abs=5e-4)


def test_the_straddle_is_centred_on_the_forward():
    straddle = expected_move.straddle_at_forward(worked.SPOT, ATM, worked.YEARS)
    assert straddle == pytest.approx(1.4381, abs=5e-5)
    deviation = expected_move.deviation(worked.SPOT, ATM, worked.YEARS)
    assert expected_move.deviation_of_straddle(straddle) == pytest.approx(deviation, rel=1e-5)


def test_what_a_straddle_amounts_to():
    assert expected_move.deviation_of_straddle(1.4607) == pytest.approx(1.831, abs=5e-4)
    assert expected_move.straddle_move(1.4607) == pytest.approx(1.242, abs=5e-4)


def test_the_chance_of_a_pin():
    deviation = expected_move.deviation(600.10, 0.15, 900 / YEAR_SECONDS)
    assert deviation == pytest.approx(0.481, abs=5e-4)
    found = expected_move.pin_probability(np.array([600.0]), 0.25, 600.10, deviation)
    assert found[0] == pytest.approx(0.389, abs=5e-4)


def test_half_steps_around_all_strikes_share_out_the_whole_chance():
    strikes = np.arange(590.0, 611.0)
    chances = expected_move.pin_probability(strikes, 0.5, 600.25, 1.8)
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)
    assert strikes[np.argmax(chances)] == 600.0


def test_a_magnet_is_gamma_at_stake_times_the_chance_of_ending_there():
    assert expected_move.magnet(np.array([8e6, 2e6]), np.array([0.25, 0.5])).tolist() == [2e6, 1e6]
