"""Price and greeks of European options, by Black and Scholes.

SPY's options are American; on their last day the difference is below 0.3 cents near the money at a
rate of 4 %, and nothing at rate 0, which is what a same-day expiry is priced with.

Time is in years of 365 days. Vega and vanna are per 1.00 of volatility, rho per 1.00 of rate;
theta, charm and color per year of time *passing*. `VOLATILITY_POINT`, `YEAR_DAYS`, `YEAR_HOURS`
and `YEAR_MINUTES` turn them into what a page shows. Edges: an unknown (NaN) input gives NaN, never
0; at or after expiry the price is intrinsic value, delta 0 or +-1 (+-0.5 at the strike), the other
greeks 0.

Source: analytics sheet, 4.1 to 4.5; Haug, "The Complete Guide to Option Pricing Formulas".
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from spymaster.core.compiling import inlined

YEAR_SECONDS: Final = 31_536_000
YEAR_DAYS: Final = 365
YEAR_HOURS: Final = 8_760
YEAR_MINUTES: Final = 525_600
VOLATILITY_POINT: Final = 0.01

_SQRT_HALF = math.sqrt(0.5)
_INVERSE_SQRT_2PI = 1 / math.sqrt(2 * math.pi)


class Greeks(NamedTuple):
    """What an option is worth and how that moves, a share; columns of equal length."""

    price: NDArray[np.float64]
    delta: NDArray[np.float64]
    gamma: NDArray[np.float64]
    vega: NDArray[np.float64]
    theta: NDArray[np.float64]
    rho: NDArray[np.float64]
    vanna: NDArray[np.float64]
    """Of delta, by volatility."""
    charm: NDArray[np.float64]
    """Of delta, by time passing."""
    speed: NDArray[np.float64]
    """Of gamma, by spot."""
    color: NDArray[np.float64]
    """Of gamma, by time passing."""
    vomma: NDArray[np.float64]
    """Of vega, by volatility."""


def greeks(
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    rate: float = 0.0,
    dividend: float = 0.0,
) -> Greeks:
    """Price and all greeks; columns and single values go together as in numpy.

    Args:
        is_call: True for a call, False for a put.
        spot: Dollars.
        strike: Dollars.
        years: To expiry.
        volatility: Decimal a year; NaN comes out where it is not above 0.
        rate: Continuous, decimal a year.
        dividend: Continuous yield, decimal a year.
    """
    calls = np.asarray(is_call, dtype=np.bool_)
    shape = np.broadcast_shapes(*map(np.shape, (calls, spot, strike, years, volatility)))
    table = _table(
        np.broadcast_to(calls, shape).ravel(),
        _flat(spot, shape),
        _flat(strike, shape),
        _flat(years, shape),
        _flat(volatility, shape),
        rate,
        dividend,
    )
    return Greeks(*(column.reshape(shape) for column in table))


def _flat(values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).ravel()


@inlined
def normal_cdf(value):  # type: ignore[no-untyped-def]
    """Probability that a standard normal variable is below a value."""
    return 0.5 * math.erfc(-value * _SQRT_HALF)


@inlined
def delta_and_gamma(is_call, spot, strike, years, volatility):  # type: ignore[no-untyped-def]
    """Delta and gamma at rate and dividend 0, for ``years`` and ``volatility`` above 0."""
    deviation = volatility * math.sqrt(years)
    d1 = math.log(spot / strike) / deviation + deviation / 2
    gamma = _INVERSE_SQRT_2PI * math.exp(-d1 * d1 / 2) / (spot * deviation)
    return (normal_cdf(d1) if is_call else -normal_cdf(-d1)), gamma


@inlined
def vega_theta_vanna_charm(spot, strike, years, volatility):  # type: ignore[no-untyped-def]
    """Of a call or a put alike at rate and dividend 0, for ``years`` and ``volatility`` above 0.

    Vega and vanna are per 1.00 of volatility, theta and charm per year of time passing.
    """
    root = math.sqrt(years)
    deviation = volatility * root
    d1 = math.log(spot / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    density = _INVERSE_SQRT_2PI * math.exp(-d1 * d1 / 2)
    vega = spot * density * root
    rate = 0.5 / years
    return vega, -vega * volatility * rate, -density * d2 / volatility, density * d2 * rate


@njit(cache=True)
def price_of(is_call, spot, strike, years, volatility):  # type: ignore[no-untyped-def]
    """Price at rate and dividend 0, for ``years`` and ``volatility`` above 0."""
    deviation = volatility * math.sqrt(years)
    d1 = math.log(spot / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    if is_call:
        return spot * normal_cdf(d1) - strike * normal_cdf(d2)
    return strike * normal_cdf(-d2) - spot * normal_cdf(-d1)


@njit(cache=True, nogil=True)
def _table(is_call, spot, strike, years, volatility, rate, dividend):  # type: ignore[no-untyped-def]
    table = np.full((11, len(spot)), np.nan)
    for row in range(len(spot)):
        s, k, t, sigma = spot[row], strike[row], years[row], volatility[row]
        if not (s > 0 and k > 0 and sigma > 0) or math.isnan(t + rate + dividend):
            continue
        h = 1.0 if is_call[row] else -1.0
        if t <= 0:
            table[:, row] = 0.0
            table[0, row] = max(0.0, h * (s - k))
            table[1, row] = h * (0.5 if s == k else (1.0 if h * (s - k) > 0 else 0.0))
            continue
        root = math.sqrt(t)
        v = sigma * root
        carry = rate - dividend
        d1 = (math.log(s / k) + carry * t) / v + v / 2
        d2 = d1 - v
        discount, growth = math.exp(-rate * t), math.exp(-dividend * t)
        density = growth * _INVERSE_SQRT_2PI * math.exp(-d1 * d1 / 2)
        n1, n2 = normal_cdf(h * d1), normal_cdf(h * d2)
        drift = 2 * carry * t - d2 * v
        gamma = density / (s * v)
        vega = s * density * root
        table[0, row] = h * (growth * s * n1 - discount * k * n2)
        table[1, row] = h * growth * n1
        table[2, row] = gamma
        table[3, row] = vega
        table[4, row] = (
            -s * density * sigma / (2 * root)
            - h * rate * k * discount * n2
            + h * dividend * s * growth * n1
        )
        table[5, row] = h * k * t * discount * n2
        table[6, row] = -density * d2 / sigma
        table[7, row] = h * dividend * growth * n1 - density * drift / (2 * t * v)
        table[8, row] = -gamma / s * (d1 / v + 1)
        table[9, row] = density / (2 * s * t * v) * (2 * dividend * t + 1 + d1 * drift / v)
        table[10, row] = vega * d1 * d2 / sigma
    return table
