"""A day's trade and quote files under ``DATA_DIR``, read into batches.

One Parquet file for each contract, named after its ticker with ``:`` as ``_``; see the design,
section 9. Columns a source has none of are absent or null.
"""

import datetime as dt
import logging
from pathlib import Path
from typing import Final

from spymaster.core.batches import EventBatch, Gathered, QuoteBatch, TradeBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.day_events import DayEvents
from spymaster.core.errors import DayNotCachedError
from spymaster.engine.store import Memory
from spymaster.storage.contract_rows import known_files, quotes_of, rows_in, trades_of
from spymaster.storage.day_merge import DayMerge, Tell
from spymaster.storage.memory import give_back
from spymaster.storage.places import day_folder, historical, sessions_named
from spymaster.storage.scratch import ScratchMemory
from spymaster.storage.sorted_day import SortedDay

logger = logging.getLogger(__name__)

_QUOTES_A_PRINT: Final = 10


class DayFiles:
    """What is on the disk of one trading day."""

    def __init__(self, data_dir: Path, date: dt.date) -> None:
        self.date = date
        self._data_dir = data_dir
        self._trades = day_folder(data_dir, "trades", date)
        self._quotes = day_folder(data_dir, "quotes", date)

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
        events = _gathered(self.merged(table, since_ns, until_ns))
        logger.info("Loaded %d historical trades", len(events.trades))
        return events

    def merged(
        self,
        table: ContractTable,
        since_ns: int,
        until_ns: int | None = None,
        memory: Memory | None = None,
        tell: Tell | None = None,
    ) -> DayMerge:
        """The same, to be taken part by part: no event is held twice.

        Args:
            table: Learns the contracts.
            since_ns: From this instant on, UNIX ns.
            until_ns: To before this one.
            memory: Where rows lie that are not due yet; ordinary memory by default.
            tell: Told how far it is, as `DayMerge` has it.

        Raises:
            DayNotCachedError: As `load`.
            DataError: As `load`.
        """
        trades = known_files("trades", self._trade_files(), table)
        quotes = known_files("quotes", sorted(self._quotes.glob("*.parquet")), table)
        return DayMerge(trades, quotes, since_ns, until_ns, memory, tell)

    def events(self, table: ContractTable, since_ns: int, tell: Tell | None = None) -> DayEvents:
        """The same from an instant to the end, read as they are played.

        They come from a derived file, which is made at the first time and whenever the contracts'
        files have changed since. Where it cannot be written, they are held in memory.

        Args:
            table: Learns the contracts.
            since_ns: From this instant on, UNIX ns.
            tell: Told how far it is while the file is made, in the thread that makes it.

        Raises:
            DayNotCachedError: No trade file of that day is there.
            DataError: As `load`.
        """
        sources = [*self._trade_files(), *self._quotes.glob("*.parquet")]
        derived = SortedDay(self._data_dir, self.date, table.underlying, since_ns, sources)
        found = derived.open(table)
        if found is None:
            found = self._derive(derived, table, since_ns, tell)
            give_back()
        logger.info("Loaded %d historical trades", found.prints)
        return found

    def _derive(
        self, derived: SortedDay, table: ContractTable, since_ns: int, tell: Tell | None
    ) -> DayEvents:
        give_back()  # else the compiler is resident while all files are read
        # Files that are open take more memory than what is resident of their rows.
        memory = ScratchMemory(derived.path.parent)
        derived.write(table, self.merged(table, since_ns, memory=memory, tell=tell))
        return derived.open(table) or DayEvents.of(_gathered(self.merged(table, since_ns)))

    def _trade_files(self) -> list[Path]:
        paths = sorted(self._trades.glob("*.parquet"))
        if not paths:
            raise DayNotCachedError(
                f"{self.date} is not on this disk ({self._trades} has no files); "
                f"run: uv run spymaster fetch {self.date}"
            )
        logger.info("Cache: %d files", len(paths))
        return paths

    def sample(self, table: ContractTable, prints: int) -> EventBatch:
        """Prints of the day with the quotes of their contracts, unordered.

        The busiest contracts that have quotes, whole, until there are enough prints or some
        ten quotes for each wanted one: bounded work, whatever the day.

        Raises:
            DataError: As `load`.
        """
        both = [path for path in self._trades.glob("*.parquet") if self._quotes_of(path).exists()]
        trades: list[TradeBatch] = []
        quotes: list[QuoteBatch] = []
        rejected = 0
        for path in sorted(both, key=lambda path: (-rows_in(path), path)):
            if sum(map(len, trades)) >= prints or sum(map(len, quotes)) >= _QUOTES_A_PRINT * prints:
                break
            for file in known_files("trades", [path], table):
                some, bad = trades_of(file)
                trades.append(some)
                rejected += bad
            quotes += map(quotes_of, known_files("quotes", [self._quotes_of(path)], table))
        return EventBatch(TradeBatch.concat(trades), QuoteBatch.concat(quotes), rejected)

    def _quotes_of(self, trades: Path) -> Path:
        return self._quotes / trades.name


def cached_dates(data_dir: Path) -> list[dt.date]:
    """Sessions that have trade files, oldest first."""
    folders = (historical(data_dir) / "trades").glob("????-??-??")
    return sessions_named(one.name for one in folders if next(one.glob("*.parquet"), None))


def _gathered(day: DayMerge) -> EventBatch:
    """All rows of a day at once."""
    gathered = Gathered(day.prints, day.quotes)
    for part in day.parts():
        gathered.add(part)
    return gathered.events(day.rejected)
