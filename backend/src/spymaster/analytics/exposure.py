"""Exposures of the dealers: what they would have to trade when spot, volatility or time moves.

Everything customers hold, dealers hold with the opposite sign. How much that is nobody publishes,
so a `Convention` assumes it, and each figure is shown with the name of the one it rests on.

An exposure is that of one contract held long, times the contracts that dealers hold:

    DEX   M delta S                $ of delta: the static hedge is -DEX
    GEX   M gamma S^2 / 100        $ of delta per +1 % of spot: dealers then trade -GEX
    VEX   M vanna_pt S             $ of delta per +1 volatility point
    CHEX  M charm / 8760 S         $ of delta per hour passing

Rates are 0, as for any same-day expiry; volatility stays with its strike when spot moves (sticky
strike). Columns have a row for each contract; NaN is unknown and stays out of sums.

Source: analytics sheet, section 3.
"""

import math
from typing import Final, Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import (
    VOLATILITY_POINT,
    YEAR_HOURS,
    delta_and_gamma,
    greeks,
    vega_theta_vanna_charm,
)

type Column = NDArray[np.float64]
type Flags = NDArray[np.bool_]
type Convention = Literal["A", "B", "C", "D"]

FINITE_SHARE: Final = 0.005
"""Half of the centred move of 1 % that the finite GEX is taken over."""
FLIP_REACH: Final = 0.03
FLIP_STEP: Final = 0.0005
"""Share of spot that the search for zeros of GEX reaches to each side, and its step."""
FLIP_DEVIATIONS: Final = 4.0
"""Once the step is coarse for the gamma of one strike, the search reaches so far instead."""
_FLIP_STEPS = 60
_FLIP_WITHIN = 0.001
_NOTHING = 1e-9


def dealer_positions(
    convention: Convention,
    is_call: Flags,
    open_interest: Column,
    customers: Column,
    base: float = 0.0,
) -> Column:
    """Contracts that dealers hold, negative for short; NaN where it takes unknown open interest.

    Args:
        convention: A, naive: long every call, short every put. B, absolute: all open interest,
            unsigned. C: short all open interest. D, flow-adjusted: ``base`` times the position of
            A, less what customers bought today.
        is_call: True for a call.
        open_interest: Contracts at the end of the previous session.
        customers: Contracts that customers bought today net of those sold, each print by its
            weight.
        base: Share of A that D starts with, -1 to 1; at 0 open interest does not matter.
    """
    naive = np.where(is_call, open_interest, -open_interest)
    match convention:
        case "A":
            return naive
        case "B":
            return open_interest.copy()
        case "C":
            return -open_interest
        case "D":
            return -customers if base == 0 else base * naive - customers


class Exposures(NamedTuple):
    """Exposures of one contract held long, a row for each contract."""

    gex: Column
    gex_per_dollar: Column
    """Shares per +$1."""
    gex_finite: Column
    """$ of delta over a centred move of 1 %."""
    dex: Column
    vex: Column
    chex: Column


def exposures_of_one(
    is_call: Flags,
    strike: Column,
    volatility: Column,
    multiplier: Column,
    spot: float,
    years: float,
) -> Exposures:
    """What one contract of each adds; NaN where the volatility is unknown."""
    now = greeks(is_call, spot, strike, years, volatility)
    up = greeks(is_call, spot * (1 + FINITE_SHARE), strike, years, volatility)
    down = greeks(is_call, spot * (1 - FINITE_SHARE), strike, years, volatility)
    dollars = multiplier * spot
    return Exposures(
        gex=dollars * spot * now.gamma / 100,
        gex_per_dollar=multiplier * now.gamma,
        gex_finite=dollars * (up.delta - down.delta),
        dex=dollars * now.delta,
        vex=dollars * now.vanna * VOLATILITY_POINT,
        chex=dollars * now.charm / YEAR_HOURS,
    )


def total(positions: Column, of_one: Column) -> float:
    """Sum of an exposure over the contracts that it is known for; NaN if it is for none."""
    values = positions * of_one
    known = values[~np.isnan(values)]
    return math.fsum(known) if len(known) else math.nan


def standard_error(variance: Column, of_one: Column) -> float:
    """Of the total of an exposure, from what is unsure about the customers' positions.

    Args:
        variance: Of each contract's net position, contracts squared: the sum over its prints of
            size^2 * 4 p (1 - p), p being the confidence in its side.
        of_one: The exposure of one contract.
    """
    terms = variance * of_one**2
    return math.sqrt(float(np.nansum(terms)))


def headline(spot: float, deviation: float) -> Literal["local", "finite"]:
    """Which GEX is shown first: the finite one once a standard deviation is below 0.5 % of spot."""
    return "finite" if deviation < FINITE_SHARE * spot else "local"


def exposure_by_strike(
    of_charm: bool,
    spot: Column,
    years: Column,
    strike: Column,
    place: NDArray[np.intp],
    volatility: Column,
    shares: Column,
    strikes: int,
) -> Column:
    """GEX, or CHEX, of each strike at several moments.

    Args:
        of_charm: CHEX, not GEX.
        spot: Dollars, of each moment.
        years: To the close, at each moment.
        strike: Dollars, of each contract.
        place: The place of each contract's strike among the columns of the result.
        volatility: A row for each moment, a column for each contract.
        shares: Dealers' contracts times shares per contract; likewise.
        strikes: How many columns.

    Returns:
        A row for each moment; NaN where a strike has no contract whose exposure is known.
    """
    table = np.full((len(spot), strikes), math.nan)
    _fill(of_charm, spot, years, strike, place.astype(np.int64), volatility, shares, table)
    return table


@njit(cache=True, nogil=True)
def _fill(of_charm, spot, years, strike, place, volatility, shares, table):  # type: ignore[no-untyped-def]
    for row in range(len(spot)):
        for column in range(len(strike)):
            s, k = spot[row], strike[column]
            t, sigma = years[row], volatility[row, column]
            if of_charm:
                _, _, _, charm = vega_theta_vanna_charm(s, k, t, sigma)
                each = charm / YEAR_HOURS
            else:
                _, gamma = delta_and_gamma(True, s, k, t, sigma)
                each = s * gamma / 100
            value = shares[row, column] * s * each
            if not math.isnan(value):
                held = table[row, place[column]]
                table[row, place[column]] = value if math.isnan(held) else held + value


class GammaFlips(NamedTuple):
    """The spots at which GEX would be zero."""

    roots: Column
    """Dollars, lowest first, each good to $0.001."""
    reach: float
    """Dollars to each side of spot that were searched."""
    sign: int
    """Of GEX where no root is found; 0 where there is no gamma at all."""

    def nearest(self, spot: float) -> float:
        """The root nearest to spot; NaN for none."""
        if not len(self.roots):
            return math.nan
        return float(self.roots[np.argmin(np.abs(self.roots - spot))])


def gamma_flips(
    strike: Column,
    volatility: Column,
    shares: Column,
    spot: float,
    years: float,
    deviation: float,
) -> GammaFlips:
    """Re-price the whole chain's gamma over a grid of spots, and halve down to each change of sign.

    Args:
        strike: Dollars.
        volatility: Decimal a year.
        shares: Dealers' contracts times shares per contract.
        spot: Dollars.
        years: To the close.
        deviation: One standard deviation of spot to the close, dollars.
    """
    reach, step = spot * FLIP_REACH, spot * FLIP_STEP
    if deviation < 2 * step:
        reach = FLIP_DEVIATIONS * deviation
        step = reach / _FLIP_STEPS
    used = ~np.isnan(volatility) & ~np.isnan(shares) & (shares != 0)
    grid = spot + step * np.arange(-round(reach / step), round(reach / step) + 1)
    roots, sign = _roots(
        grid, strike[used], volatility[used] * math.sqrt(years), shares[used].astype(np.float64)
    )
    return GammaFlips(roots, reach, int(sign))


@njit(cache=True, nogil=True)
def _gamma_at(spot, strike, deviation, shares):  # type: ignore[no-untyped-def]
    """(net, gross) gamma of the chain at a spot, without the factor 1 / sqrt(2 pi)."""
    net = gross = 0.0
    for row in range(len(strike)):
        v = deviation[row]
        d1 = math.log(spot / strike[row]) / v + v / 2
        gamma = shares[row] * math.exp(-d1 * d1 / 2) / (spot * v)
        net += gamma
        gross += abs(gamma)
    return net, gross


@njit(cache=True, nogil=True)
def _roots(grid, strike, deviation, shares):  # type: ignore[no-untyped-def]
    """(where net gamma changes sign on the grid, its sign at the end)."""
    net, gross = np.empty(len(grid)), np.empty(len(grid))
    for place in range(len(grid)):
        net[place], gross[place] = _gamma_at(grid[place], strike, deviation, shares)
    floor = _NOTHING * gross.max()
    roots = np.empty(len(grid))
    found, last, sign = 0, -1, 0
    for place in range(len(grid)):
        # Where next to nothing is at stake, or all of it cancels, a sign is only rounding.
        if gross[place] <= floor or abs(net[place]) <= 1e-12 * gross[place]:
            continue
        here = 1 if net[place] > 0 else -1
        if last >= 0 and here != sign:
            low, high = grid[last], grid[place]
            while high - low > _FLIP_WITHIN:
                middle = (low + high) / 2
                value, _ = _gamma_at(middle, strike, deviation, shares)
                if (value > 0) == (sign > 0):
                    low = middle
                else:
                    high = middle
            roots[found] = (low + high) / 2
            found += 1
        last, sign = place, here
    return roots[:found], sign
