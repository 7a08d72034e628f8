"""Where things lie under ``DATA_DIR``; S3 mirrors the same keys. Source: design, section 9."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from spymaster.core.errors import CalendarError
from spymaster.core.sessions import default_calendar
from spymaster.storage.schema import Kind

HISTORICAL: Final = "historical"
SUFFIX: Final = ".parquet"


def historical(data_dir: Path) -> Path:
    """The cache's folder."""
    return data_dir / HISTORICAL


def days_folder(data_dir: Path) -> Path:
    """Where what is made of whole days is: derived files and sealed recordings."""
    return historical(data_dir) / "days"


def snapshots_file(data_dir: Path, date: dt.date) -> Path:
    """The chain snapshots of a day."""
    return historical(data_dir) / "snapshots" / f"{date.isoformat()}{SUFFIX}"


def day_folder(data_dir: Path, kind: Kind, date: dt.date) -> Path:
    """Where the contracts' files of one kind and day are."""
    return historical(data_dir) / kind / date.isoformat()


def contract_file(data_dir: Path, kind: Kind, date: dt.date, ticker: str) -> Path:
    """One contract's file."""
    return day_folder(data_dir, kind, date) / f"{ticker.replace(':', '_', 1)}{SUFFIX}"


def coverage_file(data_dir: Path, date: dt.date) -> Path:
    """What of a day is held."""
    return historical(data_dir) / f"{date.isoformat()}.json"


def lock_file(data_dir: Path, date: dt.date) -> Path:
    """Held by whoever changes a day."""
    return historical(data_dir) / f".{date.isoformat()}.lock"


def name_of_underlying(underlying: str) -> str:
    """An underlying as part of a file's name; ``:`` and ``/`` become ``_``."""
    return underlying.replace(":", "_").replace("/", "_")


def sessions_named(names: Iterable[str]) -> list[dt.date]:
    """The sessions that some folders or files are named after, oldest first.

    Other names, also those of days without a session, are somebody's own and passed over.
    """
    calendar = default_calendar()
    found = set()
    for name in names:
        with suppress(ValueError, CalendarError):
            date = dt.date.fromisoformat(name)
            if calendar.is_session(date):
                found.add(date)
    return sorted(found)


def ticker_of(path: Path) -> str:
    """The contract that a file is named after."""
    return path.name.removesuffix(SUFFIX).replace("_", ":", 1)


def key_of(data_dir: Path, path: Path) -> str:
    """The name of a file in S3."""
    return path.relative_to(data_dir).as_posix()
