"""A day's prints and quotes in the one order in which they are replayed, in one file.

``historical/days/YYYY-MM-DD.UNDERLYING.parquet`` is derived from the contracts' files and can be
deleted at any time. A row is an event, prints and quotes alike, and its number is its place in the
day; a row group is read as it is played. The file tells which contracts' files it was made of, by
name, size and time of change: where these are others now, it is stale and made again.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spymaster.core.batches import QUOTE, TRADE, EventBatch, QuoteBatch, TradeBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.day_events import BLOCK, DayEvents
from spymaster.core.errors import DataError
from spymaster.storage import day_rows
from spymaster.storage.atomic import written_aside
from spymaster.storage.day_merge import DayMerge
from spymaster.storage.memory import give_back
from spymaster.storage.places import days_folder, name_of_underlying
from spymaster.storage.threads import Ahead

logger = logging.getLogger(__name__)

_COLUMNS: Final = {  # in the order in which `day_rows` takes them
    # A print's in the same place as a quote's; 0 for what only the other kind has.
    "contract": pa.int32(),
    "ts": pa.int64(),
    "price_or_bid": pa.int32(),  # 1/10,000 $
    "ask": pa.int32(),
    "size_or_bid_size": pa.int32(),
    "ask_size": pa.int32(),
    "exchange_or_bid_exchange": pa.int16(),
    "ask_exchange": pa.int16(),
    "conditions": pa.int64(),
}
_IS_PRINT: Final = "is_print"
_SCHEMA: Final = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in ({_IS_PRINT: pa.bool_()} | _COLUMNS).items()
    ]
)
_WRITTEN: Final[dict[str, Any]] = {
    "compression": "lz4",
    "use_dictionary": False,
    # Byte by byte: neighbours differ in the lowest only. Takes half the time, and a quarter less.
    "column_encoding": {
        name: "BYTE_STREAM_SPLIT" for name, kind in _COLUMNS.items() if kind.bit_width > 16
    },
    "write_statistics": ["ts"],  # of the others they are never asked for, and take memory
}
_NOTE: Final = b"spymaster"
_GIVE_BACK_EVERY: Final = 8
"""Parts that are written until what was freed on the way is some ten megabytes."""


class _Note(msgspec.Struct, frozen=True):
    """What the file says of itself."""

    made_of: str
    tickers: list[str]
    """By contract number."""
    prints: int
    quotes: int
    rejected: int


class SortedDay:
    """The derived file of a day in one underlying.

    Args:
        data_dir: The cache's.
        date: The day.
        underlying: For example ``SPY``.
        since_ns: Earlier events are left out, UNIX ns.
        sources: The contracts' files.
    """

    def __init__(
        self, data_dir: Path, date: dt.date, underlying: str, since_ns: int, sources: Iterable[Path]
    ) -> None:
        name = name_of_underlying(underlying)
        self.path = days_folder(data_dir) / f"{date.isoformat()}.{name}.parquet"
        self._made_of = _fingerprint(since_ns, sources)

    def open(self, table: ContractTable) -> DayEvents | None:
        """The events, if the file is there and not stale; the table learns the contracts."""
        try:
            file = pq.ParquetFile(self.path)
            note = msgspec.json.decode(file.metadata.metadata[_NOTE], type=_Note)
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, pa.ArrowInvalid, msgspec.MsgspecError) as exc:
            logger.warning("%s is unreadable (%s); it is made again", self.path, exc)
            return None
        if note.made_of != self._made_of:
            file.close()
            return None
        numbers = np.array([table.number(ticker) for ticker in note.tickers], dtype=np.int32)
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        starts = np.cumsum([0, *(group.num_rows for group in groups)]).tolist()
        column = file.schema_arrow.names.index("ts")

        def read(number: int) -> EventBatch:
            try:
                rows = file.read_row_group(number, use_threads=False)
                return _events(rows, starts[number], numbers)
            except (OSError, IndexError, pa.ArrowInvalid) as exc:
                raise DataError(f"{self.path} is damaged ({exc}); delete it and replay") from exc

        blocks = Ahead(read, len(groups))
        return DayEvents(
            starts,
            [group.column(column).statistics.max for group in groups],
            blocks.get,
            begin=blocks.begin,
            prints=note.prints,
            quotes=note.quotes,
            rejected=note.rejected,
        )

    def write(self, table: ContractTable, day: DayMerge) -> None:
        """Make the file, if the disk lets us; else say so in the log.

        Args:
            table: Numbers the contracts.
            day: All events.
        """
        tickers = [contract.ticker for contract in table]
        prints = quotes = 0
        try:
            with (
                written_aside(self.path) as part,
                pq.ParquetWriter(part, _SCHEMA, **_WRITTEN) as writer,
            ):
                left = _SCHEMA.empty_table()
                for number, events in enumerate(day.parts()):
                    if number % _GIVE_BACK_EVERY == 0:
                        give_back()
                    rows = pa.concat_tables([left, _rows(events, prints + quotes)])
                    prints, quotes = prints + len(events.trades), quotes + len(events.quotes)
                    whole = rows.num_rows // BLOCK * BLOCK
                    if whole:
                        writer.write_table(rows.slice(0, whole), row_group_size=BLOCK)
                    left = rows.slice(whole)
                if left.num_rows:
                    writer.write_table(left, row_group_size=BLOCK)
                note = _Note(self._made_of, tickers, prints, quotes, day.rejected)
                writer.add_key_value_metadata({_NOTE: msgspec.json.encode(note)})
        except DataError as exc:
            logger.warning("%s; the day is held in memory", exc)


def _rows(events: EventBatch, first: int) -> pa.Table:
    """Events that follow those below a place, as the file has them."""
    is_print = np.empty(len(events), dtype=np.bool_)
    columns = tuple(np.empty(len(events), kind.to_pandas_dtype()) for kind in _COLUMNS.values())
    day_rows.read_events(events.trades.rows, events.quotes.rows, first, is_print, columns)
    return pa.table([is_print, *columns], schema=_SCHEMA)


def _events(rows: pa.Table, first: int, numbers: NDArray[np.int32]) -> EventBatch:
    is_print = rows[_IS_PRINT].to_numpy()
    found = {name: rows[name].to_numpy() for name in _COLUMNS}
    # An IndexError for a number that no contract has: compiled code would not notice.
    columns = tuple((found | {"contract": numbers[found["contract"]]}).values())
    for column in (is_print, *columns):
        column.setflags(write=False)  # so that compiled code meets one type of each
    prints = int(np.count_nonzero(is_print))
    trades, quotes = np.zeros(prints, TRADE), np.zeros(len(is_print) - prints, QUOTE)
    day_rows.write_events(is_print, columns, first, trades, quotes)
    return EventBatch(TradeBatch(trades), QuoteBatch(quotes))


def _fingerprint(since_ns: int, sources: Iterable[Path]) -> str:
    """Changes with each source's name, size and time of change."""
    found = []
    for path in sources:
        held = path.stat()
        found.append((path.parent.parent.name, path.name, held.st_size, held.st_mtime_ns))
    return hashlib.sha256(msgspec.json.encode((since_ns, sorted(found)))).hexdigest()
