"""The cache's second home: an S3 bucket with the same keys.

Local work never waits for it. Files are offered once they are whole, and copied in the background;
what could not be copied is found and copied the next time (`S3Mirror.catch_up`), because what is
missing there is worked out from what is there, not from memory. The day's coverage file goes last
and holds every file's checksum: a file that came back differing from it is not used.

Source: design, sections 5 and 9.
"""

import asyncio
import contextlib
import datetime as dt
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import SecretStr

from spymaster.core.errors import SpymasterError
from spymaster.core.sessions import Session
from spymaster.storage import contract_files
from spymaster.storage.atomic import aside, commit
from spymaster.storage.contract_files import UnsoundFileError
from spymaster.storage.coverage import Coverage, Held, files_of
from spymaster.storage.day_store import DayStore
from spymaster.storage.places import (
    HISTORICAL,
    coverage_file,
    day_folder,
    historical,
    key_of,
    ticker_of,
)
from spymaster.storage.schema import KINDS, Kind

logger = logging.getLogger(__name__)

TRIES: Final = 3
_FIRST_WAIT_S: Final = 0.5
_COPYING: Final = 6
_LOOK_UP_S: Final = 10.0
_MD5_HEX: Final = 32
# A listing that is refused comes as an error of no special type.
_REFUSED: Final = re.compile(
    r"40[13] (Forbidden|Unauthorized)|SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied"
)
_STATUS: Final = re.compile(r"status code: (\d{3}[A-Za-z ]*)")

type Sleep = Callable[[float], Awaitable[object]]


class MirrorError(SpymasterError):
    """The S3 mirror refuses or cannot be reached; the message says which setting to look at."""


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the mirror is."""

    bucket: str
    endpoint: str
    access_key: SecretStr
    secret_key: SecretStr


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What a round of copying did."""

    copied: int
    held_already: int


class S3Mirror:
    """Copies whole files to a bucket, and brings them back. Use it as `running`."""

    def __init__(
        self, settings: S3Settings, data_dir: Path, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._settings = settings
        self._data_dir = data_dir
        self._sleep = sleep
        self._store = S3Store(
            settings.bucket,
            endpoint=settings.endpoint,
            access_key_id=settings.access_key.get_secret_value(),
            secret_access_key=settings.secret_key.get_secret_value(),
            region="us-east-1",
            virtual_hosted_style_request=False,
            checksum_algorithm="SHA256",
            client_options={
                "allow_http": settings.endpoint.startswith("http://"),
                "connect_timeout": dt.timedelta(seconds=3),
                "timeout": dt.timedelta(seconds=60),
            },
            retry_config={"max_retries": 0},
        )
        self._waiting: dict[str, None] = {}
        self._under_way = 0
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.trouble: str | None = None
        """Why nothing is being copied, for a person; None while all is well."""
        self.copied = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["S3Mirror"]:
        """Copy what is offered, in the background, while the block lasts."""
        workers = [asyncio.create_task(self._work()) for _ in range(_COPYING)]
        try:
            yield self
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def offer(self, key: str) -> None:
        """A file is whole and may be copied; returns at once."""
        self._waiting[key] = None
        self._idle.clear()
        self._news.set()

    async def drained(self) -> None:
        """Wait until everything offered is copied, or copying has failed."""
        await self._idle.wait()

    async def check(self) -> None:
        """Ask the bucket for something small.

        Raises:
            MirrorError: It refuses or cannot be reached.
        """
        await self._tried(lambda: self._head(f"{HISTORICAL}/"))

    async def catch_up(self, session: Session) -> CatchUp:
        """Copy every file of a day that the bucket lacks or holds otherwise; coverage last.

        Raises:
            MirrorError: The bucket refuses or cannot be reached; the rest is copied next time.
        """
        date = session.date
        paths = [path for kind in KINDS for path in files_of(self._data_dir, kind, date)]
        paths += sorted((historical(self._data_dir) / "snapshots").glob(f"{date}.parquet"))
        there = await self._tried(lambda: self._listed(date))
        limit = asyncio.Semaphore(_COPYING)

        async def copy(path: Path) -> int:
            async with limit:
                key = key_of(self._data_dir, path)
                if await asyncio.to_thread(_same, path, there.get(key)):
                    return 0
                await self.upload(key)
                return 1

        copied = sum(await _all(copy(path) for path in paths))
        last = coverage_file(self._data_dir, date)
        if last.exists():
            copied += await copy(last)
        return CatchUp(copied, len(paths) + last.exists() - copied)

    async def upload(self, key: str) -> None:
        """Copy one file, trying a few times; the bucket shows all of it or nothing.

        Raises:
            MirrorError: All tries failed.
        """
        path = self._data_dir / key

        async def put() -> None:
            data = await asyncio.to_thread(path.read_bytes)
            await obstore.put_async(self._store, key, data, use_multipart=False)

        try:
            await self._tried(put)
        except FileNotFoundError:
            return  # dropped since
        self.copied += 1

    async def coverage(self, data_dir: Path, session: Session) -> Coverage | None:
        """What the bucket holds of a day; None for nothing, or if it cannot be reached.

        Where files lie there without a coverage file, they count as whole until they are read.
        """
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                return await self._coverage(data_dir, session)
        except TimeoutError:
            self._in_trouble("the S3 mirror does not answer; see S3_ENDPOINT")
        except MirrorError as exc:
            self._in_trouble(str(exc))
        return None

    async def _coverage(self, data_dir: Path, session: Session) -> Coverage | None:
        key = key_of(data_dir, coverage_file(data_dir, session.date))
        try:
            data = await self._tried(lambda: self._get(key))
            return msgspec.json.decode(data, type=Coverage)
        except FileNotFoundError:
            pass
        except ValueError:
            logger.warning("%s in S3 is unreadable; the files there are looked at instead", key)
        there = await self._tried(lambda: self._listed(session.date))
        found = Coverage(session.date)
        for kind in KINDS:
            folder = key_of(data_dir, day_folder(data_dir, kind, session.date))
            for name, (size, _) in there.items():
                if name.startswith(f"{folder}/") and name.endswith(".parquet"):
                    whole = [(session.open_ns, session.end_ns + 1)]
                    held = Held(whole, True, 0, "rest", size, "")
                    found.put(ticker_of(Path(name)), kind, held)
        return found if found.contracts else None

    async def download(self, store: DayStore, kind: Kind, ticker: str, held: Held) -> bool:
        """Bring one file, if it is there and is what it should be; else the vendor is asked."""
        if self.trouble:
            return False
        key = store.key(kind, ticker)
        try:
            data = await self._tried(lambda: self._get(key))
        except FileNotFoundError:
            return False
        except MirrorError as exc:
            self._in_trouble(str(exc))
            return False
        try:
            await asyncio.to_thread(_place, store, kind, ticker, held, data)
        except UnsoundFileError as exc:
            logger.warning("%s in S3 is not used: %s", key, exc)
            return False
        return True

    async def _work(self) -> None:
        while True:
            while self._waiting and self.trouble is None:
                key = next(iter(self._waiting))
                del self._waiting[key]
                self._under_way += 1
                try:
                    await self.upload(key)
                except MirrorError as exc:
                    self._in_trouble(str(exc))
                finally:
                    self._under_way -= 1
            if self.trouble is not None or not (self._waiting or self._under_way):
                self._idle.set()
            self._news.clear()
            await self._news.wait()

    def _in_trouble(self, reason: str) -> None:
        if self.trouble is None:
            self.trouble = reason
            logger.warning("%s; the cache goes on without its mirror", reason)

    async def _head(self, prefix: str) -> None:
        await asyncio.to_thread(lambda: next(iter(obstore.list(self._store, prefix)), None))

    async def _get(self, key: str) -> bytes:
        answer = await obstore.get_async(self._store, key)
        return bytes(await answer.bytes_async())

    async def _listed(self, date: dt.date) -> dict[str, tuple[int, str | None]]:
        """Size and ETag of every file of a day."""
        found: dict[str, tuple[int, str | None]] = {}
        for prefix in (
            *(f"{HISTORICAL}/{kind}/{date}" for kind in KINDS),
            f"{HISTORICAL}/snapshots",
        ):
            async for page in obstore.list(self._store, prefix):
                found |= {one["path"]: (one["size"], one["e_tag"]) for one in page}
        with contextlib.suppress(FileNotFoundError):
            one = await obstore.head_async(self._store, f"{HISTORICAL}/{date}.json")
            found[one["path"]] = (one["size"], one["e_tag"])
        return found

    async def _tried[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Try a few times, with growing waits.

        Raises:
            MirrorError: The bucket refuses, or all tries failed.
            FileNotFoundError: There is no such file.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return await act()
            except (PermissionDeniedError, UnauthenticatedError) as exc:
                raise self._refused() from exc
            except FileNotFoundError as exc:
                if "NoSuchBucket" in str(exc):
                    raise MirrorError(
                        f"the S3 mirror has no bucket {self._settings.bucket}; check S3_BUCKET"
                    ) from exc
                raise
            except BaseError as exc:
                if _REFUSED.search(str(exc)):
                    raise self._refused() from exc
                if attempt == TRIES:
                    status = _STATUS.search(str(exc))
                    fault = f"fails with {status[1].strip()}" if status else "cannot be reached"
                    raise MirrorError(
                        f"the S3 mirror at {self._settings.endpoint} {fault}; check S3_ENDPOINT"
                    ) from exc
                await self._sleep(_FIRST_WAIT_S * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _refused(self) -> MirrorError:
        return MirrorError(
            f"the S3 mirror refuses the keys for bucket {self._settings.bucket}; "
            "check S3_ACCESS_KEY and S3_SECRET_KEY"
        )


async def _all[T](work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines together; the first error ends them all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _same(path: Path, there: tuple[int, str | None] | None) -> bool:
    """Whether the bucket holds the same bytes, as far as size and ETag tell."""
    if there is None or there[0] != path.stat().st_size:
        return False
    etag = (there[1] or "").strip('"')
    if len(etag) != _MD5_HEX:
        return True  # no MD5: encrypted or put in parts; the checksum is compared on the way back
    with path.open("rb") as stream:
        return (
            hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            == etag
        )


def _place(store: DayStore, kind: Kind, ticker: str, held: Held, data: bytes) -> None:
    """Put a file that came back into its place.

    Raises:
        UnsoundFileError: It is not what was copied.
    """
    if held.checksum and f"sha256:{hashlib.sha256(data).hexdigest()}" != held.checksum:
        raise UnsoundFileError("not the bytes that were copied there")
    path = store.path(kind, ticker)
    part = aside(path)
    try:
        part.write_bytes(data)
        facts = contract_files.inspect(part, kind)
        commit(part, path)
    finally:
        part.unlink(missing_ok=True)
    intervals = facts.note.intervals if facts.note else held.intervals
    source = facts.note.source if facts.note else held.source
    store.entered(kind, ticker, facts.rows, intervals, source)
