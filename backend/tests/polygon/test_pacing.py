import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.clock import ManualClock
from spymaster.polygon.pacing import Backoff, RateLimit, Throttle


def test_waits_double_up_to_the_cap_and_start_over() -> None:
    backoff = Backoff(1.0, 30.0, random.Random(1))
    waits = [backoff.next_s() for _ in range(2_000)]
    assert all(min(30, 2.0**n) / 2 <= wait <= min(30, 2.0**n) for n, wait in enumerate(waits[:99]))
    assert 15 <= min(waits[99:]) <= max(waits) <= 30
    backoff.reset()
    assert backoff.next_s() <= 1
    assert backoff.next_s(least_s=5.0) == 5


@settings(max_examples=30)
@given(st.lists(st.floats(0, 0.5), min_size=300, max_size=300))
async def test_no_second_ever_sees_more_than_the_rate(pauses: list[float]) -> None:
    clock = ManualClock()
    passes = []

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    limit = RateLimit(100, 10, clock, sleep)
    for pause in pauses:
        clock.advance(pause if pause > 0.4 else 0.0)
        await limit.wait()
        passes.append(clock.monotonic_s())
    for place, moment in enumerate(passes[100:]):
        assert moment - passes[place] >= 1 - 1e-6


async def test_a_burst_passes_without_waiting() -> None:
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    limit = RateLimit(100, 10, ManualClock(), sleep)
    for _ in range(12):
        await limit.wait()
    assert waited == pytest.approx([1 / 90, 2 / 90])


@pytest.mark.parametrize("burst", [0, 100])
def test_a_burst_must_fit_the_rate(burst: int) -> None:
    with pytest.raises(ValueError, match="burst"):
        RateLimit(100, burst, ManualClock())


def test_a_repeated_message_passes_once_a_minute_with_its_count() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    assert [throttle.count() for _ in range(3)] == [1, 0, 0]
    clock.advance(60)
    assert throttle.count() == 3
