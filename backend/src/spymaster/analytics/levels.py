"""Levels of the chain that traders look at: walls, max pain, put-call ratios.

Columns have a row for each strike, lowest first; NaN is unknown. None of these is a proven
predictor; what a wall does depends on who holds it, which the convention behind GEX assumes.

Source: analytics sheet, 3.4.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.finding import Finding

type Column = NDArray[np.float64]

WALL_LEAD: Final = 1.1
"""A wall moves only to a strike that is so many times as strong."""
WALL_LEAST: Final = 1e-6
"""What is less than this of the strongest strike of either sign is no wall."""


def call_wall(
    strike: Column, strength: Column, spot: float, previous: float | None = None
) -> Finding:
    """The strike at or above spot that is strongest, above 0.

    Args:
        strike: Dollars.
        strength: Net GEX, or open interest of calls.
        spot: Dollars.
        previous: The last wall; it stays unless another strike beats it by 10 %.
    """
    above = strike >= spot
    counted = _counted(strength)
    found = _strongest(strike[above], counted[above], previous)
    return Finding(found, None if found else "no strike at or above spot qualifies")


def put_wall(
    strike: Column, strength: Column, spot: float, previous: float | None = None
) -> Finding:
    """The strike at or below spot that is strongest, above 0.

    Args:
        strike: Dollars.
        strength: Net GEX with its sign turned, or open interest of puts.
        spot: Dollars.
        previous: The last wall; it stays unless another strike beats it by 10 %.
    """
    below = strike <= spot
    counted = _counted(strength)
    found = _strongest(strike[below][::-1], counted[below][::-1], previous)
    return Finding(found, None if found else "no strike at or below spot qualifies")


def _counted(strength: Column) -> Column:
    """0 where a strike cannot be a wall: unknown, of the other sign, or nothing beside the others.

    An option that is as good as expired has a gamma above 0 still, of 1e-20 of its neighbours'.
    """
    least = WALL_LEAST * np.abs(np.nan_to_num(strength)).max(initial=0.0)
    return np.where(strength > least, strength, 0.0)


def _strongest(strike: Column, counted: Column, previous: float | None) -> float | None:
    """Of equally strong ones the first: they are ordered by distance from spot."""
    if not counted.any():
        return None
    best = int(np.argmax(counted))
    held = np.flatnonzero(strike == previous)
    if len(held) and counted[held[0]] > 0 and counted[best] <= WALL_LEAD * counted[held[0]]:
        return float(strike[held[0]])
    return float(strike[best])


def max_pain(strike: Column, call_interest: Column, put_interest: Column, spot: float) -> Finding:
    """The listed strike at which all options together would end worth least.

    Args:
        strike: Dollars.
        call_interest: Shares under open calls: open interest times shares per contract.
        put_interest: Likewise of puts.
        spot: Dollars; of two strikes alike, the one nearer to it.
    """
    calls, puts = np.nan_to_num(call_interest), np.nan_to_num(put_interest)
    if not (calls.any() or puts.any()):
        return Finding(None, "open interest is not known")
    pain = pains(strike, calls, puts)
    order = np.argsort(np.abs(strike - spot), kind="stable")
    return Finding(float(strike[order[np.argmin(pain[order])]]))


def pains(strike: Column, call_interest: Column, put_interest: Column) -> Column:
    """What all options would be worth if spot ended at each strike, dollars."""
    above = np.maximum(strike[:, None] - strike[None, :], 0.0)
    return above @ call_interest + above.T @ put_interest


def put_call_ratio(puts: float, calls: float, what: str) -> Finding:
    """Puts over calls; ``what`` names the calls in the reason why there is none."""
    return Finding(puts / calls) if calls > 0 else Finding(None, f"no {what} of calls")
