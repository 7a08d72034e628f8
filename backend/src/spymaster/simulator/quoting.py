"""The best bid and offer of every contract, as a pure function of contract and time.

A quote is worked out from the day's path and a hash of (seed, contract, time), with no memory. So
any stretch of any contract can be made on demand, prints are priced off exactly the quote that the
stream showed, and nothing has to be kept. A contract's quote changes when its rounded prices do, or
when its size is refreshed; each change is one event, a little after its grid point.

Prices here are whole ticks of a cent. Theoretical prices are Black-Scholes with r = q = 0 and a
smile in standardised moneyness, which therefore gets steeper in strikes as the close comes nearer.

Source: calibration notes, sections 6 and 7 (spreads: the row of SPY 2025-05-16).
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import Floats, Ints
from spymaster.simulator.chain import Chain
from spymaster.simulator.path import STEP_NS, DayPath
from spymaster.simulator.venues import QUOTE_CUMULATIVE, QUOTE_VENUES

TICK: Final = 0.01
"""Dollars."""

# Width of the market in dollars by percent in the money (negative: out of the money).
_WIDTH_AT = np.array([-5.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.5, 3.5, 5.0])
_WIDTH = np.array([0.008, 0.009, 0.013, 0.018, 0.029, 0.055, 0.08, 0.10, 0.34, 0.55, 0.9])
_OVERNIGHT_VARIANCE = 0.0095**2  # of the next expiry beyond today's close
_CENTRED = 0.7  # share of the time that a maker quotes the same distance each side of a cent
_ONE_TICK = 0.72  # half width in ticks up to which a market is one tick wide
_NOISE_STEPS = 40  # a maker's width holds for about four seconds
_ODD_QUOTE = 1e-5  # chance of a locked, crossed or one-sided quote, a contract and grid point

_U11, _U27, _U30, _U31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_A, _B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_C = np.uint64(0x165667B19E3779F9)


class QuoteModel(NamedTuple):
    """All that decides a quote, in the form that compiled code takes."""

    key: np.uint64
    open_ns: int
    open_steps: int
    """Grid points up to the close."""
    spot: Floats
    atm_vol: Floats
    years: Floats
    strike: Floats
    is_call: NDArray[np.bool_]
    extra_variance: Floats
    """Variance of the logarithm of spot beyond today's close."""
    stride: Ints
    """Grid points between two looks of a maker at spot."""
    refresh: Ints
    """Mean grid points between two changes of size alone."""
    width_scale: Floats


@dataclass(frozen=True, slots=True)
class Quotes:
    """Quote events in columns, sorted by time. A missing side has price and size 0."""

    row: NDArray[np.int32]
    ts: Ints
    bid: NDArray[np.int32]
    """Ticks."""
    ask: NDArray[np.int32]
    bid_size: NDArray[np.int32]
    ask_size: NDArray[np.int32]
    bid_exchange: NDArray[np.int32]
    ask_exchange: NDArray[np.int32]
    sequence: Ints

    def __len__(self) -> int:
        return len(self.ts)


def make_quote_model(path: DayPath, chain: Chain, seed: int, quote_scale: float) -> QuoteModel:
    """Set up the quotes of a day; ``quote_scale`` makes size refreshes that much more frequent."""
    later = np.arange(len(chain)) >= chain.expiring
    away = np.abs(chain.strike / path.spot[1] - 1) * 100
    stride = np.where(later, 20, np.where(away > 2.5, 8, np.where(away > 1.2, 4, 2)))
    refresh = np.where(later, 900, np.clip(25 * np.exp(away * 0.9), 25, 500)) / max(
        quote_scale, 1e-6
    )
    rng = np.random.default_rng([seed, path.session.date.toordinal(), 4])
    return QuoteModel(
        key=np.uint64(rng.integers(0, 2**63)),
        open_ns=path.session.open_ns,
        open_steps=(path.session.close_ns - path.session.open_ns) // STEP_NS,
        spot=path.spot,
        atm_vol=path.atm_vol,
        years=path.years,
        strike=chain.strike,
        is_call=chain.is_call,
        extra_variance=np.where(later, _OVERNIGHT_VARIANCE, 0.0),
        stride=stride.astype(np.int64),
        refresh=np.maximum(2, refresh).astype(np.int64),
        width_scale=np.where(later, 1.3, 1.0),
    )


@njit(cache=True, nogil=True)
def _uniform(key: np.uint64, row: int, step: int, salt: int) -> float:
    x = key + np.uint64(row + 1) * _A + np.uint64(step + 7) * _B + np.uint64(salt + 1) * _C
    x = (x ^ (x >> _U30)) * _M1
    x = (x ^ (x >> _U27)) * _M2
    x ^= x >> _U31
    return float(x >> _U11) / 9007199254740992.0


@njit(cache=True, nogil=True)
def _normal(key: np.uint64, row: int, step: int, salt: int) -> float:
    total = 0.0
    for part in range(3):
        total += _uniform(key, row, step, salt + 16 * part)
    return 2.0 * (total - 1.5)


@njit(cache=True, nogil=True)
def deviation(model: QuoteModel, row: int, step: int) -> float:
    """Standard deviation of the logarithm of spot to expiry, with the smile of this strike."""
    variance = model.atm_vol[step] ** 2 * model.years[step] + model.extra_variance[row]
    flat = math.sqrt(variance)
    x = math.log(model.strike[row] / model.spot[step]) / flat
    x = min(max(x, -6.0), 6.0)
    return flat * max(0.7, 1.0 - 0.05 * x + 0.012 * x * x)


@njit(cache=True, nogil=True)
def theoretical(model: QuoteModel, row: int, step: int) -> float:
    """Fair value in dollars a share."""
    spot, strike = model.spot[step], model.strike[row]
    v = deviation(model, row, step)
    d1 = math.log(spot / strike) / v + 0.5 * v
    sign = 1.0 if strike >= spot else -1.0  # price the side that is out of the money
    out = 0.0
    if abs(d1) < 9.0:
        root2 = math.sqrt(2.0)
        out = (
            sign
            * 0.5
            * (spot * math.erfc(-sign * d1 / root2) - strike * math.erfc(-sign * (d1 - v) / root2))
        )
    intrinsic = spot - strike if model.is_call[row] else strike - spot
    return float(max(out, 0.0) + max(intrinsic, 0.0))


@njit(cache=True, nogil=True)
def greeks_at(
    model: QuoteModel, rows: NDArray[np.int32], times: Ints
) -> tuple[Floats, Floats, Floats]:
    """True spot (dollars), delta and gamma (per $1) of each (row, time)."""
    spots = np.empty(len(rows))
    deltas = np.empty(len(rows))
    gammas = np.empty(len(rows))
    last = len(model.spot) - 1
    for k in range(len(rows)):
        row = rows[k]
        step = min(max((times[k] - model.open_ns) // STEP_NS + 1, 0), last)
        spot = model.spot[step]
        v = deviation(model, row, step)
        d1 = math.log(spot / model.strike[row]) / v + 0.5 * v
        above = 0.5 * math.erfc(-d1 / math.sqrt(2.0))
        spots[k] = spot
        deltas[k] = above if model.is_call[row] else above - 1.0
        gammas[k] = math.exp(-0.5 * d1 * d1) / (math.sqrt(2.0 * math.pi) * spot * v)
    return spots, deltas, gammas


@njit(cache=True, nogil=True)
def _look(model: QuoteModel, row: int, step: int) -> int:
    """The grid point at which the maker last looked at spot."""
    if step <= 1:
        return step
    stride = model.stride[row]
    phase = row % stride
    return int(max(1, step - (step + phase) % stride))


@njit(cache=True, nogil=True)
def _version(model: QuoteModel, row: int, step: int) -> int:
    """Counts the refreshes of size: one at a random point of each stretch."""
    period = model.refresh[row]
    turn, inside = divmod(step, period)
    return int(turn if inside >= _uniform(model.key, row, turn, 3) * period else turn - 1)


@njit(cache=True, nogil=True)
def _venue(u: float) -> int:
    for place in range(len(QUOTE_VENUES)):
        if u < QUOTE_CUMULATIVE[place]:
            return int(QUOTE_VENUES[place])
    return int(QUOTE_VENUES[-1])


@njit(cache=True, nogil=True)
def quote_of(model: QuoteModel, row: int, step: int) -> tuple[int, int, int, int, int, int]:
    """Bid and ask (ticks), their sizes and venues, at a grid point."""
    look = _look(model, row, step)
    version = _version(model, row, step)
    spot, strike = model.spot[look], model.strike[row]
    fair = theoretical(model, row, look)
    away = (spot - strike) / spot * 100.0
    if not model.is_call[row]:
        away = -away
    width = np.interp(away, _WIDTH_AT, _WIDTH) * model.width_scale[row]
    width *= math.exp(0.4 * _normal(model.key, row, look // _NOISE_STEPS, 5))
    if step > model.open_steps or step <= 1:
        width *= 2.0
    half = 0.5 * width / TICK
    centred = _uniform(model.key, row, look // _NOISE_STEPS, 19) < _CENTRED
    if centred and half > _ONE_TICK:
        # Around the nearest cent, so that there is a middle to trade at.
        middle = math.floor(fair / TICK + 0.5)
        each = max(1, math.floor(half + 0.5))
        bid, ask = max(0, middle - each), middle + each
    else:
        bid = max(0, math.floor(fair / TICK - half + 0.5))
        ask = math.floor(fair / TICK + half + 0.5)
    ask = max(ask, bid + 1)
    depth = 14.0 * math.exp(min(max(-away, 0.0), 3.0) * 1.0)
    side = depth * math.exp(0.7 * _normal(model.key, row, version * 4096 + bid % 4096, 7))
    bid_size = int(max(1.0, side))
    side = depth * math.exp(0.7 * _normal(model.key, row, version * 4096 + ask % 4096, 9))
    ask_size = int(max(1.0, side))
    bid_exchange = _venue(_uniform(model.key, row, version * 4096 + bid % 4096, 11))
    ask_exchange = _venue(_uniform(model.key, row, version * 4096 + ask % 4096, 13))
    odd = _uniform(model.key, row, look, 15)
    if odd < _ODD_QUOTE and bid > 1:
        if odd < 0.4 * _ODD_QUOTE:
            ask = bid
        elif odd < 0.6 * _ODD_QUOTE:
            ask = bid - 1
        elif odd < 0.8 * _ODD_QUOTE:
            ask = 0
        else:
            bid = 0
    if bid == 0:
        bid_size = 0
        bid_exchange = 0
    if ask == 0:
        ask_size = 0
        ask_exchange = 0
    return bid, ask, bid_size, ask_size, bid_exchange, ask_exchange


@njit(cache=True, nogil=True)
def _delay(model: QuoteModel, row: int, step: int) -> int:
    """Nanoseconds from a grid point to the event it causes."""
    return int(_uniform(model.key, row, step, 17) * 0.98 * STEP_NS)


@njit(cache=True, nogil=True)
def quotes_at(model: QuoteModel, rows: NDArray[np.int32], times: Ints) -> NDArray[np.int64]:
    """The quote in force for each (row, time): columns as `quote_of`, then the event's time.

    The time is that of the last look; a quote that was repeated unchanged since then counts as new.
    """
    out = np.empty((len(rows), 7), np.int64)
    last = len(model.spot) - 1
    for k in range(len(rows)):
        row = rows[k]
        step = min(max((times[k] - model.open_ns) // STEP_NS + 1, 0), last)
        begun = model.open_ns + (step - 1) * STEP_NS
        if step > 0 and times[k] < begun + _delay(model, row, step):
            step -= 1
        bid, ask, bid_size, ask_size, bid_exchange, ask_exchange = quote_of(model, row, step)
        out[k, 0] = bid
        out[k, 1] = ask
        out[k, 2] = bid_size
        out[k, 3] = ask_size
        out[k, 4] = bid_exchange
        out[k, 5] = ask_exchange
        look = _look(model, row, step)
        out[k, 6] = model.open_ns + (look - 1) * STEP_NS + _delay(model, row, look)
    return out


@njit(cache=True, nogil=True)
def _events(
    model: QuoteModel, rows: NDArray[np.int32], first: int, last: int
) -> tuple[NDArray[np.int32], Ints, NDArray[np.int32]]:
    """Changes of quote at grid points first..last: row, time, and the six figures."""
    capacity = 1024
    row_out = np.empty(capacity, np.int32)
    time_out = np.empty(capacity, np.int64)
    quote_out = np.empty((capacity, 6), np.int32)
    count = 0
    for k in range(len(rows)):
        row = rows[k]
        before = quote_of(model, row, first - 1)
        look, version = _look(model, row, first - 1), _version(model, row, first - 1)
        for step in range(first, last + 1):
            new_look, new_version = _look(model, row, step), _version(model, row, step)
            # Beyond the open and the close, a quote only depends on look and version.
            edge = step <= 2 or step == model.open_steps + 1
            if new_look == look and new_version == version and not edge:
                continue
            look, version = new_look, new_version
            now = quote_of(model, row, step)
            if now == before and step != 1:
                continue
            before = now
            if count == capacity:
                capacity *= 2
                row_out = np.concatenate((row_out, np.empty_like(row_out)))
                time_out = np.concatenate((time_out, np.empty_like(time_out)))
                quote_out = np.concatenate((quote_out, np.empty_like(quote_out)))
            row_out[count] = row
            time_out[count] = model.open_ns + (step - 1) * STEP_NS + _delay(model, row, step)
            for place in range(6):
                quote_out[count, place] = now[place]
            count += 1
    return row_out[:count], time_out[:count], quote_out[:count]


def quotes_between(
    model: QuoteModel, rows: NDArray[np.int32], start_ns: int, end_ns: int
) -> Quotes:
    """Quote events of some contracts with ``start_ns <= ts < end_ns``, sorted by time, then row."""
    final = len(model.spot) - 1
    first = min(max((start_ns - model.open_ns) // STEP_NS + 1, 1), final + 1)
    last = min((end_ns - 1 - model.open_ns) // STEP_NS + 1, final)
    if last < first or not len(rows):
        rows, first, last = rows[:0], 1, 0
    row, ts, quote = _events(model, np.ascontiguousarray(rows, np.int32), first, last)
    keep = np.flatnonzero((ts >= start_ns) & (ts < end_ns))
    keep = keep[np.lexsort((row[keep], ts[keep]))]
    row, ts, quote = row[keep], ts[keep], quote[keep]
    # Rising with time, from the time alone, so that every way of asking gives the same number.
    sequence = (ts - model.open_ns) // 1_000 + 1
    bid, ask, bid_size, ask_size, bid_exchange, ask_exchange = (
        quote[:, place].copy() for place in range(6)
    )
    return Quotes(row, ts, bid, ask, bid_size, ask_size, bid_exchange, ask_exchange, sequence)
