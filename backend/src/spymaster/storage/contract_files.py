"""One contract's file of one day: is it sound, and what does it hold?

A file says itself which interval it covers (in its Parquet metadata), so a coverage file that was
lost, or not yet written when a process was killed, can be made again from the files.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.core.errors import DataError
from spymaster.storage.intervals import Interval
from spymaster.storage.schema import REQUIRED, ROW_GROUP, SCHEMAS, Kind, conform, write_options

_MAGIC: Final = b"PAR1"
_NOTE: Final = b"spymaster"
"""Key of what a file says about itself."""


class UnsoundFileError(DataError):
    """A stored file is truncated, corrupt or not as it should be; the message is the reason."""


class Note(msgspec.Struct, frozen=True):
    """What a file says about itself."""

    intervals: list[Interval]
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sound file holds."""

    rows: int
    first_ns: int | None
    last_ns: int | None
    note: Note | None
    """None for a file of someone else's."""


class TickFile:
    """Writes one file, batch by batch, in bounded memory. Rows must come oldest first."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._kind = kind
        self._writer = pq.ParquetWriter(
            path, SCHEMAS[kind], write_page_checksum=True, **write_options(kind)
        )
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._last_ns = -(2**62)
        self.rows = 0
        self.in_order = True
        """Whether all rows so far came oldest first."""

    def add(self, table: pa.Table) -> bool:
        """Take rows; whether enough wait for `flush` to be worth while."""
        if not table.num_rows:
            return False
        times = table["sip_timestamp"].to_numpy()
        if times[0] < self._last_ns or (np.diff(times) < 0).any():
            self.in_order = False
        self._last_ns = int(times[-1])
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self.rows += table.num_rows
        return self._waiting_rows >= ROW_GROUP

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            waiting, self._waiting, self._waiting_rows = pa.concat_tables(self._waiting), [], 0
            self._writer.write_table(waiting, row_group_size=ROW_GROUP)

    def close(self, note: Note | None) -> None:
        """Finish the file; no note marks one that is thrown away."""
        if note is not None:
            self.flush()
            self._writer.add_key_value_metadata({_NOTE: msgspec.json.encode(note)})
        self._writer.close()


def write(path: Path, kind: Kind, table: pa.Table, note: Note) -> None:
    """Write a whole table, sorted by time, to a path aside."""
    file = TickFile(path, kind)
    file.add(sorted_by_time(conform(table, kind)))
    file.close(note)


def sorted_by_time(table: pa.Table) -> pa.Table:
    """The rows by time, and as they came where times are equal."""
    times = table["sip_timestamp"].to_numpy()
    if len(times) < 2 or (np.diff(times) >= 0).all():
        return table
    return table.take(np.argsort(times, kind="stable"))


def read(path: Path) -> pa.Table:
    """All rows.

    Raises:
        UnsoundFileError: It cannot be read.
    """
    with _opened(path) as file:
        return _rows(file.read)


def checksum(path: Path) -> str:
    """Of the bytes of a file."""
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def inspect(path: Path, kind: Kind) -> Facts:
    """Read the whole file, a row group at a time, and tell what it holds.

    Raises:
        UnsoundFileError: It is truncated, corrupt, unsorted, or lacks a column.
    """
    with _opened(path) as file:
        schema = file.schema_arrow
        for name in REQUIRED[kind]:
            if name not in schema.names:
                raise UnsoundFileError(f"has no column {name}")
        for column in schema:
            wanted = (
                SCHEMAS[kind].field(column.name) if column.name in SCHEMAS[kind].names else None
            )
            if wanted is not None and not _same(column.type, wanted.type):
                raise UnsoundFileError(f"column {column.name} is {column.type}, not {wanted.type}")
        rows, first, last = 0, None, None
        for group in range(file.num_row_groups):
            table = _rows(lambda group=group: file.read_row_group(group))
            if not table.num_rows:
                continue
            if any(table[name].null_count for name in REQUIRED[kind]):
                raise UnsoundFileError("has rows without time, price or size")
            times = table["sip_timestamp"].to_numpy()
            if (last is not None and times[0] < last) or (np.diff(times) < 0).any():
                raise UnsoundFileError("unsorted: rows are not in order of time")
            first = int(times[0]) if first is None else first
            last = int(times[-1])
            rows += table.num_rows
        return Facts(rows, first, last, _note(file))


def _same(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether types agree; the name of a list's element does not matter."""
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        return bool(found.value_type == wanted.value_type)
    return bool(found == wanted)


def _note(file: pq.ParquetFile) -> Note | None:
    text = (file.metadata.metadata or {}).get(_NOTE)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Note)
    except ValueError as exc:
        raise UnsoundFileError(f"corrupt: its note is unreadable ({exc})") from exc


def _opened(path: Path) -> Any:
    """A Parquet file, as a context manager."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            size = stream.seek(0, 2)
            stream.seek(max(0, size - 4))
            tail = stream.read(4)
    except FileNotFoundError as exc:
        raise UnsoundFileError("missing") from exc
    except OSError as exc:
        raise UnsoundFileError(f"unreadable: {exc.strerror or exc}") from exc
    if size < 12 or (head == _MAGIC and tail != _MAGIC):
        raise UnsoundFileError("truncated")
    if head != _MAGIC:
        raise UnsoundFileError("corrupt: no Parquet file")
    return _rows(lambda: pq.ParquetFile(path, page_checksum_verification=True))


def _rows(read: Any) -> Any:
    try:
        return read()
    except (OSError, pa.ArrowException, ValueError, UnicodeDecodeError) as exc:
        raise UnsoundFileError(f"corrupt: {str(exc).splitlines()[0][:120]}") from exc
