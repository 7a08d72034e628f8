"""Which price of the underlying is believed: the chain's at a poll, parity between polls.

The vendor's chain carries the underlying's price only with a stocks plan, and then perhaps delayed.
Parity over the live quotes needs no such plan. An estimate from tight quotes that agree is taken
each second; a worse one only where no fresh real-time price of the chain is known. An estimate that
leaps is not believed unless three strikes agree on it: the last one is held for five seconds, and
then spot is unknown until an estimate is in reach again, or the last minute tells of no moves.

Source: design, section 8; analytics sheet, section 5.
"""

import math
from enum import IntEnum
from typing import Final, Literal, Self

import numpy as np
from numba import njit

from spymaster.analytics.parity import ParitySpot, Quality, parity_spot
from spymaster.core.compiling import uncounted
from spymaster.core.snapshots import ChainSnapshot

type SpotSource = Literal["chain", "parity", "chain-delayed"]

_SECOND_NS: Final = 1_000_000_000
CHAIN_FRESH_NS: Final = 120 * _SECOND_NS
"""So long is a real-time price of the chain preferred to a doubtful parity estimate."""
HOLD_NS: Final = 5 * _SECOND_NS
"""So long is an estimate held after the quotes stopped giving one."""
_MEMORY_NS: Final = 60 * _SECOND_NS
_LEAP_SD: Final = 6.0
_CONFIRMING: Final = 3
"""Strikes that make a leap believed."""
_LEAST_SD: Final = 0.005
"""Dollars; what two strikes' rounding to cents alone makes an estimate jump."""
_LEAST_MOVES: Final = 10
"""With fewer moves in the last minute, nothing is known of how much is much."""
_MOVES: Final = 64
"""Moves remembered: one a second of the last minute, and some."""


class _Source(IntEnum):
    NONE = 0
    CHAIN = 1
    PARITY = 2
    CHAIN_DELAYED = 3


_NAMES: Final[dict[int, SpotSource | None]] = {
    _Source.NONE: None,
    _Source.CHAIN: "chain",
    _Source.PARITY: "parity",
    _Source.CHAIN_DELAYED: "chain-delayed",
}
_NONE, _CHAIN, _PARITY = int(_Source.NONE), int(_Source.CHAIN), int(_Source.PARITY)
_DELAYED = int(_Source.CHAIN_DELAYED)
_STALE, _GOOD = int(Quality.STALE), int(Quality.GOOD)

SPOT: Final = np.dtype(
    [
        ("price", np.float64),  # dollars, NaN while unknown; likewise all prices here
        ("source", np.int8),  # `_Source`
        ("first", np.float64),  # of the session
        # The last parity estimate, whether it was believed or not; see `ParitySpot`.
        ("estimate", np.float64),
        ("strikes", np.int64),
        ("quality", np.int64),
        ("low", np.float64),
        ("high", np.float64),
        ("parity", np.float64),  # the last estimate that was believed
        ("parity_ns", np.int64),
        ("resumed_ns", np.int64),  # when events came again after the last silence of the feed
        ("chain", np.float64),
        ("chain_ns", np.int64),
        ("chain_source", np.int8),
        # Moves between estimates that were believed; the n-th sits at place n % _MOVES.
        ("moves", np.int64),
        ("moved_ns", np.int64, _MOVES),
        ("squares", np.float64, _MOVES),  # of the move a second, dollars squared
    ]
)


class SpotTracker:
    """The spot of the session. Times are market time, UNIX ns."""

    def __init__(self) -> None:
        self.records = np.zeros(1, dtype=SPOT)
        """One `SPOT` record, which compiled code writes as well."""
        for name in ("price", "first", "estimate", "low", "high", "parity", "chain"):
            self.records[name] = np.nan
        self.records["chain_source"] = _CHAIN

    def copy(self) -> Self:
        """The same as it is now, for later."""
        copied = type(self)()
        copied.records[:] = self.records
        return copied

    @property
    def price(self) -> float | None:
        """Dollars; None while unknown."""
        return _known(self.records[0]["price"])

    @property
    def source(self) -> SpotSource | None:
        """Where it is from."""
        return _NAMES[int(self.records[0]["source"])]

    @property
    def first(self) -> float | None:
        """The first spot of the session, dollars."""
        return _known(self.records[0]["first"])

    @property
    def parity(self) -> float:
        """The last parity estimate that was believed, dollars; NaN before the first."""
        return float(self.records[0]["parity"])

    @property
    def estimate(self) -> ParitySpot:
        """The last parity estimate, whether it was believed or not."""
        record = self.records[0]
        names = ("estimate", "strikes", "quality", "low", "high")
        return parity_spot(*(record[name].item() for name in names))

    @property
    def pricing(self) -> float | None:
        """Spot of the time of the options' own prices: what they may be valued with, if known."""
        return None if self.source == "chain-delayed" else self.price

    @property
    def doubtful(self) -> bool:
        """Whether the last parity estimate rests on a stale leg, or was not believed."""
        believed = self.estimate.price == self.parity
        return not believed or self.estimate.quality in (Quality.STALE, Quality.CROSSED)

    def on_chain(self, snapshot: ChainSnapshot, now_ns: int) -> None:
        """Take the price that came with a chain snapshot, if it came with one."""
        price = snapshot.underlying_price
        if price is not None and math.isfinite(price) and price > 0:
            take_chain(self.records, price, snapshot.underlying_timeframe == "DELAYED", now_ns)

    def on_parity(self, estimate: ParitySpot, now_ns: int) -> None:
        """Take this second's parity estimate, which may be none."""
        take_parity(self.records, (*estimate[:2], int(estimate.quality), *estimate[3:]), now_ns)


def _known(price: np.float64) -> float | None:
    return None if np.isnan(price) else float(price)


@uncounted
def pricing_of(spots):  # type: ignore[no-untyped-def]
    """Dollars that options may be valued with, NaN while unknown."""
    return np.nan if spots[0].source == _DELAYED else spots[0].price


@njit(cache=True)
def take_chain(spots, price, delayed, now_ns):  # type: ignore[no-untyped-def]
    """Take the chain's price, dollars."""
    spot = spots[0]
    spot.chain = price
    spot.chain_ns = now_ns
    spot.chain_source = _DELAYED if delayed else _CHAIN
    if not delayed or not _holds_parity(spot, now_ns):
        _put(spot, price, spot.chain_source)


@uncounted
def take_parity(spots, found, now_ns):  # type: ignore[no-untyped-def]
    """Take an estimate as `spymaster.analytics.parity` has it: the columns of a `ParitySpot`."""
    spot = spots[0]
    price, strikes, quality, low, high = found
    spot.estimate = price
    spot.strikes = strikes
    spot.quality = quality
    spot.low = low
    spot.high = high
    chain_fresh = (
        spot.chain_source == _CHAIN
        and not np.isnan(spot.chain)
        and now_ns - spot.chain_ns < CHAIN_FRESH_NS
    )
    trusted = strikes > 0 and (quality == _GOOD or not chain_fresh)
    if trusted and quality != _STALE and not _leaps(spot, price, strikes, now_ns):
        _believe(spot, price, now_ns)
    elif _holds_parity(spot, now_ns):
        return
    elif trusted and quality == _STALE:
        _put(spot, price, _PARITY)
    elif not np.isnan(spot.chain):
        _put(spot, spot.chain, spot.chain_source)
    else:
        spot.price = np.nan
        spot.source = _NONE


@uncounted
def _believe(spot, price, now_ns):  # type: ignore[no-untyped-def]
    if _holds_parity(spot, now_ns) and now_ns > spot.parity_ns:
        seconds = (now_ns - spot.parity_ns) / _SECOND_NS
        place = spot.moves % _MOVES
        spot.moved_ns[place] = now_ns
        spot.squares[place] = (price - spot.parity) ** 2 / seconds
        spot.moves += 1
    spot.parity = price
    spot.parity_ns = now_ns
    _put(spot, price, _PARITY)


@uncounted
def _leaps(spot, price, strikes, now_ns):  # type: ignore[no-untyped-def]
    """Whether an estimate that few strikes tell is further off than the last minute's moves."""
    if strikes >= _CONFIRMING:
        return False
    total, count = 0.0, 0
    while count < min(spot.moves, _MOVES):
        place = (spot.moves - 1 - count) % _MOVES
        if now_ns - spot.moved_ns[place] > _MEMORY_NS:
            break
        total += spot.squares[place]
        count += 1
    if count < _LEAST_MOVES:
        return False
    seconds = max((now_ns - spot.parity_ns) / _SECOND_NS, 1.0)
    limit = _LEAP_SD * max(math.sqrt(total / count * seconds), _LEAST_SD)
    return abs(price - spot.parity) > limit


@uncounted
def _holds_parity(spot, now_ns):  # type: ignore[no-untyped-def]
    return not np.isnan(spot.parity) and now_ns - spot.parity_ns <= HOLD_NS


@uncounted
def _put(spot, price, source):  # type: ignore[no-untyped-def]
    spot.price = price
    spot.source = source
    if np.isnan(spot.first):
        spot.first = price
