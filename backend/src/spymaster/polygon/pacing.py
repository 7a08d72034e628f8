"""How long to wait, and how often to speak.

Waits double from attempt to attempt up to a cap, and each is shortened by a random part of up to
one half, so that many clients cut off together do not come back together.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from spymaster.core.clock import Clock

type Sleep = Callable[[float], Awaitable[object]]
"""Waits that many seconds; tests pass one that only writes down what it was asked."""

_MAX_DOUBLINGS = 30


class Backoff:
    """Growing waits between attempts."""

    def __init__(self, first_s: float, most_s: float, rng: random.Random) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._rng = rng
        self._attempts = 0

    def next_s(self, least_s: float = 0.0) -> float:
        """The next wait, and not less than ``least_s``."""
        full = min(self._most_s, self._first_s * 2.0 ** min(self._attempts, _MAX_DOUBLINGS))
        self._attempts += 1
        return max(least_s, full * self._rng.uniform(0.5, 1.0))

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._attempts = 0


class RateLimit:
    """At most ``rate`` passes in any second, and no more than ``burst`` of them at once.

    A bucket of ``burst`` tokens refilled at ``rate - burst`` a second, so that even a second that
    begins with a full bucket keeps within the rate.
    """

    def __init__(self, rate: float, burst: int, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        if not 0 < burst < rate:
            raise ValueError(f"burst must lie between 0 and the rate of {rate}, not {burst}")
        self._refill = rate - burst
        self._burst = float(burst)
        self._tokens = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._filled_s = clock.monotonic_s()

    async def wait(self) -> None:
        """Wait for a turn; turns are given in the order of asking."""
        now = self._clock.monotonic_s()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_s) * self._refill)
        self._filled_s = now
        self._tokens -= 1  # below zero: a turn promised, and paid for by waiting
        if self._tokens < 0:
            await self._sleep(-self._tokens / self._refill)


class Throttle:
    """Lets a repeated message through at most once a minute, with how many it stands for."""

    def __init__(self, clock: Clock, interval_s: float = 60.0) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._next_s: float | None = None
        self._count = 0

    def count(self) -> int:
        """Count one more; returns how many to report now, 0 for silence."""
        self._count += 1
        now = self._clock.monotonic_s()
        if self._next_s is not None and now < self._next_s:
            return 0
        self._next_s = now + self._interval_s
        count, self._count = self._count, 0
        return count
