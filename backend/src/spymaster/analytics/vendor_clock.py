"""What the vendor's greeks say about the time it prices to, and how to do without it.

The vendor seems to let contracts expire at 00:00 UTC, not at the close. Its volatility, theta and
vega are then of another clock. Its delta and gamma are not: together they tell total deviation,
volatility times the square root of time, whatever the clock.

Source: analytics sheet, 4.7.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import YEAR_HOURS

type Column = NDArray[np.float64]

_NORMAL = NormalDist()
_MIN_DELTA = 0.001
"""Nearer to 0 or 1 a delta tells too few digits of where the strike lies."""


def hours_left(vega_point: Column, gamma: Column, volatility: Column, spot: float) -> Column:
    """Time to expiry that each contract's greeks imply, hours; NaN where they imply none.

    Args:
        vega_point: $ per volatility point.
        gamma: Per $1.
        volatility: The vendor's, decimal a year.
        spot: Dollars, of the same moment.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        hours = YEAR_HOURS * 100 * vega_point / (gamma * spot**2 * volatility)
    return np.where(np.isfinite(hours) & (hours > 0), hours, math.nan)


def total_deviation(delta: Column, gamma: Column, spot: float) -> Column:
    """Volatility times the square root of years that delta and gamma imply, rates being 0.

    NaN where delta is unknown or too near to 0 or 1 to tell.

    Args:
        delta: Of calls and puts.
        gamma: Per $1.
        spot: Dollars, of the same moment.
    """
    return np.array(
        [_deviation(abs(float(d)), float(g), spot) for d, g in zip(delta, gamma, strict=True)]
    )


def _deviation(share: float, gamma: float, spot: float) -> float:
    if not (_MIN_DELTA <= share <= 1 - _MIN_DELTA and gamma > 0):
        return math.nan
    return _NORMAL.pdf(_NORMAL.inv_cdf(share)) / (gamma * spot)
