"""How far spot is expected to move by the close, and where it may be pinned.

The 0.85 straddle that many pages call one standard deviation covers about 50 %; it is given under
its own name.

Source: analytics sheet, 3.5 and 3.6.
"""

import math
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import greeks

type Column = NDArray[np.float64]

DEVIATIONS_A_STRADDLE: Final = math.sqrt(math.pi / 2)
"""One standard deviation over the straddle at the forward, 1.2533."""
STRADDLE_MOVE: Final = 0.85
_NORMAL = NormalDist()


def deviation(forward: float, atm_volatility: float, years: float) -> float:
    """One standard deviation of spot to expiry, dollars: about 68 % end inside of it."""
    return forward * atm_volatility * math.sqrt(years)


def straddle_at_forward(forward: float, atm_volatility: float, years: float) -> float:
    """Call and put struck at the forward, dollars.

    The straddles of listed strikes beside the forward are dearer; so the volatility on the line
    between these (`smile.at_forward`) is what is priced.
    """
    both = greeks([True, False], forward, forward, years, atm_volatility)
    return float(both.price.sum())


def deviation_of_straddle(straddle: float) -> float:
    """The standard deviation that a straddle at the forward amounts to, dollars."""
    return DEVIATIONS_A_STRADDLE * straddle


def straddle_move(straddle: float) -> float:
    """0.85 straddle, dollars: about 50 % end inside of it."""
    return STRADDLE_MOVE * straddle


def pin_probability(strike: Column, half_width: float, forward: float, spread: float) -> Column:
    """Probability that spot ends within ``half_width`` dollars of each strike.

    Args:
        strike: Dollars.
        half_width: Dollars.
        forward: Dollars.
        spread: One standard deviation of spot to expiry, dollars.
    """
    return np.array(
        [
            _NORMAL.cdf((k + half_width - forward) / spread)
            - _NORMAL.cdf((k - half_width - forward) / spread)
            for k in strike
        ]
    )


def magnet(absolute_gamma: Column, probability: Column) -> Column:
    """How strongly each strike may hold spot, $ per 1 %: gamma at stake times the probability.

    Pinning takes dealers that are long gamma; where they are short, the same strike repels.

    Args:
        absolute_gamma: GEX by convention B.
        probability: That spot ends there.
    """
    return absolute_gamma * probability
