"""The hidden course of one day: spot, volatility and activity, from the open to the last print.

Everything here is drawn once for a day from (seed, date) alone, on a grid of `STEP_NS`. Index 0 is
the market before the open, where spot is the previous close; index 1 is the instant of the open.
Nothing that is asked later, in whatever order, changes it.

Source: calibration notes "The market the simulator should look like", sections 2 and 9; the figures
stand beside the constants that carry them.
"""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from spymaster.core.batches import Floats
from spymaster.core.sessions import Session

NS: Final = 1_000_000_000
STEP_NS: Final = 100_000_000
"""Nanoseconds between two points of the path."""
STEPS_PER_S: Final = NS // STEP_NS
YEAR_S: Final = 365 * 86_400.0
"""Seconds in a year of the calendar clock, the one volatilities are quoted in."""

HALF_HOURS: Final = (12.5, 8.8, 8.2, 8.4, 8.2, 6.6, 5.9, 6.5, 5.6, 7.8, 5.9, 6.4, 9.0)
"""Percent of a day's volume by half hour from 09:30 (section 2, SPX same-day options)."""
BURST_SHAPE: Final = 0.6
"""Weibull shape of activity by second: quantiles 0.36, 2.7, 8.5, 16.6 times the mean at 50, 90, 99
and 99.9 %, as in section 9."""

_TRADING_YEAR_S = 252 * 23_400.0
_CALENDAR_TO_TRADING = math.sqrt(YEAR_S / _TRADING_YEAR_S)
_LEVEL = 600.0
_FLOOR_S = 45.0  # time value left at and after the close: holders may still be exercised
_PEAK = 40.0  # the busiest second of a day, relative to its mean
_LATE_RATE = 0.03  # activity after the close, relative to the day's mean


@dataclass(frozen=True, slots=True)
class DayPath:
    """What nobody in the market can see. Arrays are read-only, one row for each grid point."""

    session: Session
    previous_close: float
    """Dollars a share, at the close of the session before."""
    spot: Floats
    """Dollars a share."""
    atm_vol: Floats
    """At-the-money volatility to this session's close, decimal, calendar year."""
    years: Floats
    """Calendar years to the close, floored so that prices keep some time value."""
    activity: Floats
    """Relative rate of orders for each second from the open; mean about 1 over the session."""
    put_share: Floats
    """Share of volume in puts, for each second."""
    buy_share: Floats
    """Share of orders that lift the ask, for each second."""

    def index(self, at_ns: int) -> int:
        """Grid index in force at an instant; 0 before the open, the last one after the end."""
        step = (at_ns - self.session.open_ns) // STEP_NS + 1
        return min(max(step, 0), len(self.spot) - 1)


def make_path(session: Session, seed: int) -> DayPath:
    """Draw the day of a session."""
    rng = np.random.default_rng([seed, session.date.toordinal(), 1])
    seconds = (session.end_ns - session.open_ns) // NS
    regular = (session.close_ns - session.open_ns) // NS
    steps = seconds * STEPS_PER_S + 1
    time_s = np.arange(steps) / STEPS_PER_S
    open_price, previous = _opening(session.date, seed)

    # Of a trading year, 12-18 %.
    realised = min(max(0.145 * math.exp(0.1 * rng.standard_normal()), 0.12), 0.18)
    news = rng.random() < 2 / 3  # 14:00 jumps on two of three days
    shape = _variance_shape(time_s / regular)
    noise = rng.standard_normal(steps)
    level = np.exp(0.3 * ornstein_uhlenbeck(rng.standard_normal(steps), 1200 * STEPS_PER_S) - 0.045)
    if news:
        level *= 1 + 1.2 * np.exp(-np.abs(time_s - 16_200) / 500) * (time_s >= 16_200)
    inside = slice(0, regular * STEPS_PER_S)
    level /= math.sqrt(float(np.mean(shape[inside] * level[inside] ** 2)))
    step_sd = realised * np.sqrt(shape / (_TRADING_YEAR_S * STEPS_PER_S)) * level
    returns = noise * step_sd
    returns[0] = 0.0
    if news:
        at = min(16_200 * STEPS_PER_S + int(rng.integers(0, 40)), steps - 1)
        returns[at : at + 5] += rng.normal(0, 0.0007, len(returns[at : at + 5]))
    log_spot = np.cumsum(returns)

    years = np.maximum(regular - time_s, _FLOOR_S) / YEAR_S
    # Options cost a little more than the variance left to come, and move against spot.
    left = _variance_left(shape, regular * STEPS_PER_S) / STEPS_PER_S
    rate = left / np.maximum(regular - time_s, _FLOOR_S)
    leverage = -2.5 * (log_spot - _trailing(log_spot, 1800 * STEPS_PER_S))
    wander = 0.06 * ornstein_uhlenbeck(rng.standard_normal(steps), 900 * STEPS_PER_S)
    premium = 1.08 * np.exp(np.clip(leverage + wander, -0.5, 0.5))
    atm = realised * _CALENDAR_TO_TRADING * np.sqrt(np.clip(rate, 0.6, 2.0)) * premium

    spot = open_price * np.exp(log_spot)
    activity = _activity(rng, int(seconds), int(regular), news=news)
    slow = ornstein_uhlenbeck(rng.standard_normal(seconds), 2400)
    put_share = np.clip(0.53 + 0.02 * rng.standard_normal() + 0.012 * slow, 0.45, 0.62)
    fast = ornstein_uhlenbeck(rng.standard_normal(seconds), 120)
    path = DayPath(
        session=session,
        previous_close=previous,
        spot=np.concatenate(([previous], spot)),
        atm_vol=np.concatenate((atm[:1], atm)),
        years=np.concatenate((years[:1], years)),
        activity=activity,
        put_share=put_share,
        buy_share=np.clip(0.5 + 0.06 * fast, 0.3, 0.7),
    )
    for column in (path.spot, path.atm_vol, path.years, activity, put_share, path.buy_share):
        column.flags.writeable = False
    return path


@njit(cache=True, nogil=True)
def ornstein_uhlenbeck(noise: Floats, steps: float) -> Floats:
    """Standard normal noise turned into a unit-variance process that forgets over ``steps``."""
    keep = math.exp(-1.0 / steps)
    add = math.sqrt(1.0 - keep * keep)
    out = np.empty_like(noise)
    out[0] = noise[0]
    for i in range(1, len(noise)):
        out[i] = keep * out[i - 1] + add * noise[i]
    return out


@njit(cache=True, nogil=True)
def _trailing(values: Floats, steps: float) -> Floats:
    weight = 1.0 / steps
    out = np.empty_like(values)
    out[0] = values[0]
    for i in range(1, len(values)):
        out[i] = out[i - 1] + weight * (values[i] - out[i - 1])
    return out


def opening_price(date: dt.date, seed: int) -> float:
    """Where spot opens on a date, dollars; known without drawing the day."""
    return _opening(date, seed)[0]


def _opening(date: dt.date, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng([seed, date.toordinal(), 2])
    wave = 12 * math.sin(date.toordinal() / 19 + seed % 97)
    price = _LEVEL + wave + rng.normal(0, 1.5)
    previous = price * (1 + rng.normal(0, 0.0025))
    return round(price, 2), round(previous, 2)


def _variance_shape(part: Floats) -> Floats:
    """Variance of returns through the session, mean about 1: a U, higher at the open."""
    inside = np.clip(part, 0.0, 1.0)
    shape = (
        0.62 + 1.9 * np.exp(-inside / 0.055) + 0.28 * inside**2 + 0.7 * np.exp(-(1 - inside) / 0.04)
    )
    shape[part > 1] = 0.15
    return np.asarray(shape, dtype=np.float64)


def _variance_left(shape: Floats, regular_steps: int) -> Floats:
    left = np.zeros_like(shape)
    left[:regular_steps] = np.cumsum(shape[:regular_steps][::-1])[::-1]
    return left


def _activity(rng: np.random.Generator, seconds: int, regular: int, *, news: bool) -> Floats:
    """Orders by second: the day's shape times a bursty rate with memory.

    A Poisson stream is far too smooth. The multiplier is Weibull with a Gaussian copula: a slow
    part (minutes), a fast part (seconds) and one of its own for each second, which gives the
    measured autocorrelation of 0.2-0.28 at 1 s and 0.08-0.1 at 60 s.
    """
    slow = ornstein_uhlenbeck(rng.standard_normal(seconds), 400)
    fast = ornstein_uhlenbeck(rng.standard_normal(seconds), 4)
    own = rng.standard_normal(seconds)
    z = math.sqrt(0.22) * slow + math.sqrt(0.24) * fast + math.sqrt(0.54) * own
    tail = np.array([max(0.5 * math.erfc(value / math.sqrt(2)), 1e-12) for value in z])
    burst = (-np.log(tail)) ** (1 / BURST_SHAPE) / math.gamma(1 + 1 / BURST_SHAPE)
    burst = np.minimum(burst, _PEAK)
    shape = _volume_shape(seconds, regular)
    if news and seconds > 16_260:
        shape[16_200:16_260] *= 1.5
    return _held_to(shape, shape * burst, rng)


def _held_to(shape: Floats, activity: Floats, rng: np.random.Generator) -> Floats:
    """Keep each half hour near its share of the day, which the slow bursts would blur."""
    out = activity.copy()
    for start in range(0, len(shape), 1800):
        part = slice(start, start + 1800)
        wanted = shape[part].mean() * math.exp(0.04 * rng.standard_normal())
        out[part] *= wanted / max(float(out[part].mean()), 1e-9)
    return np.asarray(out, dtype=np.float64)


def _volume_shape(seconds: int, regular: int) -> Floats:
    """`HALF_HOURS` as a smooth curve by second whose half-hour means are those of the table."""
    target = np.array(HALF_HOURS) / np.mean(HALF_HOURS)
    middles = (np.arange(len(target)) + 0.5) / len(target)
    part = (np.arange(regular) + 0.5) / regular
    bins = np.minimum((part * len(target)).astype(int), len(target) - 1)
    knots = target.copy()
    curve = np.interp(part, middles, knots)
    for _ in range(8):
        means = np.bincount(bins, curve) / np.bincount(bins)
        knots *= target / means
        curve = np.interp(part, middles, knots)
    curve[: regular // 26] *= 1.04  # the first quarter hour carries 6.6 % of the day
    out = np.full(seconds, _LATE_RATE)
    out[:regular] = curve
    fade = np.exp(-np.arange(seconds - regular) / 200.0)
    out[regular:] = _LATE_RATE + 0.25 * fade
    return out
