"""The smile: volatility by strike, and what it says at the forward and at 25 delta.

Only out-of-the-money sides speak: an option in the money has lost the digits. Columns have a row
for each strike, lowest first; NaN is unknown. With rates at 0, spot is the forward.

Source: analytics sheet, 3.4, 4.2 and 4.6.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import VOLATILITY_POINT, greeks
from spymaster.analytics.finding import Finding
from spymaster.analytics.implied_vol import implied_volatility

type Column = NDArray[np.float64]

TRADING_MINUTES: Final = 252 * 390
SESSION_CLOCK: Final = math.sqrt(TRADING_MINUTES / 525_600)
"""Volatility on the trading clock over that on the calendar's, for the same total variance."""
MIN_VEGA_POINT: Final = 0.001
MAX_BAND: Final = 0.5
MAX_VOLATILITY: Final = 5.0
"""A volatility is doubtful below this vega, $ a point; with a bid-ask band wider than this share of
the middle; or above this."""
SKEW_DELTA: Final = 0.25
MIN_DEVIATION_STEPS: Final = 1.5
"""Below so many strike steps of one standard deviation there is no 25-delta strike to speak of."""


def at_forward(strike: Column, volatility: Column, forward: float) -> float:
    """Volatility on the line between the two strikes around the forward; NaN outside of them."""
    known = ~np.isnan(volatility)
    if not known.any():
        return math.nan
    return float(np.interp(forward, strike[known], volatility[known], math.nan, math.nan))


def moneyness(strike: Column, forward: float, atm_volatility: float, years: float) -> Column:
    """Standard deviations from the forward, ``ln(K/F) / (sigma sqrt(T))``; negative below it."""
    return np.asarray(np.log(strike / forward) / (atm_volatility * math.sqrt(years)))


def strike_step(strike: Column, spot: float) -> float:
    """Dollars between the two listed strikes around spot; NaN outside of the chain."""
    place = int(np.searchsorted(strike, spot, side="right"))
    if not 0 < place < len(strike):
        return math.nan
    return float(strike[place] - strike[place - 1])


class Skew(NamedTuple):
    """How much dearer downside is than upside; positive: puts dear."""

    points: Finding
    """Volatility of the 25-delta put less that of the call, in points of 0.01."""
    normalised: Finding
    """The same difference as a share of the volatility at the forward."""


def skew_25_delta(strike: Column, volatility: Column, forward: float, years: float) -> Skew:
    """Volatility at 25 delta on both sides, on the line in |delta| between strikes."""
    atm = at_forward(strike, volatility, forward)
    deviation = forward * atm * math.sqrt(years)
    step = strike_step(strike, forward)
    if not deviation >= MIN_DEVIATION_STEPS * step:
        near = "one standard deviation is below 1.5 strike steps"
        missing = Finding(None, "no volatility around spot" if math.isnan(deviation) else near)
        return Skew(missing, missing)
    known = ~np.isnan(volatility)
    puts, calls = known & (strike <= forward), known & (strike >= forward)
    put = _at_delta(False, strike[puts][::-1], volatility[puts][::-1], forward, years)
    call = _at_delta(True, strike[calls], volatility[calls], forward, years)
    if math.isnan(put + call):
        side = "puts" if math.isnan(put) else "calls"
        missing = Finding(None, f"the volatility of {side} is not known as far as 25 delta")
        return Skew(missing, missing)
    return Skew(Finding((put - call) / VOLATILITY_POINT), Finding((put - call) / atm))


def _at_delta(
    is_call: bool, strike: Column, volatility: Column, forward: float, years: float
) -> float:
    """Volatility where |delta| falls through 0.25; strikes go outwards from the forward."""
    delta = np.abs(greeks(is_call, forward, strike, years, volatility).delta)
    through = np.flatnonzero((delta[:-1] >= SKEW_DELTA) & (delta[1:] <= SKEW_DELTA))
    if not len(through):
        return math.nan
    pair = slice(through[0], through[0] + 2)
    return float(np.interp(SKEW_DELTA, delta[pair][::-1], volatility[pair][::-1]))


class QuotedSmile(NamedTuple):
    """What the out-of-the-money quotes say, strike by strike."""

    is_call: NDArray[np.bool_]
    bid: Column
    mid: Column
    ask: Column
    """With no bid, only an upper bound."""
    doubtful: NDArray[np.bool_]
    """A tick moves it by points, or it is no volatility to believe."""


def quoted_smile(
    strike: Column,
    call_bid: Column,
    call_ask: Column,
    put_bid: Column,
    put_ask: Column,
    forward: float,
    years: float,
) -> QuotedSmile:
    """Volatility of bid, middle and ask of each strike's out-of-the-money side.

    Quotes are dollars; a bid of 0 is none. One-sided and crossed quotes say nothing, except that
    without a bid the ask's volatility bounds it from above.
    """
    is_call = strike >= forward
    bid, ask = np.where(is_call, call_bid, put_bid), np.where(is_call, call_ask, put_ask)
    asked = (ask > 0) & (ask >= bid)
    two_sided = asked & (bid > 0)
    prices = np.array(
        [
            np.where(two_sided, bid, math.nan),
            np.where(two_sided, (bid + ask) / 2, math.nan),
            np.where(asked, ask, math.nan),
        ]
    )
    solved, _ = implied_volatility(is_call, forward, strike, years, prices)
    low, middle, high = solved
    vega = greeks(is_call, forward, strike, years, middle).vega * VOLATILITY_POINT
    firm = (vega >= MIN_VEGA_POINT) & (high - low <= MAX_BAND * middle) & (middle <= MAX_VOLATILITY)
    return QuotedSmile(is_call, low, middle, high, ~firm)
