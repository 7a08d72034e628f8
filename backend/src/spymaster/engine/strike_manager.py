"""Which strikes are followed: the ATM strike and so many each side of it.

Source: design, section 8.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from spymaster.core.compiling import uncounted
from spymaster.core.inputs import Span

RECOMPUTE_NS: Final = 60 * 1_000_000_000
RECOMPUTE_MOVE: Final = 0.50
"""Dollars that spot may move before the window follows at once."""
_NOISE: Final = 1e-9
"""Dollars by which the difference of two spots in cents may be off."""
MAX_SPAN: Final = 1000

WINDOW: Final = np.dtype(
    [
        ("spot", np.float64),  # dollars that it was chosen for; NaN for none
        ("since_ns", np.int64),  # when
        # Between these two every spot chooses the same strikes, dollars; NaN without strikes.
        ("low", np.float64),
        ("high", np.float64),
    ]
)


@uncounted
def is_chosen_anew(window, spot, now_ns):  # type: ignore[no-untyped-def]
    """Whether a spot makes a window (a `WINDOW`) be chosen anew that was chosen for another."""
    return (
        not 0 <= now_ns - window.since_ns < RECOMPUTE_NS
        or abs(spot - window.spot) > RECOMPUTE_MOVE + _NOISE
    )


@uncounted
def keeps_strikes(window, spot, now_ns):  # type: ignore[no-untyped-def]
    """Whether a spot leaves the strikes as they are; where it is due, they are chosen for it."""
    if math.isnan(window.low):
        return False
    if is_chosen_anew(window, spot, now_ns):
        if not window.low < spot < window.high:
            return False
        window.spot = spot
        window.since_ns = now_ns
    return True


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
        self._strikes: tuple[float, ...] = ()
        self.records = np.zeros(1, dtype=WINDOW)
        """One `WINDOW`, which compiled code writes as well."""
        self._forget()

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
        spot, since_ns, _, _ = self.records[0].item()
        return None if math.isnan(spot) else Window(self._strikes, spot, since_ns)

    @property
    def strikes(self) -> tuple[float, ...]:
        """The window, lowest first; empty until spot is known."""
        return self._strikes

    def leapt_over(self, before: tuple[float, ...]) -> tuple[float, ...]:
        """Listed strikes between an earlier window and this one that are in neither."""
        now = self.strikes
        if not before or not now:
            return ()
        low, high = min(before[-1], now[-1]), max(before[0], now[0])
        return tuple(strike for strike in self._listed if low < strike < high)

    def restore(self, window: Window | None) -> None:
        """Go back or forth to a window, as the span in force would have it."""
        if window:
            self._choose(window.spot, window.since_ns)
        else:
            self._forget()

    def list_strikes(self, strikes: Sequence[float]) -> None:
        """Tell which strikes exist; the window is chosen anew at the next spot."""
        listed = tuple(sorted(set(strikes)))
        if listed != self._listed:
            self._listed = listed
            self.restore(self.window)

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side from now on."""
        self._span = span
        self.restore(self.window)

    def on_spot(self, now_ns: int, spot: float) -> bool:
        """Take the newest spot; whether the window was chosen anew and its strikes changed."""
        before = self.strikes
        if not before or is_chosen_anew(self.records[0], spot, now_ns):
            self._choose(spot, now_ns)
        return self.strikes != before

    def begin_at(self, strike: float, now_ns: int) -> None:
        """Follow the strikes around one while spot is not known; the first spot chooses anew."""
        if not self.strikes:
            self._choose(strike, now_ns - RECOMPUTE_NS)

    def _forget(self) -> None:
        self._strikes = ()
        self.records[0] = (math.nan, 0, math.nan, math.nan)

    def _choose(self, spot: float, now_ns: int) -> None:
        listed = self._listed
        atm = nearest_strike(listed, spot)
        if atm is None:
            self._strikes, low, high = (), math.nan, math.nan
        elif self._span == "all":
            self._strikes, low, high = listed, -math.inf, math.inf
        else:
            place = bisect.bisect_left(listed, atm)
            self._strikes = listed[max(0, place - self._span) : place + self._span + 1]
            # Half-way to a neighbour rounding decides: that is left to `nearest_strike`.
            low = (listed[place - 1] + atm) / 2 + _NOISE if place else -math.inf
            high = (atm + listed[place + 1]) / 2 - _NOISE if atm < listed[-1] else math.inf
        self.records[0] = (spot, now_ns, low, high)
