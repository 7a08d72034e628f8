"""An event loop whose clock jumps to the next timer when there is nothing left to do."""

import asyncio
import selectors

LOST = "everything waits, and no timer will ever end it"


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError(LOST)
            self.now_s += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For code that talks to fakes only; threads and sockets need real time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, most of them jumped over."""
        return self._jumping.now_s


class LoopClock:
    """The clock of such a loop, for what is handed one."""

    def __init__(self, start_ns: int, speed: float = 1.0) -> None:
        self._start_ns = start_ns
        self._speed = speed

    def now_ns(self) -> int:
        """UNIX time in nanoseconds, UTC."""
        return self._start_ns + round(self.monotonic_s() * self._speed * 1e9)

    def monotonic_s(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time()
