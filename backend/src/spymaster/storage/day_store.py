"""One day of the cache, opened for changes.

Whoever changes a day holds its lock, so that two of them cannot tread on each other. Files go in
one by one, each whole; the coverage file follows at a pace that does not slow them. What a killed
process had stored but not entered is found again in the files themselves.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import numpy as np
import pyarrow as pa

from spymaster.core.batches import TradeBatch, trade_batch
from spymaster.core.errors import DataError
from spymaster.core.sessions import Session
from spymaster.storage import contract_files, coverage, coverage_check
from spymaster.storage.atomic import only_one, sweep, written_aside
from spymaster.storage.contract_files import Note, UnsoundFileError
from spymaster.storage.coverage import SIMULATOR, Coverage, Held, Other, held_file
from spymaster.storage.intervals import Interval, merged
from spymaster.storage.packing import pack_conditions
from spymaster.storage.places import (
    contract_file,
    day_folder,
    key_of,
    lock_file,
    snapshots_file,
    ticker_of,
)
from spymaster.storage.schema import KINDS, Kind, conform

logger = logging.getLogger(__name__)

_SAVE_EVERY: Final = 25


class RealDayError(DataError):
    """Simulated prints were to come into a day of the real market."""


class DayStore:
    """The files of one day and their coverage. Make one with `opened`."""

    def __init__(self, data_dir: Path, session: Session) -> None:
        self.data_dir = data_dir
        self.session = session
        self.coverage = coverage.load(data_dir, session.date) or Coverage(session.date)
        self.unsound: dict[tuple[str, Kind], str] = {}
        """Files that were found missing or broken, with the reason; `put` mends them."""
        self._unsaved = 0
        self._lock = threading.Lock()  # files are written by worker threads

    @classmethod
    @contextmanager
    def opened(cls, data_dir: Path, session: Session) -> Iterator[Self]:
        """Open a day: sweep up, look at every file, and forget those that are not sound.

        Raises:
            DataError: Another process changes that day.
        """
        date = session.date
        complaint = f"{date} is being written by another process; wait until it has finished"
        with only_one(lock_file(data_dir, date), complaint):
            for kind in KINDS:
                sweep(day_folder(data_dir, kind, date))
            store = cls(data_dir, session)
            store._look()
            try:
                yield store
            finally:
                store.save()

    def _look(self) -> None:
        self.unsound = coverage_check.check(self.data_dir, self.coverage)
        for ticker, kind in self.unsound:
            if self.path(kind, ticker).exists():
                self.coverage.refuse(ticker, kind)
            else:
                self.coverage.drop(ticker, kind)
        left = coverage_check.adopt(self.data_dir, self.coverage, self.session)
        for path, reason in left.items():
            from_kind: Kind = "trades" if path.parent.parent.name == "trades" else "quotes"
            self.unsound[ticker_of(path), from_kind] = reason
        for key in [key for key in self.coverage.others if not (self.data_dir / key).exists()]:
            del self.coverage.others[key]
        self._unsaved = 1

    def path(self, kind: Kind, ticker: str) -> Path:
        """Where a contract's file is."""
        return contract_file(self.data_dir, kind, self.session.date, ticker)

    def key(self, kind: Kind, ticker: str) -> str:
        """The name of a contract's file in S3."""
        return key_of(self.data_dir, self.path(kind, ticker))

    def sound(self, kind: Kind, ticker: str) -> Held | None:
        """A contract's entry, unless its file was found broken."""
        return None if (ticker, kind) in self.unsound else self.coverage.held(ticker, kind)

    def only(self, source: str) -> None:
        """Make the day one that takes files of a source: real prints and simulated ones never mix.

        A simulated day gives way to the real one, never the other way round. Recordings stay: each
        has prints of one kind alone, and its name says which.

        Raises:
            RealDayError: The day is held from the real market, and the source is the simulator.
        """
        if self.gives_way_to(source):
            self.give_way()

    def gives_way_to(self, source: str) -> bool:
        """Whether the day is a simulated one, and the source's files are to take its place.

        Raises:
            RealDayError: As `only`.
        """
        if source != SIMULATOR:
            return self.coverage.is_simulated
        if self.coverage.is_real:
            raise RealDayError(
                f"{self.session.date} is held from the real market; a simulated day is not mixed "
                "into it: set POLYGON_API_KEY to complete it"
            )
        return False

    def give_way(self) -> None:
        """Remove what was simulated, all but recordings."""
        date = self.session.date
        logger.info("%s was simulated; the real day takes its place", date)
        # First what does not say itself that it is simulated, should we be stopped on the way.
        snapshots = snapshots_file(self.data_dir, date)
        snapshots.unlink(missing_ok=True)
        self.coverage.others.pop(key_of(self.data_dir, snapshots), None)
        self.coverage.chains.clear()
        for ticker, kinds in [*self.coverage.contracts.items()]:
            for kind, held in [*kinds.items()]:
                if held.source == SIMULATOR:
                    self.remove(kind, ticker)
        self.changed()

    def put(
        self, kind: Kind, ticker: str, table: pa.Table, intervals: list[Interval], source: str
    ) -> Held:
        """Store rows that cover some intervals, beside those held of other times.

        Where both have prints of the same time, those held stay, and of the new ones those are
        added that are not among them: a recording has the order of arrival, REST has every print.

        Raises:
            DataError: The file cannot be written.
        """
        held = self.sound(kind, ticker)
        if held is not None:
            try:
                old = conform(contract_files.read(self.path(kind, ticker)), kind)
            except UnsoundFileError as exc:
                logger.warning("%s broke (%s); it is begun anew", self.path(kind, ticker), exc)
            else:
                table = _with_held(kind, old, table)
                intervals = [*held.intervals, *intervals]
        return self.replace(kind, ticker, table, intervals, source)

    def replace(
        self, kind: Kind, ticker: str, table: pa.Table, intervals: list[Interval], source: str
    ) -> Held:
        """Store rows in place of all that is held of a contract.

        Raises:
            DataError: The file cannot be written.
        """
        path = self.path(kind, ticker)
        with written_aside(path) as part:
            contract_files.write(part, kind, table, Note(merged(intervals), source))
            self.replacing(kind, ticker)
        return self.entered(kind, ticker, table.num_rows, intervals, source)

    def replacing(self, kind: Kind, ticker: str) -> None:
        """Forget a contract's entry: another file, which says itself what it holds, comes now.

        Without it, should we be stopped between the two, the file would not be the one entered.
        """
        with self._lock:
            if self.sound(kind, ticker) is None:
                return
            self.coverage.drop(ticker, kind)
            self._unsaved += 1
        self.save()

    def entered(
        self, kind: Kind, ticker: str, rows: int, intervals: list[Interval], source: str
    ) -> Held:
        """Enter a file that is in its place."""
        held = held_file(self.path(kind, ticker), self.session, rows, intervals, source)
        with self._lock:
            self.coverage.put(ticker, kind, held)
            self.unsound.pop((ticker, kind), None)
            self._unsaved += 1
        return held

    def enter_others(self) -> None:
        """Enter the day's files that are no contract's, as they are now."""
        for path in coverage_check.other_files(self.data_dir, self.session.date):
            self.enter_other(path)

    def enter_other(self, path: Path) -> None:
        """Enter a file of the day that is no contract's and is in its place."""
        other = Other(path.stat().st_size, contract_files.checksum(path))
        with self._lock:
            self.coverage.others[key_of(self.data_dir, path)] = other
            self._unsaved += 1

    def remove(self, kind: Kind, ticker: str) -> None:
        """Drop a contract's file and its entry."""
        with self._lock:
            self.coverage.drop(ticker, kind)
            self.unsound.pop((ticker, kind), None)
            self._unsaved += 1
        self.path(kind, ticker).unlink(missing_ok=True)

    def save(self, *, at_once: bool = True) -> None:
        """Write the coverage file; unless at once, only when enough has changed."""
        with self._lock:
            if self._unsaved and (at_once or self._unsaved >= _SAVE_EVERY):
                coverage.save(self.data_dir, self.coverage)
                self._unsaved = 0

    def changed(self) -> None:
        """Something of the coverage was changed by hand."""
        self._unsaved += 1


def _with_held(kind: Kind, old: pa.Table, table: pa.Table) -> pa.Table:
    if kind == "trades":
        table = table.filter(pa.array(_new_prints(table, old)))
    elif old.num_rows and table.num_rows:
        known = old["sip_timestamp"].to_numpy()
        new = np.isin(table["sip_timestamp"].to_numpy(), known, invert=True)
        table = table.filter(pa.array(new))
    return contract_files.sorted_by_time(pa.concat_tables([old, table]))


def _new_prints(table: pa.Table, old: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows are not among the old ones, by the rule of the design's section 8."""
    from spymaster.engine.columns import PRINT
    from spymaster.engine.refill import missing_rows  # numba: slow to import, rarely needed

    prints = _batch(table)
    held = np.zeros(old.num_rows, dtype=PRINT)
    known = _batch(old)
    for name, column in (
        ("ts", known.ts_event),
        ("price", known.price),
        ("size", known.size),
        ("exchange", known.exchange),
        ("conditions", known.conditions),
    ):
        held[name] = column
    new = np.zeros(table.num_rows, dtype=np.bool_)
    new[missing_rows(prints, held).arrival] = True
    return new


def _batch(table: pa.Table) -> TradeBatch:
    rows = table.num_rows
    batch, rejected = trade_batch(
        np.zeros(rows),
        table["sip_timestamp"].to_numpy(),
        table["price"].to_numpy(),
        table["size"].to_numpy(),
        table["exchange"].fill_null(0).to_numpy(),
        pack_conditions(table["conditions"]),
        np.zeros(rows),
        np.arange(rows),
    )
    assert not rejected, "stored prints are prints"
    return batch
