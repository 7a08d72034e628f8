"""The underlying's price from put-call parity: what the options themselves say it is.

Each strike with both legs tells ``K + C - P`` (with r = q = 0, which is what a same-day expiry
amounts to). The estimate is a weighted mean over the strikes near the last estimate, after the ones
that disagree with the weighted median are dropped.

Source: analytics sheet, section 5.
"""

import math
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics.medians import weighted_median

REACH_DOLLARS: Final = 3.0
REACH_STRIKES: Final = 3
"""Where strikes lie further apart than $1, this many each side are taken."""
_MAX_SPREAD: Final = 0.05
_MAX_SPREAD_SHARE: Final = 0.05
_MIN_OUTLIER: Final = 0.015
_MIN_PRINTS_OUTLIER: Final = 0.25
_MAD_TO_SD: Final = 1.4826


class Quality(IntEnum):
    """How an estimate was made, worst first."""

    NONE = 0
    """No estimate."""
    PRINTS = 1
    """From last prices of both legs: right to some tens of cents."""
    STALE = 2
    """From quotes that may no longer hold: the price of some time ago."""
    WIDE = 3
    """From quotes wider than the rule asks for."""
    CROSSED = 4
    """From tight quotes that allow an arbitrage: some leg is stale."""
    GOOD = 5
    """From tight quotes that agree."""


class ParitySpot(NamedTuple):
    """An estimate of the underlying's price."""

    price: float
    """Dollars; NaN for none."""
    strikes: int
    """How many strikes it rests on."""
    quality: Quality
    low: float = math.nan
    """Below it one could buy stock and sell it through options at a profit; NaN without quotes."""
    high: float = math.nan
    """Above it, the other way round. ``low`` above ``high``: some leg is stale."""


NO_ESTIMATE: Final = ParitySpot(math.nan, 0, Quality.NONE)
_PRINTS, _STALE, _WIDE = int(Quality.PRINTS), int(Quality.STALE), int(Quality.WIDE)
_CROSSED, _GOOD = int(Quality.CROSSED), int(Quality.GOOD)


def from_quotes(
    strike: NDArray[np.float64],
    call_bid: NDArray[np.float64],
    call_ask: NDArray[np.float64],
    put_bid: NDArray[np.float64],
    put_ask: NDArray[np.float64],
    last: float,
    live: NDArray[np.bool_] | None = None,
) -> ParitySpot:
    """Estimate from the quotes of both legs.

    Args:
        strike: Dollars, rising; the other columns have a row for each strike.
        call_bid: Dollars a share, 0 or NaN for no such side; likewise the others.
        call_ask: As above.
        put_bid: As above.
        put_ask: As above.
        last: The last estimate, dollars, or NaN at the start.
        live: Whether both legs' quotes hold, and are of one moment; all of them by default. The
            others serve only where there are not two of these.

    Returns:
        The estimate; `NO_ESTIMATE` if fewer than two strikes have both legs two-sided.
    """
    if live is None:
        live = np.ones(len(strike), dtype=np.bool_)
    return parity_spot(
        *estimate_from_quotes(strike, call_bid, call_ask, put_bid, put_ask, last, live)
    )


def from_prints(
    strike: NDArray[np.float64],
    call_price: NDArray[np.float64],
    put_price: NDArray[np.float64],
    call_age_s: NDArray[np.float64],
    put_age_s: NDArray[np.float64],
    last: float,
    max_age_s: float = 300.0,
) -> ParitySpot:
    """Estimate from the last prices of both legs, where a day has no quotes.

    Young pairs count for more. One strike is enough: thin chains have no more at times.

    Args:
        strike: Dollars, rising; the other columns have a row for each strike.
        call_price: Dollars a share, NaN where the leg never printed; likewise ``put_price``.
        put_price: As above.
        call_age_s: Seconds since that print; likewise ``put_age_s``.
        put_age_s: As above.
        last: The last estimate, dollars, or NaN at the start.
        max_age_s: Prints older than this are not used.
    """
    return parity_spot(
        *estimate_from_prints(strike, call_price, put_price, call_age_s, put_age_s, last, max_age_s)
    )


def parity_spot(price: float, strikes: int, quality: int, low: float, high: float) -> ParitySpot:
    """What compiled code answers, as an estimate."""
    return ParitySpot(price, strikes, Quality(quality), low, high) if strikes else NO_ESTIMATE


@njit(cache=True)
def _two_sided(bid, ask):  # type: ignore[no-untyped-def]
    return bid > 0 and ask > bid


@njit(cache=True)
def _tight(bid, ask):  # type: ignore[no-untyped-def]
    return ask - bid <= max(_MAX_SPREAD, _MAX_SPREAD_SHARE * (bid + ask) / 2) + 1e-9


@njit(cache=True)
def _centre(strike, call_bid, call_ask, put_bid, put_ask):  # type: ignore[no-untyped-def]
    """The strike whose call and put cost most nearly the same, as place; -1 for none."""
    best, found = np.inf, -1
    for k in range(len(strike)):
        if _two_sided(call_bid[k], call_ask[k]) and _two_sided(put_bid[k], put_ask[k]):
            gap = abs(call_bid[k] + call_ask[k] - put_bid[k] - put_ask[k])
            if gap < best:
                best, found = gap, k
    return found


@njit(cache=True)
def estimate_from_quotes(strike, call_bid, call_ask, put_bid, put_ask, last, live):  # type: ignore[no-untyped-def]
    """`from_quotes`, compiled: (price, strikes used, quality, low, high); strikes 0 for none."""
    middle = last
    if np.isnan(last):
        centre = _centre(strike, call_bid, call_ask, put_bid, put_ask)
        if centre < 0:
            return np.nan, 0, 0, np.nan, np.nan
        middle = strike[centre]
    forward = np.empty(len(strike))
    weight = np.empty(len(strike))
    count = 0
    low, high = -np.inf, np.inf
    quality = _GOOD
    for attempt in (_GOOD, _WIDE, _STALE):
        quality = attempt
        count = 0
        low, high = -np.inf, np.inf
        above = np.searchsorted(strike, middle)
        below = above - 1
        for place in range(len(strike)):  # the nearest first
            if above == len(strike) or (
                below >= 0 and middle - strike[below] < strike[above] - middle
            ):
                k = below
                below -= 1
            else:
                k = above
                above += 1
            if abs(strike[k] - middle) > REACH_DOLLARS and place >= 2 * REACH_STRIKES:
                break
            if not (_two_sided(call_bid[k], call_ask[k]) and _two_sided(put_bid[k], put_ask[k])):
                continue
            if attempt != _STALE and not live[k]:
                continue
            if attempt == _GOOD and not (
                _tight(call_bid[k], call_ask[k]) and _tight(put_bid[k], put_ask[k])
            ):
                continue
            half_call = (call_ask[k] - call_bid[k]) / 2
            half_put = (put_ask[k] - put_bid[k]) / 2
            call, put = call_bid[k] + half_call, put_bid[k] + half_put
            forward[count] = strike[k] + call - put
            weight[count] = 1 / (half_call**2 + half_put**2)
            low = max(low, strike[k] + call_bid[k] - put_ask[k])
            high = min(high, strike[k] + call_ask[k] - put_bid[k])
            count += 1
        if count >= 2:
            break
    if count < 2:
        return np.nan, 0, 0, np.nan, np.nan
    price, kept = _mean_of_agreeing(forward[:count], weight[:count], _MIN_OUTLIER)
    if quality == _GOOD and low > high + 1e-9:
        quality = _CROSSED
    return price, kept, quality, low, high


@njit(cache=True)
def estimate_from_prints(  # type: ignore[no-untyped-def]
    strike, call_price, put_price, call_age_s, put_age_s, last, max_age_s
):
    """`from_prints`, compiled; answers like `estimate_from_quotes`."""
    count = len(strike)
    distance = np.empty(count)
    forward = np.empty(count)
    weight = np.empty(count)
    usable = 0
    for k in range(count):
        age = max(call_age_s[k], put_age_s[k])
        if not (call_price[k] > 0 and put_price[k] > 0 and age <= max_age_s):
            continue
        # Two last prices of different ages straddle the move in between; near the money both legs
        # trade, and the intrinsic part of the error is smallest.
        gap = abs(call_price[k] - put_price[k])
        distance[usable] = gap if np.isnan(last) else abs(strike[k] - last)
        forward[usable] = strike[k] + call_price[k] - put_price[k]
        weight[usable] = 1.0 / (15.0 + age) ** 2
        usable += 1
    if usable == 0:
        return np.nan, 0, 0, np.nan, np.nan
    keep = np.argsort(distance[:usable], kind="mergesort")[: 2 * REACH_STRIKES]
    price, kept = _mean_of_agreeing(forward[keep], weight[keep], _MIN_PRINTS_OUTLIER)
    return price, kept, _PRINTS, np.nan, np.nan


@njit(cache=True)
def _mean_of_agreeing(values, weights, least):  # type: ignore[no-untyped-def]
    """(weighted mean, count) of the values that do not lie far from the weighted median."""
    off = np.abs(values - weighted_median(values, weights))
    limit = max(least, 3 * _MAD_TO_SD * np.median(off)) + 1e-9
    total = weight = 0.0
    kept = 0
    for k in range(len(values)):
        if off[k] <= limit:
            total += values[k] * weights[k]
            weight += weights[k]
            kept += 1
    return total / weight, kept
