"""The underlying's price from put-call parity: what the options themselves say it is.

Each strike with both legs tells ``K + C - P`` (with r = q = 0, which is what a same-day expiry
amounts to). The estimate is a weighted mean over the strikes near the last estimate, after the ones
that disagree with the weighted median are dropped.

Source: analytics sheet, section 5.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

REACH_DOLLARS: Final = 3.0
REACH_STRIKES: Final = 3
"""Where strikes lie further apart than $1, this many each side are taken."""
_MAX_SPREAD: Final = 0.05
_MAX_SPREAD_SHARE: Final = 0.05
_MIN_OUTLIER: Final = 0.015
_MAD_TO_SD: Final = 1.4826


class Quality(IntEnum):
    """How an estimate was made, worst first."""

    NONE = 0
    """No estimate."""
    PRINTS = 1
    """From last prices of both legs: right to some tens of cents."""
    WIDE = 2
    """From quotes wider than the rule asks for."""
    CROSSED = 3
    """From tight quotes that allow an arbitrage: some leg is stale."""
    GOOD = 4
    """From tight quotes that agree."""


class ParitySpot(NamedTuple):
    """An estimate of the underlying's price."""

    price: float
    """Dollars; NaN for none."""
    strikes: int
    """How many strikes it rests on."""
    quality: Quality


NO_ESTIMATE: Final = ParitySpot(float("nan"), 0, Quality.NONE)


def from_quotes(
    strike: NDArray[np.float64],
    call_bid: NDArray[np.float64],
    call_ask: NDArray[np.float64],
    put_bid: NDArray[np.float64],
    put_ask: NDArray[np.float64],
    last: float,
) -> ParitySpot:
    """Estimate from the quotes of both legs.

    Args:
        strike: Dollars, rising; the other columns have a row for each strike.
        call_bid: Dollars a share, 0 or NaN for no such side; likewise the others.
        call_ask: As above.
        put_bid: As above.
        put_ask: As above.
        last: The last estimate, dollars, or NaN at the start.

    Returns:
        The estimate; `NO_ESTIMATE` if fewer than two strikes have both legs two-sided.
    """
    price, count, quality = _estimate(strike, call_bid, call_ask, put_bid, put_ask, last)
    return ParitySpot(price, count, Quality(quality)) if count else NO_ESTIMATE


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
    usable = (call_price > 0) & (put_price > 0)
    usable &= (call_age_s <= max_age_s) & (put_age_s <= max_age_s)
    if not usable.any():
        return NO_ESTIMATE
    forward = (strike + call_price - put_price)[usable]
    # Two last prices of different ages straddle the move in between; near the money both legs
    # trade, and the intrinsic part of the error is smallest.
    gap = np.abs(call_price - put_price)[usable]
    age = np.maximum(call_age_s, put_age_s)[usable]
    keep = np.argsort(gap if np.isnan(last) else np.abs(strike[usable] - last), kind="stable")[
        : 2 * REACH_STRIKES
    ]
    weight = 1.0 / (15.0 + age[keep]) ** 2
    middle = _weighted_median(forward[keep], weight)
    near = np.abs(forward[keep] - middle) <= max(
        0.25, 3 * _MAD_TO_SD * _spread(forward[keep], middle)
    )
    price = float(np.average(forward[keep][near], weights=weight[near]))
    return ParitySpot(price, int(near.sum()), Quality.PRINTS)


def _spread(values: NDArray[np.float64], middle: float) -> float:
    return float(np.median(np.abs(values - middle)))


@njit(cache=True)
def _weighted_median(values, weights):  # type: ignore[no-untyped-def]
    order = np.argsort(values)
    half = weights.sum() / 2
    total = 0.0
    for place in order:
        total += weights[place]
        if total >= half:
            return values[place]
    return values[order[-1]]


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
def _estimate(strike, call_bid, call_ask, put_bid, put_ask, last):  # type: ignore[no-untyped-def]
    """(price, strikes used, quality); strikes 0 for no estimate."""
    middle = last
    if np.isnan(last):
        centre = _centre(strike, call_bid, call_ask, put_bid, put_ask)
        if centre < 0:
            return np.nan, 0, 0
        middle = strike[centre]
    nearest = np.argsort(np.abs(strike - middle))
    forward = np.empty(len(strike))
    weight = np.empty(len(strike))
    for tight in (True, False):
        count = 0
        low, high = -np.inf, np.inf
        for place in range(len(nearest)):
            k = nearest[place]
            if abs(strike[k] - middle) > REACH_DOLLARS and place >= 2 * REACH_STRIKES:
                break
            if not (_two_sided(call_bid[k], call_ask[k]) and _two_sided(put_bid[k], put_ask[k])):
                continue
            if tight and not (_tight(call_bid[k], call_ask[k]) and _tight(put_bid[k], put_ask[k])):
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
        return np.nan, 0, 0
    values, weights = forward[:count], weight[:count]
    median = _weighted_median(values, weights)
    limit = max(_MIN_OUTLIER, 3 * _MAD_TO_SD * np.median(np.abs(values - median)))
    keep = np.abs(values - median) <= limit + 1e-9
    price = (values[keep] * weights[keep]).sum() / weights[keep].sum()
    quality = 2 if not tight else (3 if low > high + 1e-9 else 4)
    return price, keep.sum(), quality
