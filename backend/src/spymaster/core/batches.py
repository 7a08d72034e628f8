"""Events in columns: what feeds hand to the engine, live and in replay alike.

A batch is a set of numpy columns of equal length; rows exist only while a frame is decoded. Columns
are read-only once a batch is made. Prices are integers in hundredths of a cent (`PRICE_SCALE` a
dollar), so that a print can be compared with the middle of a quote exactly. Time is the vendor's
SIP time, int64 UNIX nanoseconds. ``contract`` holds the numbers of a `ContractTable`.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

PRICE_SCALE: Final = 10_000
"""Units to the dollar: prices are held in hundredths of a cent."""

MAX_PRICE: Final = 100_000.0
"""Dollars a share above which a print is no option print; keeps premium inside int64."""
MAX_SIZE: Final = 10_000_000
"""Contracts in a print above which it is no print; keeps premium inside int64."""

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of equal length, read-only."""

    DTYPES: ClassVar[tuple[type[np.generic], ...]]
    """Of each column, in order."""

    def __post_init__(self) -> None:
        # Runs for every frame: `__match_args__` names the fields without the cost of `fields`.
        names: tuple[str, ...] = self.__match_args__
        columns = [getattr(self, name) for name in names]
        lengths = {len(column) for column in columns}
        if len(lengths) != 1:
            raise ValueError(f"columns differ in length: {sorted(lengths)}")
        for column in columns:
            column.setflags(write=False)

    def __len__(self) -> int:
        names: tuple[str, ...] = self.__match_args__
        return len(getattr(self, names[0]))

    def take(self, rows: Any) -> Self:
        """The rows that an index array, mask or slice picks, in its order."""
        picked = [getattr(self, column.name)[rows] for column in fields(self)]
        # A slice would be a view; an index array or a mask has copied already.
        return type(self)(*(one.copy() for one in picked) if isinstance(rows, slice) else picked)

    @classmethod
    def concat(cls, parts: "list[Self]") -> Self:
        """All rows of the parts, one part after the other; no part gives no row."""
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        return cls(
            *(
                np.concatenate([getattr(part, column.name) for part in parts])
                for column in fields(cls)
            )
        )

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(*(np.empty(0, dtype) for dtype in cls.DTYPES))


@dataclass(frozen=True, slots=True)
class TradeBatch(_Columns):
    """Prints, one row each. Make one with `trade_batch`, which rejects what is no print."""

    DTYPES = (np.int32, np.int64, np.int32, np.int32, np.int16, np.int64, np.int64, np.int64)

    contract: NDArray[np.int32]
    ts_event: NDArray[np.int64]
    """SIP time, UNIX ns."""
    price: NDArray[np.int32]
    """Hundredths of a cent a share, > 0."""
    size: NDArray[np.int32]
    """Contracts, > 0."""
    exchange: NDArray[np.int16]
    """Venue id (300-325), 0 where unknown."""
    conditions: NDArray[np.int64]
    """Packed condition ids, see `spymaster.core.conditions.pack`."""
    sequence: NDArray[np.int64]
    """The vendor's sequence number; neither unique nor rising. 0 where unknown."""
    arrival: NDArray[np.int64]
    """Order in which the events of a session were received, across trades and quotes."""


@dataclass(frozen=True, slots=True)
class QuoteBatch(_Columns):
    """NBBO quotes, one row each. A missing side has price 0."""

    DTYPES = (
        *(np.int32, np.int64, np.int32, np.int32, np.int32),
        *(np.int32, np.int16, np.int16, np.int64),
    )

    contract: NDArray[np.int32]
    ts_event: NDArray[np.int64]
    bid: NDArray[np.int32]
    """Hundredths of a cent a share."""
    ask: NDArray[np.int32]
    bid_size: NDArray[np.int32]
    """Contracts."""
    ask_size: NDArray[np.int32]
    bid_exchange: NDArray[np.int16]
    ask_exchange: NDArray[np.int16]
    arrival: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Prints and quotes that were received together; `arrival` interleaves the two."""

    trades: TradeBatch
    quotes: QuoteBatch
    trades_rejected: int = 0
    """Elements that claimed to be trades of any contract but were unreadable or impossible."""

    def __len__(self) -> int:
        return len(self.trades) + len(self.quotes)

    @property
    def newest_ns(self) -> int:
        """The newest event's time; 0 where there is none."""
        return max(
            int(self.trades.ts_event.max(initial=0)), int(self.quotes.ts_event.max(initial=0))
        )

    def stamped_by(self, last_ns: int) -> "EventBatch":
        """What is stamped no later than an instant; prints stamped later count as rejected."""
        trades = self.trades.take(self.trades.ts_event <= last_ns)
        quotes = self.quotes.take(self.quotes.ts_event <= last_ns)
        late = len(self.trades) - len(trades)
        return EventBatch(trades, quotes, self.trades_rejected + late)


class Gathered:
    """Events that come part by part, in one batch, so that no row is held twice.

    Args:
        trades: How many prints there will be, at most.
        quotes: Likewise.
    """

    def __init__(self, trades: int, quotes: int) -> None:
        self._trades: list[NDArray[Any]] = [np.empty(trades, kind) for kind in TradeBatch.DTYPES]
        self._quotes: list[NDArray[Any]] = [np.empty(quotes, kind) for kind in QuoteBatch.DTYPES]
        self._counts = [0, 0]

    def add(self, part: EventBatch) -> None:
        """Put a part's rows behind those so far."""
        self._counts = [
            _put(self._trades, part.trades, self._counts[0]),
            _put(self._quotes, part.quotes, self._counts[1]),
        ]

    def events(self, rejected: int) -> EventBatch:
        """All so far."""
        trades, quotes = self._counts
        return EventBatch(
            TradeBatch(*(column[:trades] for column in self._trades)),
            QuoteBatch(*(column[:quotes] for column in self._quotes)),
            rejected,
        )


def _put(columns: list[NDArray[Any]], rows: _Columns, start: int) -> int:
    """Write rows into columns from a place on; where they end."""
    names: tuple[str, ...] = rows.__match_args__
    for column, name in zip(columns, names, strict=True):
        column[start : start + len(rows)] = getattr(rows, name)
    return start + len(rows)


def trade_batch(
    contract: ArrayLike,
    ts_event: ArrayLike,
    price: ArrayLike,
    size: ArrayLike,
    exchange: ArrayLike,
    conditions: ArrayLike,
    sequence: ArrayLike,
    arrival: ArrayLike,
) -> tuple[TradeBatch, int]:
    """Make a batch of prints from raw columns, and leave out what is no print.

    A row is rejected if its price (dollars) is not finite, not above zero or above `MAX_PRICE`, if
    its size is not a whole number from 1 to `MAX_SIZE`, or if its time is not positive.

    Returns:
        The batch, and how many rows were rejected.
    """
    dollars = np.asarray(price, dtype=np.float64)
    contracts = np.asarray(size, dtype=np.float64)
    time = np.asarray(ts_event, dtype=np.int64)
    good = (dollars > 0) & (dollars <= MAX_PRICE) & (time > 0)
    good &= (contracts >= 1) & (contracts <= MAX_SIZE) & (contracts == np.floor(contracts))
    scaled = np.rint(np.where(good, dollars, 0.0) * PRICE_SCALE)
    good &= scaled > 0
    columns = (
        np.asarray(contract, dtype=np.int32),
        time,
        scaled.astype(np.int32),
        np.where(good, contracts, 0).astype(np.int32),
        _small(exchange),
        np.asarray(conditions, dtype=np.int64),
        np.asarray(sequence, dtype=np.int64),
        np.asarray(arrival, dtype=np.int64),
    )
    if good.all():
        return TradeBatch(*columns), 0
    return TradeBatch(*columns).take(good), int(len(good) - good.sum())


def quote_batch(
    contract: ArrayLike,
    ts_event: ArrayLike,
    bid: ArrayLike,
    ask: ArrayLike,
    bid_size: ArrayLike,
    ask_size: ArrayLike,
    bid_exchange: ArrayLike,
    ask_exchange: ArrayLike,
    arrival: ArrayLike,
) -> QuoteBatch:
    """Make a batch of quotes from raw columns; an impossible price means that side is missing."""
    return QuoteBatch(
        np.asarray(contract, dtype=np.int32),
        np.asarray(ts_event, dtype=np.int64),
        scale_quote(bid),
        scale_quote(ask),
        _clipped(bid_size),
        _clipped(ask_size),
        _small(bid_exchange),
        _small(ask_exchange),
        np.asarray(arrival, dtype=np.int64),
    )


def scale_quote(dollars: ArrayLike) -> NDArray[np.int32]:
    """Quoted dollars to hundredths of a cent; 0 (no such side) for what is no price."""
    values = np.asarray(dollars, dtype=np.float64)
    good = (values > 0) & (values <= MAX_PRICE)
    return np.rint(np.where(good, values, 0.0) * PRICE_SCALE).astype(np.int32)


def _clipped(sizes: ArrayLike) -> NDArray[np.int32]:
    values = np.asarray(sizes, dtype=np.float64)
    positive = np.where(values > 0, values, 0.0)  # NaN becomes 0 too
    return np.minimum(positive, MAX_SIZE).astype(np.int32)


def _small(ids: ArrayLike) -> NDArray[np.int16]:
    values = np.asarray(ids, dtype=np.int64)
    return np.where((values >= 0) & (values < 2**15), values, 0).astype(np.int16)


NO_TRADES: Final = TradeBatch.empty()
NO_QUOTES: Final = QuoteBatch.empty()
