"""How shares and errors are summed up."""

import numpy as np
import pytest

from spymaster.scorecard.figures import Errors, errors_of, signing, wilson


@pytest.mark.parametrize(
    ("right", "count", "expected"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_intervals_are_those_of_the_literature(right, count, expected):
    assert wilson(right, count) == pytest.approx(expected, abs=5e-5)


def test_nothing_has_no_interval():
    assert wilson(0, 0) is None


def test_errors_of_either_sign_count_by_size_and_unknown_ones_apart():
    assert errors_of(np.array([-3.0, 1.0, np.nan, 2.0])) == Errors(3, 1, 2.0, 2.98, 3.0)
    assert errors_of(np.array([np.nan])) == Errors(0, 1, None, None, None)


def test_a_line_scores_the_chosen_prints_by_count_and_by_premium():
    line = signing(
        "some",
        np.array([True, True, True, False]),
        np.array([1, -1, 0, 1], np.int8),
        np.array([1, 1, 1, 1], np.int8),
        np.array([10.0, 30.0, 40.0, 20.0]),
        np.array([0.7, 0.5, 0.5, 0.9]),
    )
    assert (line.prints, line.share, line.premium_share, line.signed) == (3, 0.75, 0.8, 2)
    assert (line.right, line.right_by_premium) == (0.5, 0.25)
    assert line.right_of_all == 0.5
    assert line.claimed == pytest.approx(0.6)


def test_a_rule_that_signed_nothing_has_no_accuracy():
    side = np.array([0, 0], np.int8)
    line = signing("none", side == 0, side, side + 1, np.array([1.0, 1.0]))
    assert (line.right, line.right_low, line.right_by_premium) == (None, None, None)
    assert line.right_of_all == 0.5
