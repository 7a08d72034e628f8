"""What stands out in a day's flow: pure functions over columns, one row a bar.

NaN is unknown, in and out. A bar without prints is 0, not missing. What is usual is what earlier
sessions did in the same minute of day; with fewer than `LEAST_SESSIONS` of them it is what today
did until the bar, recent bars counting for more. None of these signals is a proven predictor.

Source: analytics sheet, section 7.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics.medians import weighted_median

type Floats = NDArray[np.float64]

LEAST_SESSIONS: Final = 10
SESSIONS: Final = 20
"""So many sessions back, at most, tell what is usual."""
USUAL_HALF_LIFE_S: Final = 900.0
WARM_UP_BARS: Final = 30
FLOW_HALF_LIFE_S: Final = 60.0
"""Of the smoothing of velocity and acceleration."""
DIVERGENCE_S: Final = 900
_REMEMBERED_BARS: Final = 360
"""An hour of 10 s bars: four half-lives. Medians of today look back no further, whatever the bar's
length, since they cost a sort each."""
_MAD_TO_SD: Final = 1.4826
_BURST_RATIO: Final = 5.0
_BURST_PRINTS: Final = 20
_DIVERGES: Final = 1.0
_REARMS: Final = 0.5
_SMALL: Final = 1e-12
"""A deviation of no more than this share of the values is rounding, not deviation."""


def z_score(values: Floats, history: Floats) -> Floats:
    """How many standard deviations each value is from the mean of its history.

    Args:
        values: One a bar.
        history: ``[bars, samples]``: the same minute of earlier sessions, NaN for none.

    Returns:
        NaN where the samples do not differ, or are fewer than two.
    """
    known = ~np.isnan(history)
    count = known.sum(axis=1)
    mean = _divided(np.where(known, history, 0.0).sum(axis=1), count)
    squares = np.where(known, (history - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return _standardised(values, mean, np.sqrt(_divided(squares, count - 1)))


def robust_z(values: Floats, history: Floats) -> Floats:
    """Like `z_score`, from the median and the median absolute deviation; alerts go by this one."""
    median = _medians(history)
    deviation = _medians(np.abs(history - median[:, None]))
    return _standardised(values, median, _MAD_TO_SD * deviation)


def z_of_today(values: Floats, bar_s: float) -> Floats:
    """How far each value is from what the day's earlier bars tell, in standard deviations.

    Mean and variance weigh a bar by half for each 15 minutes of age; NaN for the first 30 bars and
    where they have not differed.
    """
    mean, deviation = _running(values, _alpha(bar_s, USUAL_HALF_LIFE_S), WARM_UP_BARS)
    return _standardised(values, mean, deviation)


def robust_z_of_today(values: Floats, bar_s: float) -> Floats:
    """Like `z_of_today`, from the weighted median and the weighted median absolute deviation."""
    median, deviation = _running_medians(
        values, _alpha(bar_s, USUAL_HALF_LIFE_S), WARM_UP_BARS, _REMEMBERED_BARS
    )
    return _standardised(values, median, _MAD_TO_SD * deviation)


def usual_today(values: Floats, bar_s: float) -> Floats:
    """The weighted median of the day's earlier bars; NaN for the first 30."""
    median: Floats
    median, _ = _running_medians(
        values, _alpha(bar_s, USUAL_HALF_LIFE_S), WARM_UP_BARS, _REMEMBERED_BARS
    )
    return median


def standardised(
    values: Floats, bar_s: float, history: Floats | None = None
) -> tuple[Floats, Floats]:
    """(z, robust z) by earlier sessions where there are enough of them, else by today.

    Args:
        values: One a bar.
        bar_s: Seconds in a bar.
        history: ``[bars, sessions, samples]``, the newest sessions last.
    """
    recent = _recent(history)
    if recent is not None:
        return z_score(values, recent), robust_z(values, recent)
    return z_of_today(values, bar_s), robust_z_of_today(values, bar_s)


def usual(values: Floats, bar_s: float, history: Floats | None = None) -> Floats:
    """The median by earlier sessions where there are enough of them, else by today."""
    recent = _recent(history)
    return usual_today(values, bar_s) if recent is None else _medians(recent)


def _recent(history: Floats | None) -> Floats | None:
    """``[bars, samples]`` of the last sessions; None where they are too few."""
    if history is None or history.shape[1] < LEAST_SESSIONS:
        return None
    return history[:, -SESSIONS:].reshape(len(history), -1)


def velocity(flow: Floats, bar_s: float) -> Floats:
    """Flow a second; ``flow`` is that of each bar."""
    return np.divide(flow, bar_s)


def acceleration(flow: Floats, bar_s: float) -> Floats:
    """Change of velocity a second, of each bar but the first; noisy, so show it smoothed."""
    return np.diff(flow) / bar_s**2


def smoothed(
    values: Floats, bar_s: float, half_life_s: float = FLOW_HALF_LIFE_S, start: float = 0.0
) -> Floats:
    """Exponential moving average that starts from ``start`` before the first bar."""
    averages: Floats = _ema(values, _alpha(bar_s, half_life_s), start)
    return averages


def premium_vwap(price: Floats, size: Floats) -> float:
    """Mean price by contracts, dollars a share; NaN without volume.

    Leave cancels, what they took back and compression (condition 247) out.
    """
    return _ratio(float((price * size).sum()), float(size.sum()))


def premium_weighted_strike(strike: Floats, premium: Floats) -> float:
    """Where the premium went, dollars; NaN without premium. Calls and puts apart."""
    return _ratio(float((strike * premium).sum()), float(premium.sum()))


def volume_to_open_interest(volume: Floats, open_interest: Floats) -> Floats:
    """Day's volume by the open interest before it; NaN where that is 0 or unknown."""
    return _divided(volume, open_interest)


def bursts(prints: Floats, usual: Floats) -> NDArray[np.bool_]:
    """Where prints come at 5 times their usual rate or more, and are 20 at least.

    Args:
        prints: Number of prints in each bar.
        usual: Their median; NaN while unknown: then nothing is a burst.
    """
    return (prints >= _BURST_PRINTS) & (prints >= _BURST_RATIO * usual)


class Divergences(NamedTuple):
    """Where flow and price begin to part, one row a bar."""

    direction: NDArray[np.int8]
    """+1 bullish (price falls, customers buy), -1 bearish, 0 none begins here."""
    strength: Floats
    """Standard deviations; NaN where none begins."""


def divergences(spot_z: Floats, pressure_z: Floats) -> Divergences:
    """Find where spot's and hedging pressure's changes over 15 minutes part by a deviation each.

    One is told once; the next only after either came back inside half a deviation.

    Args:
        spot_z: Spot's change over `DIVERGENCE_S`, standardised; NaN unknown.
        pressure_z: The same of cumulative hedging pressure.
    """
    direction, strength = _diverge(spot_z, pressure_z)
    return Divergences(direction, strength)


def change_over(values: Floats, bars: int) -> Floats:
    """Each value less the one so many bars before it; NaN for the first of them."""
    changed = np.full(len(values), np.nan)
    if bars < len(values):
        changed[bars:] = values[bars:] - values[:-bars]
    return changed


def _alpha(bar_s: float, half_life_s: float) -> float:
    return float(-math.expm1(-math.log(2) * bar_s / half_life_s))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _divided(part: NDArray[np.number], whole: NDArray[np.number]) -> Floats:
    quotient = np.full(len(part), np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def _medians(samples: Floats) -> Floats:
    """Of each row, NaN aside."""
    ordered = np.sort(samples, axis=1)  # NaN last
    count = (~np.isnan(samples)).sum(axis=1)
    medians = np.full(len(samples), np.nan)
    rows = np.flatnonzero(count)
    high = ordered[rows, count[rows] // 2]
    medians[rows] = (ordered[rows, (count[rows] - 1) // 2] + high) / 2
    return medians


def _standardised(values: Floats, middle: Floats, deviation: Floats) -> Floats:
    scores = np.full(len(values), np.nan)
    differs = deviation > _SMALL * np.maximum(np.abs(middle), np.abs(values))
    np.divide(values - middle, deviation, out=scores, where=differs)
    return scores


@njit(cache=True)
def _ema(values, alpha, start):  # type: ignore[no-untyped-def]
    averages = np.empty(len(values))
    average = start
    for row in range(len(values)):
        average += alpha * (values[row] - average)
        averages[row] = average
    return averages


@njit(cache=True, nogil=True)
def _running(values, alpha, warm_up):  # type: ignore[no-untyped-def]
    """(mean, deviation) of the values before each, the recent ones counting for more."""
    means = np.full(len(values), np.nan)
    deviations = np.full(len(values), np.nan)
    weight = mean = squares = 0.0
    seen = 0
    for row in range(len(values)):
        if seen >= warm_up:
            means[row], deviations[row] = mean, np.sqrt(squares / weight)
        if np.isnan(values[row]):
            continue
        weight = weight * (1 - alpha) + 1
        squares *= 1 - alpha
        off = values[row] - mean
        mean += off / weight
        squares += off * (values[row] - mean)
        seen += 1
    return means, deviations


@njit(cache=True, nogil=True)
def _running_medians(values, alpha, warm_up, memory):  # type: ignore[no-untyped-def]
    """(median, median absolute deviation) of the values before each, weighted like `_running`."""
    medians = np.full(len(values), np.nan)
    deviations = np.full(len(values), np.nan)
    kept = np.empty(len(values))
    weights = (1 - alpha) ** np.arange(memory)[::-1]
    seen = 0
    for row in range(len(values)):
        if seen >= warm_up:
            count = min(seen, memory)
            recent, weight = kept[seen - count : seen], weights[memory - count :]
            medians[row] = weighted_median(recent, weight)
            deviations[row] = weighted_median(np.abs(recent - medians[row]), weight)
        if not np.isnan(values[row]):
            kept[seen] = values[row]
            seen += 1
    return medians, deviations


@njit(cache=True)
def _diverge(spot_z, pressure_z):  # type: ignore[no-untyped-def]
    direction = np.zeros(len(spot_z), dtype=np.int8)
    strength = np.full(len(spot_z), np.nan)
    armed = True
    for row in range(len(spot_z)):
        spot, pressure = spot_z[row], pressure_z[row]
        apart = abs(spot) > _DIVERGES and abs(pressure) > _DIVERGES and spot * pressure < 0
        if apart and armed:
            direction[row] = -1 if spot > 0 else 1
            strength[row] = min(abs(spot), abs(pressure))
            armed = False
        elif abs(spot) <= _REARMS or abs(pressure) <= _REARMS:
            armed = True
    return direction, strength
