"""What one print contributes to each flow measure, in integers, so that sums are exact.

A contribution is the measure of the print's contracts, ``size * multiplier * greek``, rounded to
1/10,000 of the measure's unit. Beyond delta and gamma the greeks are Black's, with the print's
volatility, its spot and the time to the close (at least a minute). A print that lacks greeks
contributes premium alone, one that lacks a volatility no greek beyond gamma, until it is settled.

Five sums are kept of each measure (`GROSS` to `VARIANCE`). The first four are of 1/10,000 of the
unit; a weighted contribution is rounded once more. Variance is that of the weighted sum, each print
being wrong by itself with probability 1 - p: X squared times 4p(1-p), an unsigned print having
p = 0.5. It is rounded to `VARIANCE_UNIT`, which is chosen so that a day's sum fits.

The children of one parent order (a sweep or split) share one sign, so their errors add up before
they are squared. They are of one contract and of one moment, so that their measures are as their
sizes: a child of size n that follows m contracts of its parent adds ``X^2 (1 + 2 m/n) 4p(1-p)``,
and all of them together the square of their sum. So a print's contribution depends on its own
record alone and can be taken back exactly.

Multi-leg prints are unsigned leg by leg; by the side that their package gives them they count in
the weighted sum and nowhere else. Stock-option packages carry their own hedge: they never count as
hedging pressure, the weighted delta notional, nor in its error.

Source: analytics sheet, sections 2, 2.1, 2.2, 2.6, 4.5 and 6.4.
"""

import math
from typing import Final

import numpy as np
from numba import njit

from spymaster.analytics.black_scholes import (
    VOLATILITY_POINT,
    YEAR_MINUTES,
    YEAR_SECONDS,
    vega_theta_vanna_charm,
)
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined
from spymaster.core.conditions import STOCK_TIED
from spymaster.engine.columns import CONFIDENCE_SCALE, Rule

MEASURES: Final = (
    *("premium", "delta", "delta_notional", "gamma", "gamma_notional"),
    *("vega", "theta", "vanna", "charm"),
)
"""Names, in the order of the sums."""
PREMIUM, DELTA, DELTA_NOTIONAL, GAMMA, GAMMA_NOTIONAL, VEGA, THETA, VANNA, CHARM = range(9)

GROSS, NET, STRICT, WEIGHTED, VARIANCE = range(5)
"""Sum of absolute values; by side; by side of prints at or outside the quotes; by side times
2p - 1; and the square of the standard error of the weighted sum."""
SUMS: Final = 5

UNIT: Final = 10_000
"""Sums are of 1/10,000 of a measure's unit."""

VARIANCE_UNIT: Final = np.array([1.0, 1e-2, 1e4, 1e-2, 1e4, 1e-4, 1e-4, 1e-2, 1e-2])
"""Of each measure, in the square of its unit. Delta notional: 100 $ squared, so that 64 bits hold a
standard error of 300 billion dollars: orders of 300 million, one after another, for hours."""

_VARIANCE_OF = 1.0 / (UNIT * UNIT * VARIANCE_UNIT)
"""Turns the square of a contribution into its `VARIANCE_UNIT`."""

_LIMIT = 4e18
_MOST_VARIANCE = 1e16
"""Of one print, in `VARIANCE_UNIT` (10 billion dollars of delta notional): a wrong print alone
does not overflow the sum."""
_MIN_NS = 60 * 1_000_000_000
_YEARS_A_NS = 1.0 / (YEAR_SECONDS * 1_000_000_000)
_YEARS_A_MINUTE = 1.0 / YEAR_MINUTES
_AT, _OUT = int(Rule.QUOTE_AT), int(Rule.QUOTE_OUT)
_STOCK_TIED = np.array([one in STOCK_TIED for one in range(256)])


@njit(cache=True)
def years_left(close_ns, now_ns):  # type: ignore[no-untyped-def]
    """Time to the close that is priced with, years."""
    return max(close_ns - now_ns, _MIN_NS) * _YEARS_A_NS


@njit(cache=True)
def is_stock_tied(conditions):  # type: ignore[no-untyped-def]
    """Whether one of the packed condition ids is of a package with stock."""
    while conditions:
        condition = conditions & 0xFFFF
        if condition < len(_STOCK_TIED) and _STOCK_TIED[condition]:
            return True
        conditions >>= 16
    return False


@inlined
def weight_of(print_):  # type: ignore[no-untyped-def]
    """(expected sign in 1/10,000, 4p(1-p) with its parent's share) of a print.

    A leg's are its package's.
    """
    side, confidence = np.int64(print_.side), np.int64(print_.confidence)
    if print_.package_side != 0:
        side, confidence = np.int64(print_.package_side), np.int64(print_.package_confidence)
    spread = 4.0 * confidence * (CONFIDENCE_SCALE - confidence) / CONFIDENCE_SCALE**2
    if print_.ahead:
        spread *= 1.0 + 2.0 * print_.ahead / print_.size
    return side * (2 * confidence - CONFIDENCE_SCALE), spread


@njit(cache=True)
def weights_of(prints):  # type: ignore[no-untyped-def]
    """Expected sign of each `PRINT` record, 1/10,000."""
    weights = np.empty(len(prints), dtype=np.int64)
    for row in range(len(prints)):
        weights[row], _ = weight_of(prints[row])
    return weights


@njit(cache=True)
def position_of(print_):  # type: ignore[no-untyped-def]
    """What a print adds to customers' position by weight, and to the square of its error.

    In 1/10,000 contracts, and 1/10,000 contracts squared.
    """
    size = np.int64(print_.size)
    weight, spread = weight_of(print_)
    return size * weight, _variance(np.float64(size) * size * spread * UNIT)


@inlined
def _whole(value):  # type: ignore[no-untyped-def]
    """The nearest integer; beyond what 64 bits hold, a number that is the same each time."""
    return np.int64(np.rint(min(max(value, -_LIMIT), _LIMIT)))


@inlined
def _variance(value):  # type: ignore[no-untyped-def]
    """The nearest integer that one print may add to a sum of variances."""
    return np.int64(np.rint(min(value, _MOST_VARIANCE)))


@inlined
def measures_of(print_, record, close_ns):  # type: ignore[no-untyped-def]
    """What a print contributes to each measure, without its sign: integers, 0 where unknown.

    Args:
        print_: Its `PRINT` record.
        record: The `CONTRACT` record of its contract.
        close_ns: When the options expire, UNIX ns.
    """
    delta = delta_notional = gamma = gamma_notional = np.int64(0)
    vega = theta = vanna = charm = np.int64(0)
    shares = np.float64(print_.size) * record.multiplier * UNIT
    spot = print_.spot / PRICE_SCALE
    if not math.isnan(print_.delta):
        delta = _whole(shares * print_.delta)
        gamma = _whole(shares * print_.gamma)
        delta_notional = _whole(shares * print_.delta * spot)
        gamma_notional = _whole(shares * print_.gamma * 0.01 * spot * spot)
        if spot > 0 and print_.volatility > 0 and record.strike > 0:
            greeks = vega_theta_vanna_charm(
                spot, record.strike, years_left(close_ns, print_.ts), np.float64(print_.volatility)
            )
            vega = _whole(shares * (greeks[0] * VOLATILITY_POINT))
            theta = _whole(shares * (greeks[1] * _YEARS_A_MINUTE))
            vanna = _whole(shares * (greeks[2] * VOLATILITY_POINT * spot))
            charm = _whole(shares * (greeks[3] * _YEARS_A_MINUTE * spot))
    premium = np.int64(print_.price) * print_.size * record.multiplier
    return premium, delta, delta_notional, gamma, gamma_notional, vega, theta, vanna, charm


@inlined
def add_measures(sums, measures, print_, sign):  # type: ignore[no-untyped-def]
    """Add (sign +1) or take back (-1) what a print contributes.

    Args:
        sums: ``int64[SUMS, len(MEASURES)]``; a loop for each sum, so that the processor adds
            several measures at once.
        measures: As `measures_of` has them.
        print_: Its `PRINT` record.
        sign: +1 or -1.
    """
    side = sign * np.int64(print_.side)
    strict = side if print_.rule == _AT or print_.rule == _OUT else 0  # noqa: PLR1714 - numba
    for measure in range(len(measures)):
        sums[GROSS, measure] += sign * abs(measures[measure])
    for measure in range(len(measures)):
        sums[NET, measure] += side * measures[measure]
    for measure in range(len(measures)):
        sums[STRICT, measure] += strict * measures[measure]
    weight, spread = weight_of(print_)
    share = weight / CONFIDENCE_SCALE
    error = sums[VARIANCE, DELTA_NOTIONAL]
    for measure in range(len(measures)):
        value = np.float64(measures[measure])
        sums[WEIGHTED, measure] += sign * np.int64(np.rint(value * share))
    for measure in range(len(measures)):
        value = np.float64(measures[measure])
        variance = _variance(value * value * (spread * _VARIANCE_OF[measure]))
        sums[VARIANCE, measure] += sign * variance
    if is_stock_tied(print_.conditions):
        sums[VARIANCE, DELTA_NOTIONAL] = error
