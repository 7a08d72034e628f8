import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.latency import BOUNDS_MS, WINDOW_S, LatencyHistogram, bounds_beyond

durations = st.lists(st.floats(0.0, 9_000.0), min_size=1, max_size=200)


@given(durations, st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_the_upper_end_of_its_bucket(values: list[float], share: float) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.add(value, 1.0)
    exact = float(np.quantile(values, share, method="inverted_cdf"))
    ends = [bound for bound in BOUNDS_MS if bound >= exact] or [max(values)]
    assert histogram.recent_quantile_ms(share, 1.0) == pytest.approx(ends[0])


@given(durations)
def test_everything_is_counted_once(values: list[float]) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.add(value, 0.0)
    assert sum(histogram.counts) == len(values)
    assert histogram.sum_ms == pytest.approx(sum(values))
    assert histogram.longest_ms == max(values)


def test_what_is_older_than_the_window_is_let_go_and_stays_in_the_sums() -> None:
    histogram = LatencyHistogram()
    histogram.add(100.0, 10.0)
    histogram.add(1.0, WINDOW_S / 2 + 1)
    assert histogram.recent_quantile_ms(0.99, WINDOW_S / 2 + 2) == 100.0
    assert histogram.recent_quantile_ms(0.99, WINDOW_S + 1) == 1.0
    assert histogram.recent_quantile_ms(0.99, 3 * WINDOW_S) is None
    assert sum(histogram.counts) == 2


def test_a_clock_that_goes_back_in_a_duration_counts_as_nothing() -> None:
    histogram = LatencyHistogram()
    histogram.add(-5.0, 0.0)
    assert histogram.recent_quantile_ms(1.0, 0.0) == BOUNDS_MS[0]


def test_a_wait_that_is_part_of_it_has_fine_buckets_behind_it() -> None:
    times = LatencyHistogram(bounds_beyond(250.0))
    times.add(254.0, 0.0)
    assert times.recent_quantile_ms(0.99, 0.0) == 255.0
    assert len(times.counts) == len(times.bounds_ms) + 1
