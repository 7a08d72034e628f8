"""The clock, passed in wherever time passes, so that tests and replay own it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps and monotonic time for durations."""

    def now_ns(self) -> int:
        """UNIX time in nanoseconds, UTC."""

    def monotonic_s(self) -> float:
        """Seconds that never go backwards; only differences mean something."""


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UNIX time in nanoseconds, UTC."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told; for tests."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._monotonic_s = 0.0

    def now_ns(self) -> int:
        """UNIX time in nanoseconds, UTC."""
        return self._now_ns

    def monotonic_s(self) -> float:
        """Seconds advanced since the clock was made."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass on both clocks."""
        self._now_ns += round(seconds * 1e9)
        self._monotonic_s += seconds
