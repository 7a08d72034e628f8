"""Files of a day brought back from the S3 mirror: checked, and put where they belong.

A file that differs from what the coverage there says of it is not used.

Source: design, sections 5 and 9.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from spymaster.core.errors import DataError
from spymaster.storage import contract_files, coverage_check
from spymaster.storage.atomic import aside, commit, write_bytes
from spymaster.storage.contract_files import UnsoundFileError
from spymaster.storage.coverage import Coverage, Held, Other
from spymaster.storage.day_store import DayStore
from spymaster.storage.object_store import Bucket, side_by_side
from spymaster.storage.schema import Kind
from spymaster.storage.threads import in_thread


async def bring_day(bucket: Bucket, store: DayStore, theirs: Coverage) -> int:
    """Bring all that the bucket holds of a day and the disk does not, recordings too.

    A day that was not brought back whole is marked so, and is brought the next time.

    Returns:
        How many files came.

    Raises:
        MirrorError: The bucket refuses or cannot be reached.
        DataError: Files are missing or damaged there, or the disk does not take them.
    """
    store.coverage.restoring = True
    store.changed()
    await in_thread(store.save)
    damaged: list[str] = []

    wanted: Mapping[str, Callable[[], Awaitable[None]]] = {
        store.key(kind, ticker): partial(bring_file, bucket, store, kind, ticker, held)
        for ticker, kinds in theirs.contracts.items()
        for kind, held in kinds.items()
        if store.sound(kind, ticker) is None
    } | {
        key: partial(bring_other, bucket, store, key, other)
        for key, other in theirs.others.items()
        if key not in store.coverage.others
    }

    async def bring(key: str) -> None:
        try:
            await wanted[key]()
        except UnsoundFileError as exc:
            damaged.append(f"{key} {exc}")

    await side_by_side(bring, wanted)
    if damaged:
        raise DataError(
            f"{store.session.date} is damaged in S3: {damaged[0]}"
            + (f" and {len(damaged) - 1} more" if len(damaged) > 1 else "")
        )
    for underlying, chain in theirs.chains.items():
        store.coverage.chains.setdefault(underlying, chain)
    store.coverage.restoring = False
    store.changed()
    await in_thread(store.save)
    return len(wanted)


async def bring_file(bucket: Bucket, store: DayStore, kind: Kind, ticker: str, held: Held) -> None:
    """Bring one contract's file.

    Raises:
        MirrorError: The bucket refuses or cannot be reached.
        UnsoundFileError: It is not there, or is not what was copied.
        DataError: The disk does not take it.
    """
    data = await _read(bucket, store.key(kind, ticker))
    await in_thread(_place, store, kind, ticker, held, data)


async def bring_other(bucket: Bucket, store: DayStore, key: str, other: Other) -> None:
    """Bring one file of the day that is no contract's; raises as `bring_file` does."""
    data = await _read(bucket, key)
    await in_thread(_place_other, store, key, other, data)


async def _read(bucket: Bucket, key: str) -> bytes:
    try:
        return await bucket.get(key)
    except FileNotFoundError as exc:
        raise UnsoundFileError("is missing") from exc


def _check(data: bytes, checksum: str) -> None:
    if checksum and f"sha256:{hashlib.sha256(data).hexdigest()}" != checksum:
        raise UnsoundFileError("not the bytes that were copied there")


def _place(store: DayStore, kind: Kind, ticker: str, held: Held, data: bytes) -> None:
    """Put a file that came back into its place.

    Raises:
        UnsoundFileError: It is not what was copied.
    """
    _check(data, held.checksum)
    path = store.path(kind, ticker)
    part = aside(path)
    try:
        part.write_bytes(data)
        facts = contract_files.inspect(part, kind)
        store.replacing(kind, ticker)
        commit(part, path)
    except OSError as exc:
        raise DataError(f"{path} cannot be written ({exc.strerror or exc})") from exc
    finally:
        part.unlink(missing_ok=True)
    intervals = facts.note.intervals if facts.note else held.intervals
    source = facts.note.source if facts.note else held.source
    store.entered(kind, ticker, facts.rows, intervals, source)


def _place_other(store: DayStore, key: str, other: Other, data: bytes) -> None:
    _check(data, other.checksum)
    if not coverage_check.is_other(key, store.session.date):
        raise UnsoundFileError("is no file of that day")
    path = store.data_dir / key
    write_bytes(path, data)
    store.enter_other(path)
