"""Files that appear whole or not at all: written aside, made durable, then renamed."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spymaster.core.errors import DataError

PART: Final = ".part"
"""Ends the names of files that are being written; what a killed process left is swept away."""


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes its place when the block ends well.

    Raises:
        DataError: The disk is full, or does not let us write; the message names the file.
    """
    part = aside(path)
    try:
        yield part
        commit(part, path)
    except OSError as exc:
        raise DataError(f"{path} cannot be written ({exc.strerror or exc})") from exc
    finally:
        part.unlink(missing_ok=True)


def aside(path: Path) -> Path:
    """A free name beside ``path`` to write to.

    Raises:
        DataError: The folder cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise DataError(f"{path.parent} cannot be made ({exc.strerror or exc})") from exc
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")


def commit(part: Path, path: Path) -> None:
    """Make a written file durable under its name."""
    _fsync(part)
    part.replace(path)
    _fsync(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a small file.

    Raises:
        DataError: It cannot be written.
    """
    with written_aside(path) as part:
        part.write_bytes(data)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half written; only its owner may call this."""
    for left in folder.glob(f".*{PART}"):
        left.unlink(missing_ok=True)


@contextmanager
def only_one(path: Path, complaint: str) -> Iterator[None]:
    """Hold a lock file; the system lets it go however the process ends.

    Raises:
        DataError: Another process holds it; the message is the complaint.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise DataError(complaint) from exc
        yield


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
