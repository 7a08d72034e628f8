"""Where the underlying stood over a stretch of time, told by option prints alone.

Put-call parity over the last prices of the strikes that are held. An estimate is right to some
cents; where nothing traded there is none.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_NS: Final = 1_000_000_000
SMOOTH: Final = 3
"""Estimates whose median counts: a single print off the market moves nothing."""


class Prints(NamedTuple):
    """Regular prints of one contract, oldest first."""

    ts: NDArray[np.int64]
    price: NDArray[np.float64]
    """Dollars."""


NO_PRINTS: Final = Prints(np.empty(0, dtype=np.int64), np.empty(0))


class Legs(NamedTuple):
    """Call and put of a strike."""

    call: Prints
    put: Prints


def spot_at(
    legs: Mapping[float, Legs], times: NDArray[np.int64], last: float = np.nan
) -> NDArray[np.float64]:
    """Spot at each time, dollars; NaN where no strike's legs both traded.

    Args:
        legs: Prints by strike.
        times: Rising, UNIX ns.
        last: Spot before the first time, dollars; NaN if it is not known.
    """
    from spymaster.analytics import parity  # numba: slow to import, not needed for a held day

    strikes = np.array(sorted(legs))
    columns = [
        [_last(getattr(legs[strike], leg), times) for strike in strikes] for leg in ("call", "put")
    ]
    (call, call_age), (put, put_age) = (
        (np.array([price for price, _ in side]), np.array([age for _, age in side]))
        for side in columns
    )
    spot = np.full(len(times), np.nan)
    for step in range(len(times) if len(strikes) else 0):
        estimate = parity.from_prints(
            strikes, call[:, step], put[:, step], call_age[:, step], put_age[:, step], last
        )
        if estimate.strikes:
            spot[step] = last = estimate.price
    return spot


def smoothed(spot: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians of `SMOOTH` known estimates each; the estimates themselves where there are fewer."""
    known = spot[~np.isnan(spot)]
    if len(known) < SMOOTH:
        return known
    return np.median(np.lib.stride_tricks.sliding_window_view(known, SMOOTH), axis=1)


def _last(
    prints: Prints, times: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The last price at each time, and its age in seconds; NaN and infinite before the first."""
    place = np.searchsorted(prints.ts, times, side="right") - 1
    if not len(prints.ts):
        return np.full(len(times), np.nan), np.full(len(times), np.inf)
    known = place >= 0
    price = np.where(known, prints.price[place], np.nan)
    age = np.where(known, (times - prints.ts[place]) / _NS, np.inf)
    return price, age
