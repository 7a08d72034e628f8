"""The chain through the day: spot, quotes and volatilities every 10 s of market time.

From these everything the chain tells of can be computed again for any moment of the session. A
sample is taken at the first market second with events of each 10 s from the open to the close, so a
replay takes the same ones. Samples are only ever added, which makes a checkpoint a number: going
back is forgetting the last ones. Some 9 MB for a day of 300 contracts.

Source: analytics sheet, section 3.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.sessions import Session

INTERVAL_NS: Final = 10 * 1_000_000_000
_GROWTH = 256


class ChainMoment(NamedTuple):
    """The chain at one moment; columns by contract number, NaN is unknown."""

    ts: int
    """UNIX ns."""
    spot: float
    """Dollars."""
    bid: NDArray[np.float64]
    """Dollars; 0 where nobody bids."""
    ask: NDArray[np.float64]
    volatility: NDArray[np.float64]
    """In force, decimal a year to the close."""
    vendor_hours_left: float
    """Time to expiry that the vendor's greeks implied last, hours."""


class ChainSamples(NamedTuple):
    """Samples so far, oldest first; views that later samples do not change."""

    ts: NDArray[np.int64]
    spot: NDArray[np.float64]
    vendor_hours_left: NDArray[np.float64]
    bid: NDArray[np.int32]
    """A row for each sample, a column for each contract; in 1/10,000 $."""
    ask: NDArray[np.int32]
    """0 for no quote."""
    volatility: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ts)

    def at(self, ns: int) -> ChainMoment | None:
        """The last sample at or before a time; None before the first."""
        place = int(np.searchsorted(self.ts, ns, side="right")) - 1
        return None if place < 0 else self.moment(place)

    def moment(self, place: int) -> ChainMoment:
        """One sample."""
        bid, ask = dollars(self.bid[place], self.ask[place])
        return ChainMoment(
            int(self.ts[place]),
            float(self.spot[place]),
            bid,
            ask,
            self.volatility[place].astype(np.float64),
            float(self.vendor_hours_left[place]),
        )


def dollars(
    bid: NDArray[np.int32], ask: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quotes in dollars, NaN where neither side has a price."""
    quoted = (bid > 0) | (ask > 0)
    return (
        np.where(quoted, bid / PRICE_SCALE, np.nan),
        np.where(quoted, ask / PRICE_SCALE, np.nan),
    )


class ChainHistory:
    """Takes the samples of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._count = 0
        self._ts = np.empty(0, dtype=np.int64)
        self._spot = np.empty(0)
        self._hours = np.empty(0)
        self._bid = np.empty((0, 0), dtype=np.int32)
        self._ask = np.empty((0, 0), dtype=np.int32)
        self._volatility = np.empty((0, 0), dtype=np.float32)

    @property
    def due_ns(self) -> int:
        """The first market second from this one on is to be sampled, if it is of the session."""
        open_ns = self._session.open_ns
        if not self._count:
            return open_ns
        last = (int(self._ts[self._count - 1]) - open_ns) // INTERVAL_NS
        return open_ns + (last + 1) * INTERVAL_NS

    def is_due(self, now_ns: int) -> bool:
        """Whether a market second is to be sampled."""
        return self._session.open_ns <= now_ns < self._session.close_ns and now_ns >= self.due_ns

    def take(
        self,
        now_ns: int,
        spot: float | None,
        bid: NDArray[np.int32],
        ask: NDArray[np.int32],
        volatility: NDArray[np.float64],
        vendor_hours_left: float | None,
    ) -> None:
        """Add a sample; columns as in `ChainSamples`, one value for each contract known."""
        self._make_room(len(bid))
        place = self._count
        self._ts[place] = now_ns
        self._spot[place] = np.nan if spot is None else spot
        self._hours[place] = np.nan if vendor_hours_left is None else vendor_hours_left
        for column, values, unknown in (
            (self._bid, bid, 0),
            (self._ask, ask, 0),
            (self._volatility, volatility, np.nan),
        ):
            column[place, : len(values)] = values
            column[place, len(values) :] = unknown
        self._count += 1

    @property
    def samples(self) -> ChainSamples:
        """All samples so far."""
        count = self._count
        return ChainSamples(
            self._ts[:count],
            self._spot[:count],
            self._hours[:count],
            self._bid[:count],
            self._ask[:count],
            self._volatility[:count],
        )

    def checkpoint(self) -> int:
        """How many samples there are."""
        return self._count

    def restore(self, count: int) -> None:
        """Go back to so many samples, or forth to so many that were taken before."""
        self._count = count

    def _make_room(self, contracts: int) -> None:
        rows, columns = self._bid.shape
        if self._count < rows and contracts <= columns:
            return
        shape = (rows if self._count < rows else rows + _GROWTH, max(contracts, columns))
        self._ts = _grown(self._ts, shape[:1], 0)
        self._spot = _grown(self._spot, shape[:1], np.nan)
        self._hours = _grown(self._hours, shape[:1], np.nan)
        self._bid = _grown(self._bid, shape, 0)
        self._ask = _grown(self._ask, shape, 0)
        self._volatility = _grown(self._volatility, shape, np.nan)


def _grown[T: np.generic](values: NDArray[T], shape: tuple[int, ...], unknown: float) -> NDArray[T]:
    grown = np.full(shape, unknown, dtype=values.dtype)
    grown[tuple(slice(size) for size in values.shape)] = values
    return grown
