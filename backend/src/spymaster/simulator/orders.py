"""The orders of one minute, drawn independently of every other minute.

Customers send orders at the day's bursty rate, near the money. An order becomes one print, several
on one venue, a sweep over venues within milliseconds, a price-improvement auction, a package of
legs in the same millisecond, or a negotiated trade.

Source: calibration notes, sections 1 (put/call) and 8 (strikes).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Floats, Ints
from spymaster.simulator.chain import Chain
from spymaster.simulator.path import NS, DayPath

BLOCK_S: Final = 60
"""Seconds drawn together."""
PRINTS_A_DAY: Final = 560_000
"""Prints of the expiring chain in a normal session (0.5-1.3 M): 24 a second."""

SINGLE, SPLIT, SWEEP, AUCTION, PACKAGE, CROSS, FLOOR, STOCK_TIED = range(8)
_KIND_SHARE = np.array([0.603, 0.03, 0.062, 0.118, 0.172, 0.006, 0.004, 0.005])  # of orders
_PRINTS_PER_ORDER = 1.42
_LATER_EXPIRY = 0.04  # share of orders in the following expiration, on top

# Where volume sits: percent from spot, out of the money and in the money (section 8).
_OTM_SCALE, _ITM_SCALE, _ITM_WEIGHT = 0.32, 0.18, 0.75
_TENS, _FIVES = 1.7, 1.3


@dataclass(frozen=True, slots=True)
class Draft:
    """Prints before they are priced: one row each, legs and fills spelled out."""

    row: NDArray[np.int32]
    ts: Ints
    kind: Ints
    place: Ints
    """0 for the first print of its order."""
    order: Ints
    leg_sign: Ints
    order_side: Ints
    """Side of the order's customer."""


def make_orders(
    rng: np.random.Generator, path: DayPath, chain: Chain, block: int, volume_scale: float
) -> Draft:
    """Draw the orders of one block, `BLOCK_S` seconds from ``block * BLOCK_S`` after the open."""
    return _fills(rng, chain, *_orders(rng, path, chain, block, volume_scale))


def _orders(
    rng: np.random.Generator, path: DayPath, chain: Chain, block: int, volume_scale: float
) -> tuple[Ints, Ints, NDArray[np.int32], Ints]:
    """Times, kinds, chain rows and customer sides of the block's orders."""
    first = block * BLOCK_S
    activity = path.activity[first : first + BLOCK_S]
    regular_s = (path.session.close_ns - path.session.open_ns) / NS
    mean = PRINTS_A_DAY / 23_400 / _PRINTS_PER_ORDER * volume_scale
    mean *= 23_400 / regular_s if regular_s < 23_400 else 1.0
    counts = rng.poisson(activity * mean * (1 + _LATER_EXPIRY))
    second = np.repeat(np.arange(len(activity)), counts)
    offset = _offsets(rng, second, counts)
    ts = path.session.open_ns + (first + second) * NS + (offset * NS).astype(np.int64)
    kind = rng.choice(len(_KIND_SHARE), len(second), p=_KIND_SHARE / _KIND_SHARE.sum())
    later = rng.random(len(second)) < _LATER_EXPIRY / (1 + _LATER_EXPIRY)
    kind[later & (kind >= PACKAGE)] = SINGLE
    row = _choose_rows(rng, path, chain, first, second, later)
    side = np.where(rng.random(len(second)) < path.buy_share[first + second], 1, -1)
    return ts, kind, row, side


def _offsets(rng: np.random.Generator, second: Ints, counts: Ints) -> Floats:
    """Where in its second each order falls: half of them bunch within milliseconds."""
    centres = rng.random((len(counts), 64)) * 0.99
    which = (rng.random(len(second)) * np.minimum(1 + counts[second] // 6, 64)).astype(int)
    bunched = centres[second, which] + rng.exponential(0.0015, len(second))
    loose = rng.random(len(second))
    return np.where(rng.random(len(second)) < 0.5, np.minimum(bunched, 0.9999), loose * 0.9999)


def _choose_rows(
    rng: np.random.Generator,
    path: DayPath,
    chain: Chain,
    first: int,
    second: Ints,
    later: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Contracts near the money of the moment, out of the money and round strikes preferred."""
    bins = second // 10
    spots = path.spot[[path.index(path.session.open_ns + (first + 10 * b) * NS) for b in range(6)]]
    away = (chain.strike[None, :] / spots[:, None] - 1) * 100
    away = np.where(chain.is_call, away, -away)
    weight = np.where(
        away >= 0, np.exp(-away / _OTM_SCALE), _ITM_WEIGHT * np.exp(away / _ITM_SCALE)
    )
    weight *= np.where(chain.strike % 10 == 0, _TENS, np.where(chain.strike % 5 == 0, _FIVES, 1.0))
    puts = path.put_share[min(first + BLOCK_S // 2, len(path.put_share) - 1)]
    rows = np.arange(len(chain))
    out = np.empty(len(second), np.int32)
    for chosen, part in ((~later, rows < chain.expiring), (later, rows >= chain.expiring)):
        table = np.where(part, weight, 0.0)
        for is_call, share in ((True, 1 - puts), (False, puts)):
            mine = chain.is_call == is_call
            table[:, mine] *= share / table[:, mine].sum(axis=1, keepdims=True)
        cumulative = np.cumsum(table, axis=1)
        cumulative /= cumulative[:, -1:]
        u = rng.random(int(chosen.sum()))
        flat = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
        found = np.searchsorted(flat, u + bins[chosen], side="right") - bins[chosen] * len(chain)
        out[chosen] = np.minimum(found, len(chain) - 1)
    return out


def _fills(
    rng: np.random.Generator,
    chain: Chain,
    ts: Ints,
    kind: Ints,
    row: NDArray[np.int32],
    side: Ints,
) -> Draft:
    """Spell each order out into its prints."""
    orders = len(ts)
    prints = np.ones(orders, np.int64)
    prints[kind == SPLIT] = rng.integers(2, 5, int((kind == SPLIT).sum()))
    prints[kind == SWEEP] = rng.integers(2, 6, int((kind == SWEEP).sum()))
    packages = kind == PACKAGE
    prints[packages] = rng.choice([2, 3, 4], int(packages.sum()), p=[0.78, 0.08, 0.14])
    order = np.repeat(np.arange(orders), prints)
    place = np.arange(len(order)) - np.repeat(np.cumsum(prints) - prints, prints)
    kinds = kind[order]
    spread_out = rng.integers(100_000, 1_500_000, len(order)) * place
    same_ms = rng.integers(1_000, 20_000, orders)[order] * place
    start = ts[order]
    # Legs of a package stay inside one millisecond: its start is moved back to leave them room.
    start = np.where(kinds == PACKAGE, start - start % 1_000_000 + start % 900_000, start)
    times = start + np.where(kinds == PACKAGE, same_ms, np.where(kinds == SWEEP, spread_out, place))
    rows = row[order].copy()
    sign = np.ones(len(order), np.int64)
    legs = np.flatnonzero(kinds == PACKAGE)
    rows[legs], sign[legs] = _legs(
        rng, chain, rows[legs], place[legs], order[legs], prints[order[legs]], orders
    )
    return Draft(rows, times, kinds, place, order, sign, side[order])


def _legs(
    rng: np.random.Generator,
    chain: Chain,
    row: NDArray[np.int32],
    place: Ints,
    order: Ints,
    legs: Ints,
    orders: int,
) -> tuple[NDArray[np.int32], Ints]:
    """Contracts and signs of package legs: verticals, straddles, butterflies, condors."""
    width = rng.choice([1, 2, 3, 5], orders, p=[0.5, 0.25, 0.1, 0.15])[order]
    straddle = (rng.random(orders) < 0.15)[order] & (legs == 2)
    strike, put = row // 2, row % 2
    up = np.where(put == 0, 1, -1)  # away from the money
    shift = place * width * up
    sign = np.where(place % 2 == 1, -1, 1)
    # Four legs are an iron condor: a vertical, and its mirror image in the other right.
    condor = legs == 4
    mirror = condor & (place >= 2)
    shift = np.where(mirror, -(1 + (place - 2)) * width * up, shift)
    right = np.where(mirror | (straddle & (place == 1)), 1 - put, put)
    shift = np.where(straddle, 0, shift)
    sign = np.where(straddle, 1, sign)
    last = chain.expiring // 2 - 1
    return (2 * np.clip(strike + shift, 0, last) + right).astype(np.int32), sign
