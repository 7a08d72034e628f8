"""A day's trade and quote files under ``DATA_DIR``, read into batches.

One Parquet file for each contract, named after its ticker with ``:`` as ``_``; see the design,
section 9. Columns a source has none of are absent or null.
"""

import datetime as dt
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from spymaster.core.batches import EventBatch, Gathered, QuoteBatch, TradeBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.day_events import DayEvents
from spymaster.core.errors import DayNotCachedError
from spymaster.engine.store import Memory, ProcessMemory
from spymaster.storage.contract_rows import known_files, quotes_of, rows_in, trades_of
from spymaster.storage.day_sort import DaySort
from spymaster.storage.memory import give_back
from spymaster.storage.scratch import ScratchMemory
from spymaster.storage.sorted_day import SortedDay
from spymaster.storage.threads import AT_ONCE

logger = logging.getLogger(__name__)

_QUOTES_A_PRINT: Final = 10


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
        return _gathered(self.sorted(table, since_ns, until_ns))

    def sorted(self, table: ContractTable, since_ns: int, until_ns: int | None = None) -> DaySort:
        """The same, to be taken part by part: no event is held twice.

        Raises:
            DayNotCachedError: As `load`.
            DataError: As `load`.
        """
        day = self._filled(ProcessMemory(), table, since_ns, until_ns)
        logger.info("Loaded %d historical trades", day.prints)
        return day

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
        day = self._filled(ScratchMemory(derived.path.parent), table, since_ns)
        give_back()
        derived.write(table, day)
        return derived.open(table) or DayEvents.of(_gathered(day))

    def _trade_files(self) -> list[Path]:
        paths = sorted(self._trades.glob("*.parquet"))
        if not paths:
            raise DayNotCachedError(
                f"{self.date} is not on this disk ({self._trades} has no files); "
                f"run: uv run spymaster fetch {self.date}"
            )
        logger.info("Cache: %d files", len(paths))
        return paths

    def _filled(
        self, memory: Memory, table: ContractTable, since_ns: int, until_ns: int | None = None
    ) -> DaySort:
        """The rows of an interval, of some files at once."""
        trade_files = known_files(self._trade_files(), table)
        quote_files = known_files(sorted(self._quotes.glob("*.parquet")), table)

        def take_trades(turn: int, file: tuple[int, Path]) -> int:
            rejected = 0
            for trades, bad in trades_of(*file):
                day.add(_between(trades, since_ns, until_ns), turn)
                rejected += bad
            return rejected

        def take_quotes(turn: int, file: tuple[int, Path]) -> None:
            for quotes in quotes_of(*file):
                day.add(_between(quotes, since_ns, until_ns), turn)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            prints, quotes = (
                sum(pool.map(rows_in, [path for _, path in files]))
                for files in (trade_files, quote_files)
            )
            day = DaySort(memory, prints, quotes)
            rejected = pool.map(take_trades, range(len(trade_files)), trade_files)
            taken = pool.map(take_quotes, range(len(quote_files)), quote_files)
            day.rejected = sum(rejected)
            deque(taken, maxlen=0)  # nothing but what was raised comes of them
        return day

    def sample(self, table: ContractTable, prints: int) -> EventBatch:
        """Prints of the day with the quotes of their contracts, unordered.

        The busiest contracts that have quotes, whole, until there are enough prints or some
        ten quotes for each wanted one: bounded work, whatever the day.

        Raises:
            DataError: As `load`.
        """
        both = [path for path in self._trades.glob("*.parquet") if self._quotes_of(path).exists()]
        busiest = sorted(both, key=lambda path: (-rows_in(path), path))
        trades, quotes = 0, 0
        chosen: list[Path] = []
        for path in busiest:
            if trades >= prints or quotes >= _QUOTES_A_PRINT * prints:
                break
            chosen.append(path)
            trades += rows_in(path)
            quotes += rows_in(self._quotes_of(path))
        found = [part for one in known_files(chosen, table) for part in trades_of(*one)]
        beside = known_files(map(self._quotes_of, chosen), table)
        return EventBatch(
            TradeBatch.concat([part for part, _ in found]),
            QuoteBatch.concat([part for one in beside for part in quotes_of(*one)]),
            sum(bad for _, bad in found),
        )

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


def _gathered(day: DaySort) -> EventBatch:
    """All rows of a day at once."""
    gathered = Gathered(day.prints, day.quotes)
    for part in day.parts():
        gathered.add(part)
    return gathered.events(day.rejected)


def _between[Rows: (TradeBatch, QuoteBatch)](
    rows: Rows, since_ns: int, until_ns: int | None
) -> Rows:
    inside = rows.ts_event >= since_ns
    if until_ns is not None:
        inside &= rows.ts_event < until_ns
    return rows if inside.all() else rows.take(inside)
