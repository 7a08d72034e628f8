"""Which strikes are followed: the ATM strike and so many each side of it.

Source: design, section 8.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from numba import njit

type Span = int | Literal["all"]

RECOMPUTE_NS: Final = 60 * 1_000_000_000
RECOMPUTE_MOVE: Final = 0.50
"""Dollars that spot may move before the window follows at once."""
_NOISE: Final = 1e-9
"""Dollars by which the difference of two spots in cents may be off."""
MAX_SPAN: Final = 1000


@njit(cache=True)
def is_chosen_anew(spot, now_ns, last_spot, last_ns):  # type: ignore[no-untyped-def]
    """Whether a spot makes the window be chosen anew that was chosen for another, some time ago."""
    return (
        not 0 <= now_ns - last_ns < RECOMPUTE_NS or abs(spot - last_spot) > RECOMPUTE_MOVE + _NOISE
    )


def nearest_strike(strikes: Sequence[float], spot: float) -> float | None:
    """The nearest to spot of strikes, lowest first; the lower one of two as near; None for none."""
    place = bisect.bisect_left(strikes, spot)
    around = strikes[max(place - 1, 0) : place + 1]
    return min(around, key=lambda strike: (abs(strike - spot), strike), default=None)


@dataclass(frozen=True, slots=True)
class Window:
    """The strikes that are followed, lowest first, and the spot that they were chosen for."""

    strikes: tuple[float, ...]
    spot: float
    since_ns: int


class StrikeManager:
    """Keeps the window around spot. Times are market time, so a replay moves it as live did."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._listed: tuple[float, ...] = ()
        self._window: Window | None = None

    @property
    def span(self) -> Span:
        """Strikes each side of ATM."""
        return self._span

    @property
    def listed(self) -> tuple[float, ...]:
        """All strikes of the day, lowest first."""
        return self._listed

    @property
    def window(self) -> Window | None:
        """The strikes that are followed, and why; None until spot is known."""
        return self._window

    @property
    def strikes(self) -> tuple[float, ...]:
        """The window, lowest first; empty until spot is known."""
        return self._window.strikes if self._window else ()

    def leapt_over(self, before: tuple[float, ...]) -> tuple[float, ...]:
        """Listed strikes between an earlier window and this one that are in neither."""
        now = self.strikes
        if not before or not now:
            return ()
        low, high = min(before[-1], now[-1]), max(before[0], now[0])
        return tuple(strike for strike in self._listed if low < strike < high)

    def restore(self, window: Window | None) -> None:
        """Go back or forth to a window, as the span in force would have it."""
        self._window = self._choose(window.spot, window.since_ns) if window else None

    def list_strikes(self, strikes: Sequence[float]) -> None:
        """Tell which strikes exist; the window is chosen anew at the next spot."""
        listed = tuple(sorted(set(strikes)))
        if listed != self._listed:
            self._listed = listed
            if self._window:
                self._window = self._choose(self._window.spot, self._window.since_ns)

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side from now on."""
        self._span = span
        if self._window:
            self._window = self._choose(self._window.spot, self._window.since_ns)

    def on_spot(self, now_ns: int, spot: float) -> bool:
        """Take the newest spot; whether the window was chosen anew and its strikes changed."""
        before = self.strikes
        window = self._window
        if (
            window is None
            or not window.strikes
            or is_chosen_anew(spot, now_ns, window.spot, window.since_ns)
        ):
            self._window = self._choose(spot, now_ns)
        return self.strikes != before

    def begin_at(self, strike: float, now_ns: int) -> None:
        """Follow the strikes around one while spot is not known; the first spot chooses anew."""
        if not self.strikes:
            self._window = self._choose(strike, now_ns - RECOMPUTE_NS)

    def _choose(self, spot: float, now_ns: int) -> Window:
        if self._span == "all" or not self._listed:
            return Window(self._listed, spot, now_ns)
        atm = nearest_strike(self._listed, spot)
        assert atm is not None
        place = bisect.bisect_left(self._listed, atm)
        low = max(0, place - self._span)
        return Window(self._listed[low : place + self._span + 1], spot, now_ns)
