"""Segments of a journal: how its records lie in files, and how they are read.

A record is its length, a CRC-32 and its bytes. A segment is a file of records that is only ever
appended to, by the process that made it; a process that starts makes a new one. So what a killed
process left is never written to again: at worst its last record is torn, and reading that segment
ends there. The head of each segment tells how many records were read or written before it: where
that does not fit, a segment before it has suffered since, and `Lost` stands for what is missing.
"""

import logging
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Final, Protocol

import msgspec

from spymaster.core.errors import DataError
from spymaster.core.inputs import ContractsListed, Input, Lost
from spymaster.storage import input_codec

logger = logging.getLogger(__name__)

SUFFIX: Final = ".journal"

_FRAME: Final = Struct("<II")
_MOST_BYTES: Final = 1 << 30
_VERSION: Final = 1
_HEAD_BEGINS: Final = b"{"
"""Heads are JSON objects; inputs, in MessagePack, are arrays."""


class Readable(Protocol):
    """Gives bytes: a file, or what decompresses one."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, fewer than asked for only at the end."""


class Head(msgspec.Struct, frozen=True):
    """The first record of a segment."""

    underlying: str
    date: str
    before: int
    """Records of all segments before this one, heads left out."""
    tickers: list[str]
    """Contracts numbered before this segment."""
    version: int = _VERSION


_HEAD_DECODER: Final = msgspec.json.Decoder(Head)


def frame(payload: bytes) -> bytes:
    """A record as it is written."""
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def payloads(stream: Readable) -> Iterator[bytes]:
    """The records of a segment, up to the first that is torn or damaged."""
    while True:
        prefix = stream.read(_FRAME.size)
        if len(prefix) < _FRAME.size:
            return
        length, checksum = _FRAME.unpack(prefix)
        if not 0 < length <= _MOST_BYTES:
            return
        payload = stream.read(length)
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield payload


@dataclass(slots=True)
class Reading:
    """Where the reading of a recording stands."""

    records: int = 0
    """Read so far, heads left out, and those counted that a damaged segment lacks."""
    tickers: list[str] = field(default_factory=list)
    """Contracts in the order of their numbers, as far as they were listed."""


def read_payloads(records: Iterable[bytes], reading: Reading) -> Iterator[Input]:
    """The inputs of the records of one or more segments, after those before them.

    Raises:
        DataError: They are of another version of the product.
    """
    for payload in records:
        if payload.startswith(_HEAD_BEGINS):
            yield from _after_head(_head(payload), reading)
            continue
        entry = input_codec.decode(payload, len(reading.tickers))
        reading.records += 1
        if isinstance(entry, ContractsListed):
            reading.tickers.extend(entry.tickers)
        yield entry


def _head(payload: bytes) -> Head:
    try:
        head = _HEAD_DECODER.decode(payload)
    except msgspec.DecodeError as exc:
        raise DataError(f"a journal has an unreadable head ({exc})") from exc
    if head.version != _VERSION:
        raise DataError(f"a journal is of version {head.version}; this product reads {_VERSION}")
    return head


def _after_head(head: Head, reading: Reading) -> Iterator[Input]:
    """What is to be known at the start of a segment."""
    if head.before != reading.records:
        logger.warning("The journal lacks %d records", head.before - reading.records)
        reading.records = head.before
        yield Lost(0)
    new = head.tickers[len(reading.tickers) :]
    if new:
        reading.tickers.extend(new)
        yield ContractsListed(new)


def segments(folder: Path) -> list[tuple[int, Path]]:
    """The segments of a folder with their numbers, oldest first."""
    paths = folder.glob(f"*{SUFFIX}")
    return sorted((int(path.stem), path) for path in paths if path.stem.isdigit())


def read_segments(paths: Iterable[Path], reading: Reading) -> Iterator[Input]:
    """The inputs of some segments, oldest first.

    Raises:
        DataError: A segment cannot be read at all.
    """
    for path in paths:
        try:
            with path.open("rb") as stream:
                yield from read_payloads(payloads(stream), reading)
        except OSError as exc:
            raise DataError(f"{path} cannot be read ({exc.strerror or exc})") from exc
