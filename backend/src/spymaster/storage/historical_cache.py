"""The cache of past days: what it holds, whether it is sound, and dropping a day.

`spymaster.storage.fetcher` fills it; `spymaster.storage.day_files` reads it for replay.
"""

import datetime as dt
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from spymaster.core.errors import CalendarError, DataError, DayNotCachedError
from spymaster.core.sessions import Session, SessionCalendar, default_calendar
from spymaster.storage import contract_files, coverage, coverage_check
from spymaster.storage.atomic import only_one
from spymaster.storage.contract_files import UnsoundFileError
from spymaster.storage.coverage import Coverage
from spymaster.storage.coverage_check import files_of
from spymaster.storage.places import (
    contract_file,
    coverage_file,
    day_folder,
    days_folder,
    historical,
    lock_file,
    sessions_named,
    snapshots_file,
    ticker_of,
)
from spymaster.storage.schema import KINDS, Kind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that is not as it should be."""

    date: dt.date
    kind: Kind | Literal["other"]
    ticker: str
    """The contract's; of another kind of file (chain snapshots, a recording) its key."""
    reason: str
    """Begins with ``missing``, ``truncated``, ``corrupt`` or ``unsorted``, or says what is."""

    def __str__(self) -> str:
        return f"{self.date} {self.kind} {self.ticker}: {self.reason}"


@dataclass(frozen=True, slots=True)
class DayStats:
    """What is held of a day."""

    date: dt.date
    contracts: int
    files: int
    trades: int
    quotes: int
    bytes: int
    complete: bool | None
    """None where no coverage file tells."""


class HistoricalDataCache:
    """Past days under ``DATA_DIR``."""

    def __init__(self, data_dir: Path, calendar: SessionCalendar | None = None) -> None:
        self.data_dir = data_dir
        self._calendar = calendar

    def days(self) -> list[dt.date]:
        """Sessions of which anything is held, oldest first."""
        names = {
            path.name for kind in KINDS for path in (historical(self.data_dir) / kind).glob("*")
        }
        names |= {path.stem for path in historical(self.data_dir).glob("*.json")}
        return [date for date in sessions_named(names) if self._holds(date)]

    def _holds(self, date: dt.date) -> bool:
        return coverage_file(self.data_dir, date).exists() or any(
            next(day_folder(self.data_dir, kind, date).glob("*.parquet"), None) for kind in KINDS
        )

    def get_cache_stats(self) -> dict[str, Any]:
        """Totals and days, as plain values; unreadable files count as files without rows."""
        days = [self.day_stats(date) for date in self.days()]
        files = sum(day.files for day in days)
        logger.info("Cache: %d files", files)
        total = sum(day.bytes for day in days)
        return {
            "data_dir": str(self.data_dir),
            "files": files,
            "days": len(days),
            "dates": [day.date.isoformat() for day in days],
            "contracts": sum(day.contracts for day in days),
            "trades": sum(day.trades for day in days),
            "quotes": sum(day.quotes for day in days),
            "bytes": total,
            "size_mb": round(total / 1e6, 2),
            "by_day": {
                day.date.isoformat(): {
                    "contracts": day.contracts,
                    "files": day.files,
                    "trades": day.trades,
                    "quotes": day.quotes,
                    "bytes": day.bytes,
                    "complete": day.complete,
                }
                for day in days
            },
        }

    def day_stats(self, date: dt.date) -> DayStats:
        """What is held of a day, from the files' own footers."""
        paths = {kind: files_of(self.data_dir, kind, date) for kind in KINDS}
        rows = {kind: sum(_rows(path) for path in paths[kind]) for kind in KINDS}
        found = coverage.load(self.data_dir, date)
        both = [path for kind in KINDS for path in paths[kind]]
        return DayStats(
            date=date,
            contracts=len({ticker_of(path) for path in both}),
            files=len(both),
            trades=rows["trades"],
            quotes=rows["quotes"],
            bytes=sum(path.stat().st_size for path in both),
            complete=found.complete if found else None,
        )

    def coverage(self, date: dt.date) -> Coverage:
        """The coverage of a day, made from its files where no coverage file tells.

        Raises:
            DayNotCachedError: Nothing of that day is held.
        """
        if not self._holds(date):
            raise self._not_cached(date)
        found, _ = coverage_check.of_day(self.data_dir, self._session(date))
        return found

    def verify(self, date: dt.date | None = None) -> list[Problem]:
        """Read every file of a day, or of all days, and tell which are not as they should be.

        Raises:
            DayNotCachedError: Nothing of that day is held.
        """
        if date is not None and not self._holds(date):
            raise self._not_cached(date)
        return [
            problem
            for one in ([date] if date else self.days())
            for problem in self._verify_day(one)
        ]

    def _verify_day(self, date: dt.date) -> list[Problem]:
        found = coverage.load(self.data_dir, date) or Coverage(date)
        reasons = dict(coverage_check.check(self.data_dir, found))
        for kind in KINDS:
            for path in files_of(self.data_dir, kind, date):
                ticker = ticker_of(path)
                held = found.held(ticker, kind)
                if (ticker, kind) in reasons:
                    continue
                try:
                    facts = contract_files.inspect(path, kind)
                except UnsoundFileError as exc:
                    reasons[ticker, kind] = str(exc)
                    continue
                if held is not None and facts.rows != held.rows:
                    reasons[ticker, kind] = f"{facts.rows} rows where {held.rows} were written"
        others = coverage_check.check_others(self.data_dir, found)
        return [
            *(Problem(date, kind, ticker, why) for (ticker, kind), why in sorted(reasons.items())),
            *(Problem(date, "other", key, why) for key, why in sorted(others.items())),
        ]

    def clear(self, date: dt.date) -> int:
        """Drop a day; a live recording in the journal and the mirror in S3 are left alone.

        What later sessions know of its flow (`flow_files`) stays too.

        Returns:
            How many files went.

        Raises:
            DayNotCachedError: Nothing of that day is held.
            DataError: Another process changes that day.
        """
        if not self._holds(date):
            raise self._not_cached(date)
        complaint = f"{date} is being written by another process; clear it afterwards"
        with only_one(lock_file(self.data_dir, date), complaint):
            count = sum(len(files_of(self.data_dir, kind, date)) for kind in KINDS)
            # The coverage goes first: what is left, if we are stopped, is found as files.
            coverage_file(self.data_dir, date).unlink(missing_ok=True)
            for kind in KINDS:
                shutil.rmtree(day_folder(self.data_dir, kind, date), ignore_errors=True)
            for path in days_folder(self.data_dir).glob(f"{date}.*"):
                path.unlink(missing_ok=True)
            snapshots_file(self.data_dir, date).unlink(missing_ok=True)
        lock_file(self.data_dir, date).unlink(missing_ok=True)
        return count

    def file(self, date: dt.date, kind: Kind, ticker: str) -> Path:
        """Where a contract's file of a day is, or would be."""
        return contract_file(self.data_dir, kind, date, ticker)

    def _session(self, date: dt.date) -> Session:
        self._calendar = self._calendar or default_calendar()
        try:
            return self._calendar.session(date)
        except CalendarError as exc:
            raise DataError(f"{date} has files under {self.data_dir}, but {exc}") from exc

    def _not_cached(self, date: dt.date) -> DayNotCachedError:
        held = ", ".join(one.isoformat() for one in self.days()[-5:]) or "none"
        return DayNotCachedError(f"{date} is not in the cache under {self.data_dir}; held: {held}")


def _rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, ValueError):
        return 0
