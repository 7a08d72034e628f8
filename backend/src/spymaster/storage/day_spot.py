"""Where the underlying stood on a past day, told by its options alone.

Theory of operation. A strike's call costs more than its put while spot is above the strike. So a
few prints of a few strikes, asked for by bisection, find the strike that was at the money at the
open (`next_probe`, `sign_of`). From there the prints of the strikes around it give spot through
the day by put-call parity (`spot_path`); where spot walks to the edge of what is held, the caller
gets more strikes, until all that the day needed are there (`atm_range`).

An estimate from prints is right to some cents only, and between two estimates spot may reach a
strike for a moment. So the range is taken wider (`MARGIN`): a strike too many costs one request, a
missing one an incomplete day.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.analytics.print_path import Legs, Prints, smoothed, spot_at
from spymaster.core.conditions import GROUP_BY_ID, ConditionGroup
from spymaster.core.sessions import Session
from spymaster.storage.packing import pack_conditions

STEP_S: Final = 10
MARGIN: Final = 0.5
"""Dollars by which the day's range is widened on both sides."""
_CHEAP: Final = 0.005
_NS: Final = 1_000_000_000


def prints_of(table: pa.Table) -> Prints:
    """The stored prints that say where the market is: no late ones, cancels or package legs."""
    packed = pack_conditions(table["conditions"])
    first = packed & 0xFFFF
    group = GROUP_BY_ID[np.where(first < len(GROUP_BY_ID), first, 0)]
    regular = group == ConditionGroup.REGULAR
    return Prints(table["sip_timestamp"].to_numpy()[regular], table["price"].to_numpy()[regular])


def sign_of(strike: float, legs: Legs) -> int:
    """Whether spot was above (+1) or below (-1) a strike by its first prints; 0 for no telling.

    Where one leg alone traded, and cheaply, it was out of the money.
    """
    call = float(legs.call.price[0]) if len(legs.call.ts) else None
    put = float(legs.put.price[0]) if len(legs.put.ts) else None
    if call is not None and put is not None:
        return 1 if call >= put else -1
    if call is not None and call < _CHEAP * strike:
        return -1
    if put is not None and put < _CHEAP * strike:
        return 1
    return 0


def next_probe(count: int, signs: Mapping[int, int]) -> int | None:
    """The next of ``count`` strikes, lowest first, to look at; None when the centre is found."""
    low, high = _bracket(count, signs)
    free = [place for place in range(low + 1, high) if place not in signs]
    middle = (low + high) / 2
    return min(free, key=lambda place: abs(place - middle), default=None)


def centre_of(strikes: Sequence[float], signs: Mapping[int, int]) -> float | None:
    """The strike that was near the money, by all that was looked at; None if nothing traded."""
    if not any(signs.values()):
        return None
    low, high = _bracket(len(strikes), signs)
    return strikes[min(max((low + high) // 2, 0), len(strikes) - 1)]


def _bracket(count: int, signs: Mapping[int, int]) -> tuple[int, int]:
    low = max((place for place, sign in signs.items() if sign > 0), default=-1)
    high = min((place for place, sign in signs.items() if sign < 0), default=count)
    return low, high


def spot_path(
    legs: Mapping[float, Legs], session: Session
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Spot through the regular session from the prints of some strikes.

    Returns:
        Times every `STEP_S` seconds, UNIX ns, and dollars; NaN where nothing traded.
    """
    times = np.arange(
        session.open_ns + STEP_S * _NS, session.close_ns + 1, STEP_S * _NS, dtype=np.int64
    )
    return times, spot_at(legs, times)


def atm_range(spot: NDArray[np.float64], strikes: Sequence[float]) -> tuple[float, float] | None:
    """Lowest and highest listed strike that was nearest to spot; None if spot is not known."""
    known = smoothed(spot)
    if not len(known):
        return None
    listed = np.array(strikes)
    low, high = float(known.min()) - MARGIN, float(known.max()) + MARGIN
    return (
        float(listed[np.abs(listed - low).argmin()]),
        float(listed[np.abs(listed - high).argmin()]),
    )
