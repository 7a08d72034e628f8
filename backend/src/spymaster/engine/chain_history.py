"""The chain through the day: spot, quotes and volatilities every 10 s of market time.

From these everything the chain tells of can be computed again for any moment of the session. A
sample is taken at the first market second with events of each 10 s from the open to the close, so a
replay takes the same ones; compiled, where market seconds are walked over. Samples are only ever
added, which makes a checkpoint a number: going back is forgetting the last ones. Some 9 MB for a
day of 300 contracts.

Source: analytics sheet, section 3.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import uncounted
from spymaster.engine.columns import RING, GreeksSource
from spymaster.engine.store import CLOSE_NS, OPEN_NS

INTERVAL_NS: Final = 10 * 1_000_000_000
_GROWTH = 256
_MODEL = int(GreeksSource.MODEL)


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
    """Samples so far, oldest first.

    Views, which later samples do not change; but those taken after a `ChainHistory.restore` to an
    earlier count write over what is behind it.
    """

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


class SampleColumns(NamedTuple):
    """The samples as compiled code writes them, with room for more."""

    taken: NDArray[np.int64]
    """``[1]``: how many there are."""
    ts: NDArray[np.int64]
    spot: NDArray[np.float64]
    vendor_hours_left: NDArray[np.float64]
    bid: NDArray[np.int32]
    ask: NDArray[np.int32]
    volatility: NDArray[np.float32]


class VendorColumns(NamedTuple):
    """What a sample takes from the vendor's chain as it stands."""

    volatility: NDArray[np.float64]
    """Of each contract known, decimal a year to the close; NaN where it tells none."""
    hours_left: float
    """As in `ChainMoment`."""


class ChainHistory:
    """The samples of one session."""

    def __init__(self) -> None:
        no_quotes = np.empty((0, 0), dtype=np.int32)
        self._columns = SampleColumns(
            np.zeros(1, dtype=np.int64),
            np.empty(0, dtype=np.int64),
            np.empty(0),
            np.empty(0),
            no_quotes,
            no_quotes,
            np.empty((0, 0), dtype=np.float32),
        )

    def room(self, contracts: int) -> SampleColumns:
        """Where the samples are, with room for one more of so many contracts at least."""
        held = self._columns
        rows, columns = held.bid.shape
        count = int(held.taken[0])
        if count == rows or contracts > columns:
            shape = (rows + _GROWTH if count == rows else rows, max(contracts, columns))
            self._columns = SampleColumns(
                held.taken,
                _grown(held.ts, shape[:1], 0),
                _grown(held.spot, shape[:1], np.nan),
                _grown(held.vendor_hours_left, shape[:1], np.nan),
                _grown(held.bid, shape, 0),
                _grown(held.ask, shape, 0),
                _grown(held.volatility, shape, np.nan),
            )
        return self._columns

    @property
    def samples(self) -> ChainSamples:
        """All samples so far."""
        count, columns = self.checkpoint(), self._columns
        return ChainSamples(
            columns.ts[:count],
            columns.spot[:count],
            columns.vendor_hours_left[:count],
            columns.bid[:count],
            columns.ask[:count],
            columns.volatility[:count],
        )

    def checkpoint(self) -> int:
        """How many samples there are."""
        return int(self._columns.taken[0])

    def restore(self, count: int) -> None:
        """Go back to so many samples, or forth to so many that were taken before."""
        self._columns.taken[0] = count


@uncounted
def is_due(store, samples, now_ns):  # type: ignore[no-untyped-def]
    """Whether a market second is to be sampled."""
    open_ns = store.counters[OPEN_NS]
    if not open_ns <= now_ns < store.counters[CLOSE_NS]:
        return False
    count = samples.taken[0]
    last_ns = samples.ts[count - 1] if count else open_ns - INTERVAL_NS
    return (now_ns - open_ns) // INTERVAL_NS > (last_ns - open_ns) // INTERVAL_NS


@uncounted
def take_sample(store, samples, vendor, spot, now_ns):  # type: ignore[no-untyped-def]
    """Add the chain as it stands, at a spot in dollars (NaN unknown); there is room for it."""
    place = samples.taken[0]
    samples.ts[place] = now_ns
    samples.spot[place] = spot
    samples.vendor_hours_left[place] = vendor.hours_left
    bid, ask, volatility = samples.bid[place], samples.ask[place], samples.volatility[place]
    known = len(vendor.volatility)
    bid[known:] = 0
    ask[known:] = 0
    volatility[known:] = np.nan
    for contract in range(known):
        record = store.contracts[contract]
        quoted = record.quotes > 0
        quote = store.ring[contract, (record.quotes - 1) % RING]
        bid[contract] = quote.bid if quoted else 0
        ask[contract] = quote.ask if quoted else 0
        vendors = vendor.volatility[contract]
        by_model = record.greeks_source == _MODEL or np.isnan(vendors)
        volatility[contract] = record.volatility if by_model else vendors
    samples.taken[0] += 1


def _grown[T: np.generic](values: NDArray[T], shape: tuple[int, ...], unknown: float) -> NDArray[T]:
    grown = np.full(shape, unknown, dtype=values.dtype)
    grown[tuple(slice(size) for size in values.shape)] = values
    return grown
