"""A day's trade and quote files under ``DATA_DIR``, read into batches.

One Parquet file for each contract, named after its ticker with ``:`` as ``_``; see the design,
section 9. Columns a source has none of are absent or null.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import batched
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spymaster.core.batches import (
    EventBatch,
    QuoteBatch,
    TradeBatch,
    quote_batch,
    trade_batch,
)
from spymaster.core.contracts import ContractTable
from spymaster.core.day_events import DayEvents
from spymaster.core.errors import ContractError, DataError, DayNotCachedError
from spymaster.storage.memory import give_back
from spymaster.storage.packing import pack_conditions
from spymaster.storage.sorted_day import SortedDay

logger = logging.getLogger(__name__)

_QUOTES_A_PRINT: Final = 10
_OF_A_TRADE: Final = dict.fromkeys(("sip_timestamp", "price", "size"), True) | dict.fromkeys(
    ("exchange", "conditions", "sequence_number", "arrival"), False
)
_OF_A_QUOTE: Final = dict.fromkeys(
    ("sip_timestamp", "bid_price", "ask_price", "bid_size", "ask_size"), True
) | dict.fromkeys(("bid_exchange", "ask_exchange", "arrival"), False)
_READERS: Final = 4


class DayFiles:
    """What is on the disk of one trading day."""

    def __init__(self, data_dir: Path, date: dt.date) -> None:
        self.date = date
        self._data_dir = data_dir
        self._trades = data_dir / "historical" / "trades" / date.isoformat()
        self._quotes = data_dir / "historical" / "quotes" / date.isoformat()

    @property
    def contracts(self) -> int:
        """How many contracts have a file of trades."""
        return sum(1 for _ in self._trades.glob("*.parquet"))

    def load(self, table: ContractTable, since_ns: int, until_ns: int | None = None) -> EventBatch:
        """Events of the day from an instant on, in the order in which they are replayed.

        That order is the recorded arrival where there is one, else event time, quotes before
        prints. Contracts of other underlyings are passed over; the table learns the others.

        Raises:
            DayNotCachedError: No trade file of that day is there.
            DataError: A file is unreadable or lacks a column; the message names it.
        """
        trades, quotes, rejected = self._read(table, since_ns, until_ns)
        logger.info("Loaded %d historical trades", len(trades))
        return _in_order(trades, quotes, _replay_order(trades, quotes), rejected)

    def events(self, table: ContractTable, since_ns: int) -> DayEvents:
        """The same from an instant to the end, read as they are played.

        They come from a derived file, which is made at the first time and whenever the contracts'
        files have changed since. Where it cannot be written, they are held in memory.

        Raises:
            DayNotCachedError: No trade file of that day is there.
            DataError: As `load`.
        """
        sources = [*self._trade_files(), *self._quotes.glob("*.parquet")]
        derived = SortedDay(self._data_dir, self.date, table.underlying, since_ns, sources)
        found = derived.open(table)
        if found is None:
            found = self._derive(derived, table, since_ns)
            give_back()
        logger.info("Loaded %d historical trades", found.prints)
        return found

    def _derive(self, derived: SortedDay, table: ContractTable, since_ns: int) -> DayEvents:
        trades, quotes, rejected = self._read(table, since_ns, None)
        order = _replay_order(trades, quotes)
        try:
            derived.write(table, trades, quotes, order, rejected)
        except DataError as exc:
            logger.warning("%s; the day is held in memory", exc)
        return derived.open(table) or DayEvents.of(_in_order(trades, quotes, order, rejected))

    def _trade_files(self) -> list[Path]:
        paths = sorted(self._trades.glob("*.parquet"))
        if not paths:
            raise DayNotCachedError(
                f"{self.date} is not on this disk ({self._trades} has no files); "
                f"run: uv run spymaster fetch {self.date}"
            )
        logger.info("Cache: %d files", len(paths))
        return paths

    def _read(
        self, table: ContractTable, since_ns: int, until_ns: int | None
    ) -> tuple[TradeBatch, QuoteBatch, int]:
        """Prints and quotes contract by contract, and how many rows were rejected."""
        found = self._gather(
            self._trade_files(), sorted(self._quotes.glob("*.parquet")), table, since_ns, until_ns
        )
        pa.default_memory_pool().release_unused()
        return found

    def _gather(
        self,
        trade_files: list[Path],
        quote_files: list[Path],
        table: ContractTable,
        since_ns: int,
        until_ns: int | None,
    ) -> tuple[TradeBatch, QuoteBatch, int]:
        rejected = 0
        of_trades, of_quotes = _known(trade_files, table), _known(quote_files, table)

        def trades() -> Iterator[TradeBatch]:
            nonlocal rejected
            for batch, bad in _trade_batches(_tables(of_trades, _OF_A_TRADE)):
                rejected += bad
                yield _between(batch, since_ns, until_ns)

        quotes = (
            _between(batch, since_ns, until_ns)
            for batch in _quote_batches(_tables(of_quotes, _OF_A_QUOTE))
        )
        return (
            TradeBatch.gathered(trades(), sum(_rows(path) for _, path in of_trades)),
            QuoteBatch.gathered(quotes, sum(_rows(path) for _, path in of_quotes)),
            rejected,
        )

    def sample(self, table: ContractTable, prints: int) -> EventBatch:
        """Prints of the day with the quotes of their contracts, unordered.

        The busiest contracts that have quotes, whole, until there are enough prints or some
        ten quotes for each wanted one: bounded work, whatever the day.

        Raises:
            DataError: As `load`.
        """
        both = [path for path in self._trades.glob("*.parquet") if self._quotes_of(path).exists()]
        busiest = sorted(both, key=lambda path: (-_rows(path), path))
        trades, quotes = 0, 0
        chosen: list[Path] = []
        for path in busiest:
            if trades >= prints or quotes >= _QUOTES_A_PRINT * prints:
                break
            chosen.append(path)
            trades += _rows(path)
            quotes += _rows(self._quotes_of(path))
        beside = [self._quotes_of(path) for path in chosen]
        return EventBatch(*self._gather(chosen, beside, table, 0, None))

    def _quotes_of(self, trades: Path) -> Path:
        return self._quotes / trades.name


def cached_dates(data_dir: Path) -> list[dt.date]:
    """Days that have trade files, oldest first."""
    dates = []
    for folder in (data_dir / "historical" / "trades").glob("????-??-??"):
        try:
            date = dt.date.fromisoformat(folder.name)
        except ValueError:
            continue
        if next(folder.glob("*.parquet"), None):
            dates.append(date)
    return sorted(dates)


def _rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid) as exc:
        raise DataError(f"{path} is unreadable ({exc}); fetch that day again") from exc


def _known(paths: Iterable[Path], table: ContractTable) -> list[tuple[int, Path]]:
    """The files of contracts of the table's day and underlying, with their numbers."""
    known: list[tuple[int, Path]] = []
    for path in paths:
        ticker = path.stem.replace("_", ":", 1)
        try:
            contract = table.number(ticker)
        except ContractError:
            logger.warning("%s is not named after a contract; passed over", path)
            continue
        if contract is not None:
            known.append((contract, path))
    return known


def _tables(
    known: list[tuple[int, Path]], wanted: Mapping[str, bool]
) -> Iterator[tuple[int, pa.Table]]:
    """The wanted columns of each contract's file, and its number; True marks those required."""
    with ThreadPoolExecutor(_READERS) as pool:
        for some in batched(known, _READERS, strict=False):  # no more at a time than are being read
            tables = pool.map(lambda one: _read(one[1], wanted), some)
            yield from zip((contract for contract, _ in some), tables, strict=True)


def _read(path: Path, wanted: Mapping[str, bool]) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            rows = file.read([name for name in wanted if name in names], use_threads=False)
    except (OSError, pa.ArrowInvalid) as exc:
        raise DataError(f"{path} is unreadable ({exc}); fetch that day again") from exc
    for name, required in wanted.items():
        if required and name not in rows.column_names:
            raise DataError(f"{path} has no column {name!r}; fetch that day again")
        if required and not _holds_numbers(rows[name].type):
            raise DataError(f"column {name!r} of {path} holds no numbers; fetch that day again")
    return rows


def _holds_numbers(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _trade_batches(
    files: Iterator[tuple[int, pa.Table]],
) -> Iterator[tuple[TradeBatch, int]]:
    """Each contract's prints, and how many rows were rejected."""
    for contract, table in files:
        yield trade_batch(
            np.full(table.num_rows, contract),
            _required(table, "sip_timestamp", np.int64),
            _required(table, "price", np.float64),
            _required(table, "size", np.float64),
            _optional(table, "exchange", 0),
            _conditions(table),
            _optional(table, "sequence_number", 0),
            _optional(table, "arrival", -1),
        )


def _quote_batches(files: Iterator[tuple[int, pa.Table]]) -> Iterator[QuoteBatch]:
    """Each contract's quotes."""
    for contract, table in files:
        yield quote_batch(
            np.full(table.num_rows, contract),
            _required(table, "sip_timestamp", np.int64),
            _required(table, "bid_price", np.float64),
            _required(table, "ask_price", np.float64),
            _required(table, "bid_size", np.float64),
            _required(table, "ask_size", np.float64),
            _optional(table, "bid_exchange", 0),
            _optional(table, "ask_exchange", 0),
            _optional(table, "arrival", -1),
        )


def _between[Rows: (TradeBatch, QuoteBatch)](
    rows: Rows, since_ns: int, until_ns: int | None
) -> Rows:
    inside = rows.ts_event >= since_ns
    if until_ns is not None:
        inside &= rows.ts_event < until_ns
    return rows if inside.all() else rows.take(inside)


def _in_order(
    trades: TradeBatch, quotes: QuoteBatch, order: NDArray[np.intp], rejected: int
) -> EventBatch:
    """Both sorted, and numbered through."""
    is_trade = order >= len(quotes)
    return EventBatch(
        replace(trades.take(order[is_trade] - len(quotes)), arrival=np.flatnonzero(is_trade)),
        replace(quotes.take(order[~is_trade]), arrival=np.flatnonzero(~is_trade)),
        rejected,
    )


def _replay_order(trades: TradeBatch, quotes: QuoteBatch) -> NDArray[np.intp]:
    """Rows in the order in which they are to be played: quotes from 0, the prints behind them."""
    ts = np.concatenate([quotes.ts_event, trades.ts_event])
    # Without a recorded arrival, event time decides; a stable sort leaves quotes before prints.
    if (quotes.arrival >= 0).all() and (trades.arrival >= 0).all():
        return np.lexsort((ts, np.concatenate([quotes.arrival, trades.arrival])))
    return np.argsort(ts, kind="stable")


def _required(table: pa.Table, name: str, dtype: type[np.generic]) -> NDArray[Any]:
    # Filled before numpy sees it: as float64, a column with a null would lose nanoseconds.
    column = table[name].fill_null(0) if dtype is np.int64 else table[name]
    values: NDArray[Any] = column.to_numpy()
    return values.astype(dtype)


def _optional(table: pa.Table, name: str, missing: int) -> NDArray[np.int64]:
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return np.full(table.num_rows, missing, dtype=np.int64)
    filled: NDArray[Any] = table[name].fill_null(missing).to_numpy()
    return filled.astype(np.int64)


def _conditions(table: pa.Table) -> NDArray[np.int64]:
    if "conditions" not in table.column_names or table["conditions"].null_count == table.num_rows:
        return np.zeros(table.num_rows, dtype=np.int64)
    return pack_conditions(table["conditions"])
