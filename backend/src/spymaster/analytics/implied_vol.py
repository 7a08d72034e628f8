"""Implied volatility: which volatility gives an option its price.

A price is first made that of the out-of-the-money option of its strike, as a share of the geometric
mean of forward and strike; then one equation in one unknown is left,

    b(x, s) = beta,  x = -|ln(F / K)|,  s = volatility * sqrt(years),

whose left side rises in s, convex below s0 = sqrt(2 |x|) and concave above it. Below it Newton's
method goes after 1 / ln b, above it Halley's after b; a bracket catches steps that leave it. With
``erfcx`` (the scaled complementary error function) nothing under- or overflows down to prices of
1e-300.

Source: analytics sheet, 4.6; Jaeckel, "Let's Be Rational" (2013) for the form of the equation.
"""

import math
from enum import IntEnum
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from spymaster.core.compiling import inlined

AT_INTRINSIC_WITHIN: Final = 1e-9
"""Dollars from intrinsic value within which a price says nothing about volatility."""

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2PI = math.sqrt(2 * math.pi)
_SQRT_PI = math.sqrt(math.pi)
_MAX_STEPS = 60
_CONVERGED = 1e-14


class Status(IntEnum):
    """Why there is no implied volatility, or that there is one; the first that holds."""

    OK = 0
    EXPIRED = 1
    NON_POSITIVE = 2
    BELOW_INTRINSIC = 3
    AT_INTRINSIC = 4
    ABOVE_MAX = 5
    UNKNOWN = 6
    """Some input is NaN, or spot or strike is not above 0."""


_OK = int(Status.OK)
_EXPIRED = int(Status.EXPIRED)
_NON_POSITIVE = int(Status.NON_POSITIVE)
_BELOW_INTRINSIC = int(Status.BELOW_INTRINSIC)
_AT_INTRINSIC = int(Status.AT_INTRINSIC)
_ABOVE_MAX = int(Status.ABOVE_MAX)
_UNKNOWN = int(Status.UNKNOWN)


def implied_volatility(
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    price: ArrayLike,
    rate: float = 0.0,
    dividend: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Volatility of each price, decimal a year, with its `Status`.

    Columns and single values go together as in numpy; see `black_scholes.greeks` for the inputs.
    Where the status is not OK, the volatility is NaN.
    """
    calls = np.asarray(is_call, dtype=np.bool_)
    shape = np.broadcast_shapes(*map(np.shape, (calls, spot, strike, years, price)))
    volatility, status = _column(
        np.broadcast_to(calls, shape).ravel(),
        _flat(spot, shape),
        _flat(strike, shape),
        _flat(years, shape),
        _flat(price, shape),
        rate,
        dividend,
    )
    return volatility.reshape(shape), status.reshape(shape)


def _flat(values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).ravel()


@njit(cache=True, nogil=True)
def _column(is_call, spot, strike, years, price, rate, dividend):  # type: ignore[no-untyped-def]
    volatility = np.full(len(spot), np.nan)
    status = np.empty(len(spot), dtype=np.int8)
    for row in range(len(spot)):
        growth = math.exp((rate - dividend) * years[row])
        discount = math.exp(-rate * years[row])
        volatility[row], status[row] = solve(
            is_call[row], spot[row] * growth, strike[row], years[row], price[row], discount
        )
    return volatility, status


@njit(cache=True)
def solve(is_call, forward, strike, years, price, discount):  # type: ignore[no-untyped-def]
    """(volatility, status) of one price; the volatility is NaN where the status is not OK."""
    if not (forward > 0 and strike > 0) or math.isnan(years + price + discount):
        return math.nan, _UNKNOWN
    if years <= 0:
        return math.nan, _EXPIRED
    if price <= 0:
        return math.nan, _NON_POSITIVE
    intrinsic = discount * max(0.0, forward - strike if is_call else strike - forward)
    if price < intrinsic - AT_INTRINSIC_WITHIN:
        return math.nan, _BELOW_INTRINSIC
    if price <= intrinsic + AT_INTRINSIC_WITHIN:
        return math.nan, _AT_INTRINSIC
    if price >= discount * (forward if is_call else strike):
        return math.nan, _ABOVE_MAX
    beta = (price - intrinsic) / (discount * math.sqrt(forward * strike))
    return _deviation(-abs(math.log(forward / strike)), beta) / math.sqrt(years), _OK


@njit(cache=True)
def refine(forward, strike, years, price, guess):  # type: ignore[no-untyped-def]
    """Volatility of an out-of-the-money option at rate 0, from a guess; NaN if there is none.

    Good to 1e-7 of the volatility, which is what one more cubic step leaves of a step of 1e-3: far
    below what half a tick of the price is worth, at a fraction of the cost of `solve`. Without a
    guess (NaN), and where it leads nowhere, it is `solve`.
    """
    if guess > 0 and price > AT_INTRINSIC_WITHIN and price < min(forward, strike):
        x = -abs(math.log(forward / strike))
        beta = price / math.sqrt(forward * strike)
        s = guess * math.sqrt(years)
        for _ in range(4):
            g, e = _scaled(x, s)
            if g <= 0:
                break
            slope = 2 / (_SQRT_2PI * g)  # of ln b
            newton = (math.log(2 * beta / g) - e) / slope
            step = newton / (1 + newton * (x * x / (s * s * s) - s / 4 - slope) / 2)
            if not abs(step) < s / 2:
                break
            s += step
            if abs(step) < 1e-3 * s:
                return s / math.sqrt(years)
    volatility, _ = solve(forward <= strike, forward, strike, years, price, 1.0)
    return volatility


@njit(cache=True)
def _erfcx(z):  # type: ignore[no-untyped-def]
    """``exp(z * z) * erfc(z)``, for z above -26."""
    if z < 10:
        return math.exp(z * z) * math.erfc(z)
    term, total = 1.0, 1.0
    for n in range(1, 13):
        term *= -(2 * n - 1) / (2 * z * z)
        total += term
    return total / (z * _SQRT_PI)


@inlined
def _scaled(x, s):  # type: ignore[no-untyped-def]
    """(g, e) such that b = g / 2 * exp(e) and db/ds = exp(e) / sqrt(2 pi)."""
    u, t = x / s, s / 2
    g = _erfcx(-(u + t) * _SQRT_HALF) - _erfcx(-(u - t) * _SQRT_HALF)
    return g, -(u * u + t * t) / 2


@njit(cache=True)
def _deviation(x, beta):  # type: ignore[no-untyped-def]
    """The s at which b(x, s) = beta."""
    low, high = 0.0, math.inf
    below = False
    if x == 0.0:
        s = beta * _SQRT_2PI  # where the tangent at 0 puts it; the root lies above
        low = s / 2
    else:
        s = math.sqrt(-2 * x)
        g, e = _scaled(x, s)
        below = beta < g / 2 * math.exp(e)
        if below:
            high = s
        else:
            low = s
    log_beta = math.log(beta)
    for _ in range(_MAX_STEPS):
        g, e = _scaled(x, s)
        if g <= 0:  # so small an s that the difference is lost in rounding
            low = s
            s = 2 * s if high == math.inf else (low + high) / 2
            continue
        if below:
            log_b = math.log(g / 2) + e
            step = log_b * (log_beta - log_b) / log_beta * g * _SQRT_2PI / 2
            rises = log_b < log_beta
        else:
            missing = beta - g / 2 * math.exp(e)
            newton = missing * _SQRT_2PI * math.exp(-e)
            step = newton / (1 + newton * (x * x / (s * s * s) - s / 4) / 2)
            rises = missing > 0
        if abs(step) <= _CONVERGED * s:
            return s + step
        if rises:
            low = max(low, s)
        else:
            high = min(high, s)
        following = s + step
        if not low <= following <= high:
            following = 2 * s if high == math.inf else (low + high) / 2
        s = following
    return s
