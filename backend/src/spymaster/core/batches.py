"""Events in records: what feeds hand to the engine, live and in replay alike.

A batch is an array of records, one for each event, which compiled code takes as it is and of which
a column is a view. Records are read-only once a batch is made. Prices are integers in hundredths of
a cent (`PRICE_SCALE` a dollar), so that a print can be compared with the middle of a quote exactly.
Time is the vendor's SIP time, int64 UNIX nanoseconds. ``contract`` holds the numbers of a
`ContractTable`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

PRICE_SCALE: Final = 10_000
"""Units to the dollar: prices are held in hundredths of a cent."""

MAX_PRICE: Final = 100_000.0
"""Dollars a share above which a print is no option print; keeps premium inside int64."""
MAX_SIZE: Final = 10_000_000
"""Contracts in a print above which it is no print; keeps premium inside int64."""

TRADE: Final = np.dtype(
    [
        *((name, np.int64) for name in ("ts_event", "conditions", "sequence", "arrival")),
        *((name, np.int32) for name in ("contract", "price", "size")),
        ("exchange", np.int16),
    ],
    align=True,
)
"""A print, as `TradeBatch` tells of its columns; the widest first, so that it takes 48 bytes."""
QUOTE: Final = np.dtype(
    [
        *((name, np.int64) for name in ("ts_event", "arrival")),
        *((name, np.int32) for name in ("contract", "bid", "ask", "bid_size", "ask_size")),
        *((name, np.int16) for name in ("bid_exchange", "ask_exchange")),
    ],
    align=True,
)
"""A quote, as `QuoteBatch` tells of its columns; 40 bytes."""

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Records of one kind, read-only."""

    DTYPE: ClassVar[np.dtype[np.void]]

    rows: NDArray[np.void]

    def __post_init__(self) -> None:
        self.rows.setflags(write=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def contract(self) -> NDArray[np.int32]:
        """Number in the session's table."""
        return self.rows["contract"]

    @property
    def ts_event(self) -> NDArray[np.int64]:
        """SIP time, UNIX ns."""
        return self.rows["ts_event"]

    @property
    def arrival(self) -> NDArray[np.int64]:
        """Order in which the events of a session were received, across trades and quotes."""
        return self.rows["arrival"]

    def take(self, places: Any) -> Self:
        """The rows that an index array, mask or slice picks, in its order."""
        picked = self.rows[places]
        # A slice would be a view; an index array or a mask has copied already.
        return type(self)(picked.copy() if isinstance(places, slice) else picked)

    def numbered(self, arrival: NDArray[np.int64]) -> Self:
        """The same rows with other arrivals."""
        rows = self.rows.copy()
        rows["arrival"] = arrival
        return type(self)(rows)

    @classmethod
    def concat(cls, parts: "list[Self]") -> Self:
        """All rows of the parts, one part after the other; no part gives no row."""
        if len(parts) == 1:
            return parts[0]
        rows = np.empty(sum(map(len, parts)), cls.DTYPE)
        if parts:
            np.concatenate([part.rows for part in parts], out=rows)
        return cls(rows)

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls.concat([])


class TradeBatch(_Batch):
    """Prints, one `TRADE` each. Make one with `trade_batch`, which rejects what is no print."""

    __slots__ = ()
    DTYPE = TRADE

    @property
    def price(self) -> NDArray[np.int32]:
        """Hundredths of a cent a share, > 0."""
        return self.rows["price"]

    @property
    def size(self) -> NDArray[np.int32]:
        """Contracts, > 0."""
        return self.rows["size"]

    @property
    def exchange(self) -> NDArray[np.int16]:
        """Venue id (300-325), 0 where unknown."""
        return self.rows["exchange"]

    @property
    def conditions(self) -> NDArray[np.int64]:
        """Packed condition ids, see `spymaster.core.conditions.pack`."""
        return self.rows["conditions"]

    @property
    def sequence(self) -> NDArray[np.int64]:
        """The vendor's sequence number; neither unique nor rising. 0 where unknown."""
        return self.rows["sequence"]


class QuoteBatch(_Batch):
    """NBBO quotes, one `QUOTE` each. A missing side has price 0."""

    __slots__ = ()
    DTYPE = QUOTE

    @property
    def bid(self) -> NDArray[np.int32]:
        """Hundredths of a cent a share."""
        return self.rows["bid"]

    @property
    def ask(self) -> NDArray[np.int32]:
        """Likewise."""
        return self.rows["ask"]

    @property
    def bid_size(self) -> NDArray[np.int32]:
        """Contracts."""
        return self.rows["bid_size"]

    @property
    def ask_size(self) -> NDArray[np.int32]:
        """Likewise."""
        return self.rows["ask_size"]

    @property
    def bid_exchange(self) -> NDArray[np.int16]:
        """Venue id, 0 where unknown."""
        return self.rows["bid_exchange"]

    @property
    def ask_exchange(self) -> NDArray[np.int16]:
        """Likewise."""
        return self.rows["ask_exchange"]


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
        self._trades = np.empty(trades, TRADE)
        self._quotes = np.empty(quotes, QUOTE)
        self._counts = [0, 0]

    def add(self, part: EventBatch) -> None:
        """Put a part's rows behind those so far."""
        trades, quotes = self._counts
        self._counts = [trades + len(part.trades), quotes + len(part.quotes)]
        self._trades[trades : self._counts[0]] = part.trades.rows
        self._quotes[quotes : self._counts[1]] = part.quotes.rows

    def events(self, rejected: int) -> EventBatch:
        """All so far."""
        trades, quotes = self._counts
        return EventBatch(
            TradeBatch(self._trades[:trades]), QuoteBatch(self._quotes[:quotes]), rejected
        )


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
    count = _rows_in(contract, ts_event, price, size, exchange, conditions, sequence, arrival)
    dollars = np.asarray(price, dtype=np.float64)
    contracts = whole_sizes(size)
    time = np.asarray(ts_event, dtype=np.int64)
    good = (dollars > 0) & (dollars <= MAX_PRICE) & (time > 0) & (contracts > 0)
    scaled = np.rint(np.where(good, dollars, 0.0) * PRICE_SCALE)
    good &= scaled > 0
    rows = np.zeros(count, TRADE)
    rows["contract"] = contract
    rows["ts_event"] = time
    rows["price"] = scaled
    rows["size"] = contracts
    rows["exchange"] = small_ids(exchange)
    rows["conditions"] = conditions
    rows["sequence"] = sequence
    rows["arrival"] = arrival
    trades = TradeBatch(rows)
    return (trades, 0) if good.all() else (trades.take(good), int(len(good) - good.sum()))


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
    count = _rows_in(
        *(contract, ts_event, bid, ask, bid_size, ask_size, bid_exchange, ask_exchange, arrival)
    )
    rows = np.zeros(count, QUOTE)
    rows["contract"] = contract
    rows["ts_event"] = ts_event
    rows["bid"] = scale_quote(bid)
    rows["ask"] = scale_quote(ask)
    rows["bid_size"] = clip_sizes(bid_size)
    rows["ask_size"] = clip_sizes(ask_size)
    rows["bid_exchange"] = small_ids(bid_exchange)
    rows["ask_exchange"] = small_ids(ask_exchange)
    rows["arrival"] = arrival
    return QuoteBatch(rows)


def _rows_in(*columns: ArrayLike) -> int:
    """How many rows columns have; numpy alone would repeat a column of one row."""
    lengths = {np.size(column) for column in columns}
    if len(lengths) != 1:
        raise ValueError(f"columns differ in length: {sorted(lengths)}")
    return lengths.pop()


def scale_quote(dollars: ArrayLike) -> NDArray[np.int32]:
    """Quoted dollars to hundredths of a cent; 0 (no such side) for what is no price."""
    values = np.asarray(dollars, dtype=np.float64)
    good = (values > 0) & (values <= MAX_PRICE)
    return np.rint(np.where(good, values, 0.0) * PRICE_SCALE).astype(np.int32)


def whole_sizes(sizes: ArrayLike) -> NDArray[np.int32]:
    """Sizes of prints; 0 for what is not a whole number from 1 to `MAX_SIZE`."""
    values = np.asarray(sizes, dtype=np.float64)
    good = (values >= 1) & (values <= MAX_SIZE) & (values == np.floor(values))
    return np.where(good, values, 0.0).astype(np.int32)


def clip_sizes(sizes: ArrayLike) -> NDArray[np.int32]:
    """Quoted sizes; 0 where unknown, and no more than `MAX_SIZE`."""
    values = np.asarray(sizes, dtype=np.float64)
    positive = np.where(values > 0, values, 0.0)  # NaN becomes 0 too
    return np.minimum(positive, MAX_SIZE).astype(np.int32)


def small_ids(ids: ArrayLike) -> NDArray[np.int16]:
    """Venue ids; 0 for what none can be."""
    values = np.asarray(ids, dtype=np.int64)
    return np.where((values >= 0) & (values < 2**15), values, 0).astype(np.int16)


NO_TRADES: Final = TradeBatch.empty()
NO_QUOTES: Final = QuoteBatch.empty()
