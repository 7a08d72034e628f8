"""Market time: where the simulated day stands."""

from spymaster.core.clock import Clock


class MarketClock:
    """Market time runs ``speed`` times as fast as the clock behind it, from ``start_ns``.

    A speed of 0 holds the market: it then moves only by `move_to`.
    """

    def __init__(self, clock: Clock, start_ns: int, speed: float) -> None:
        self._clock = clock
        self._anchor_ns = start_ns
        self._anchor_s = clock.monotonic_s()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Market seconds for each real second."""
        return self._speed

    def now_ns(self) -> int:
        """Market time, UNIX ns."""
        elapsed_s = self._clock.monotonic_s() - self._anchor_s
        return self._anchor_ns + round(elapsed_s * self._speed * 1e9)

    def wall_ns(self) -> int:
        """Real time, UNIX ns."""
        return self._clock.now_ns()

    def move_to(self, at_ns: int) -> None:
        """Jump to a market time, and run on from there."""
        self._anchor_ns = at_ns
        self._anchor_s = self._clock.monotonic_s()

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on."""
        self.move_to(self.now_ns())
        self._speed = speed
