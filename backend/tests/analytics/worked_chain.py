"""The worked chain of the analytics sheet, 3.2, and the five prints of 2.3 on it."""

import numpy as np

from spymaster.analytics.black_scholes import YEAR_SECONDS

SPOT = 600.25
SECONDS = 7_200
YEARS = SECONDS / YEAR_SECONDS
STRIKES = np.arange(595.0, 606.0)
SMILE = np.round(0.20 - 0.006 * (STRIKES - 600) + 0.0009 * (STRIKES - 600) ** 2, 4)
CALL_INTEREST = np.array(
    [400, 600, 900, 1_500, 2_600, 8_200, 6_400, 9_800, 7_100, 4_300, 5_200], dtype=np.float64
)
PUT_INTEREST = np.array(
    [9_100, 6_200, 7_800, 8_900, 6_900, 7_400, 2_100, 900, 500, 300, 200], dtype=np.float64
)

# Contracts: all calls, then all puts.
IS_CALL = np.repeat([True, False], len(STRIKES))
STRIKE = np.tile(STRIKES, 2)
VOLATILITY = np.tile(SMILE, 2)
OPEN_INTEREST = np.concatenate([CALL_INTEREST, PUT_INTEREST])
MULTIPLIER = np.full(len(STRIKE), 100.0)

# (strike, is call, side, size, confidence)
PRINTS = [
    (600, True, 1, 500, 0.70),
    (600, False, 1, 300, 0.70),
    (602, True, -1, 800, 0.65),
    (598, False, -1, 400, 0.72),
    (601, True, 1, 250, 0.53),
]


def customers() -> np.ndarray:
    """Net contracts bought, each print by its weight."""
    held = np.zeros(len(STRIKE))
    for strike, is_call, side, size, confidence in PRINTS:
        held[(strike == STRIKE) & (is_call == IS_CALL)] += (2 * confidence - 1) * side * size
    return held


def variance() -> np.ndarray:
    found = np.zeros(len(STRIKE))
    for strike, is_call, _, size, confidence in PRINTS:
        found[(strike == STRIKE) & (is_call == IS_CALL)] += (
            size**2 * 4 * confidence * (1 - confidence)
        )
    return found


def by_strike(values: np.ndarray) -> np.ndarray:
    """Call and put together."""
    return np.asarray(values[: len(STRIKES)] + values[len(STRIKES) :])
