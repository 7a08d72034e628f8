"""A day's files compared with what its coverage says of them.

The disk is what counts: files that the coverage does not know are entered, and entries whose file
is gone or is another one are told.
"""

import datetime as dt
import logging
import re
from pathlib import Path

from spymaster.core.contracts import parse_ticker
from spymaster.core.errors import ContractError
from spymaster.core.sessions import Session
from spymaster.storage import contract_files
from spymaster.storage.contract_files import UnsoundFileError
from spymaster.storage.coverage import Coverage, held_file, load
from spymaster.storage.intervals import Interval
from spymaster.storage.places import (
    contract_file,
    day_folder,
    days_folder,
    key_of,
    snapshots_file,
    ticker_of,
)
from spymaster.storage.schema import KINDS, Kind

logger = logging.getLogger(__name__)

FOUND = "found"
"""Source of files that were lying there, without a word on where they came from."""


def other_files(data_dir: Path, date: dt.date) -> list[Path]:
    """The day's files that are no contract's: chain snapshots and sealed recordings."""
    recorded = days_folder(data_dir).glob(f"{date.isoformat()}.*")
    found = [path for path in (snapshots_file(data_dir, date), *recorded) if path.exists()]
    return sorted(path for path in found if is_other(key_of(data_dir, path), date))


def is_other(key: str, date: dt.date) -> bool:
    """Whether a key is that of a file of the day that is no contract's."""
    day = re.escape(date.isoformat())
    return bool(
        re.fullmatch(rf"historical/(snapshots/{day}\.parquet|days/{day}\.[\w.-]+\.recording)", key)
    )


def files_of(data_dir: Path, kind: Kind, date: dt.date) -> list[Path]:
    """The contracts' files of a day that are named after a contract, by name."""
    found = []
    for path in sorted(day_folder(data_dir, kind, date).glob("*.parquet")):
        try:
            parse_ticker(ticker_of(path))
        except ContractError:
            logger.warning("%s is not named after a contract; passed over", path)
            continue
        found.append(path)
    return found


def adopt(data_dir: Path, coverage: Coverage, session: Session) -> dict[Path, str]:
    """Enter the files of a day that the coverage does not know.

    A file that says nothing of itself, on a day that is over, counts as the whole day.

    Returns:
        The files that were not taken, with the reason.
    """
    unsound = {}
    for kind in KINDS:
        for path in files_of(data_dir, kind, coverage.date):
            ticker = ticker_of(path)
            if coverage.held(ticker, kind) is not None:
                continue
            try:
                facts = contract_files.inspect(path, kind)
            except UnsoundFileError as exc:
                unsound[path] = str(exc)
                continue
            whole: Interval = (session.open_ns, session.end_ns + 1)
            note = facts.note
            coverage.put(
                ticker,
                kind,
                held_file(
                    path,
                    session,
                    facts.rows,
                    note.intervals if note else [whole],
                    note.source if note else FOUND,
                ),
            )
    return unsound


def of_day(data_dir: Path, session: Session) -> tuple[Coverage, dict[Path, str]]:
    """The coverage of a day, made from the files where the coverage file lacks them.

    Returns:
        The coverage, and files that were not taken, with the reason.
    """
    coverage = load(data_dir, session.date) or Coverage(session.date)
    unsound = adopt(data_dir, coverage, session)
    coverage.settle()
    return coverage, unsound


def check(data_dir: Path, coverage: Coverage) -> dict[tuple[str, Kind], str]:
    """Entries whose file is missing, or is not the one that was entered, with the reason."""
    problems: dict[tuple[str, Kind], str] = {}
    for ticker, kinds in coverage.contracts.items():
        for kind, held in kinds.items():
            path = contract_file(data_dir, kind, coverage.date, ticker)
            try:
                size = path.stat().st_size
            except OSError:
                problems[ticker, kind] = "missing"
                continue
            if size != held.bytes or contract_files.checksum(path) != held.checksum:
                problems[ticker, kind] = _what_changed(path, kind, size < held.bytes)
    return problems


def check_others(data_dir: Path, coverage: Coverage) -> dict[str, str]:
    """Entries of files that are no contract's, by key, as `check` has those that are."""
    problems: dict[str, str] = {}
    for key, other in coverage.others.items():
        path = data_dir / key
        try:
            size = path.stat().st_size
        except OSError:
            problems[key] = "missing"
            continue
        if size < other.bytes:
            problems[key] = "truncated: shorter than when it was written"
        elif size > other.bytes or contract_files.checksum(path) != other.checksum:
            problems[key] = "corrupt: not the bytes that were written"
    return problems


def _what_changed(path: Path, kind: Kind, shorter: bool) -> str:
    try:
        contract_files.inspect(path, kind)
    except UnsoundFileError as exc:
        return str(exc)
    return "corrupt: " + (
        "shorter than when it was written" if shorter else "not the bytes that were written"
    )
