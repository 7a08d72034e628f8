"""The cache's second home: an S3 bucket with the same keys.

Local work never waits for it. Files are offered once they are whole, and copied in the background;
what could not be copied is found and copied the next time (`S3Mirror.catch_up`), because what is
missing there is worked out from what is there, not from memory. The day's coverage file goes last
and holds every file's checksum: a file that came back differing from it is not used.

A bucket may be shared. What it holds of a day and this disk does not stays in its coverage; a file
that is whole there is not replaced by one that is not, and a simulated day never takes the place of
a real one.

Source: design, sections 5 and 9.
"""

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from spymaster.core.sessions import Session
from spymaster.storage import coverage, coverage_check
from spymaster.storage.bringing_back import bring_day, bring_file, bring_other
from spymaster.storage.contract_files import UnsoundFileError
from spymaster.storage.coverage import Coverage, Held, Other
from spymaster.storage.day_store import DayStore
from spymaster.storage.object_store import (
    TRANSFERS,
    Bucket,
    MirrorError,
    S3Settings,
    Sleep,
    Stored,
    side_by_side,
)
from spymaster.storage.places import (
    HISTORICAL,
    contract_file,
    coverage_file,
    day_folder,
    key_of,
    ticker_of,
)
from spymaster.storage.schema import KINDS, Kind
from spymaster.storage.threads import in_thread

logger = logging.getLogger(__name__)

_LOOK_UP_S: Final = 10.0
_MD5_HEX: Final = 32


class S3Mirror:
    """Copies whole files to a bucket, and brings them back. Offers need it `running`."""

    def __init__(
        self, settings: S3Settings, data_dir: Path, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._data_dir = data_dir
        self._bucket = Bucket(settings, sleep)
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
        workers = [asyncio.create_task(self._work()) for _ in range(TRANSFERS)]
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

    async def days(self) -> dict[dt.date, Stored]:
        """The days whose coverage the bucket holds.

        Raises:
            MirrorError: The bucket refuses or cannot be reached.
        """
        found = {}
        for key, stored in (await self._bucket.listed_flat(HISTORICAL)).items():
            with suppress(ValueError):
                name = key.removeprefix(f"{HISTORICAL}/")
                found[dt.date.fromisoformat(name.removesuffix(".json"))] = stored
        return found

    async def catch_up(self, session: Session) -> int:
        """Copy every file of a day that the bucket lacks or holds otherwise; coverage last.

        Returns:
            How many files were copied.

        Raises:
            MirrorError: The bucket refuses or cannot be reached; the rest is copied next time.
        """
        ours = await in_thread(_sound, self._data_dir, session)
        theirs = await self._coverage_file(session.date) or Coverage(session.date)
        if ours.is_simulated and theirs.is_real:
            logger.warning("%s is real in S3; the simulated one here is not copied", session.date)
            return 0
        keys, both = _shared(self._data_dir, ours, theirs)
        there = await self._listed(session.date)

        async def copy(key: str) -> int:
            if await in_thread(_same, self._data_dir / key, there.get(key)):
                return 0
            await self.upload(key)
            return 1

        copied = sum(await side_by_side(copy, keys))
        if both.contracts and msgspec.json.encode(both) != msgspec.json.encode(theirs):
            key = key_of(self._data_dir, coverage_file(self._data_dir, session.date))
            await self._bucket.put(key, coverage.encoded(both))
            copied += 1
        return copied

    async def upload(self, key: str) -> None:
        """Copy one file, trying a few times; the bucket shows all of it or nothing.

        Raises:
            MirrorError: All tries failed.
        """
        try:
            data = await in_thread((self._data_dir / key).read_bytes)
        except FileNotFoundError:
            return  # dropped since
        await self._bucket.put(key, data)
        self.copied += 1

    async def coverage(self, session: Session) -> Coverage | None:
        """What the bucket holds of a day; None for nothing, or if it cannot be reached."""
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                return await self.look_up(session)
        except TimeoutError:
            self._in_trouble("the S3 mirror does not answer; see S3_ENDPOINT")
        except MirrorError as exc:
            self._in_trouble(str(exc))
        return None

    async def look_up(self, session: Session) -> Coverage | None:
        """What the bucket holds of a day; None for nothing.

        Where files lie there without a coverage file, they count as whole until they are read.

        Raises:
            MirrorError: The bucket refuses or cannot be reached.
        """
        found = await self._coverage_file(session.date)
        if found is not None:
            return found
        found = Coverage(session.date)
        there = await self._listed(session.date)
        for kind in KINDS:
            folder = key_of(self._data_dir, day_folder(self._data_dir, kind, session.date))
            for name, stored in there.items():
                if name.startswith(f"{folder}/") and name.endswith(".parquet"):
                    whole = [(session.open_ns, session.end_ns + 1)]
                    held = Held(whole, True, 0, "rest", stored.size, "")
                    found.put(ticker_of(Path(name)), kind, held)
        return found if found.contracts else None

    async def download(self, store: DayStore, kind: Kind, ticker: str, held: Held) -> bool:
        """Bring one file, if it is there and is what it should be; else the vendor is asked."""
        if self.trouble:
            return False
        try:
            await bring_file(self._bucket, store, kind, ticker, held)
        except MirrorError as exc:
            self._in_trouble(str(exc))
            return False
        except UnsoundFileError as exc:
            logger.warning("%s in S3 is not used: %s", store.key(kind, ticker), exc)
            return False
        return True

    async def bring(self, store: DayStore, key: str, other: Other) -> bool:
        """Bring one file of the day that is no contract's, if it is there as it was copied."""
        try:
            await bring_other(self._bucket, store, key, other)
        except MirrorError as exc:
            self._in_trouble(str(exc))
            return False
        except UnsoundFileError as exc:
            logger.warning("%s in S3 is not used: it %s", key, exc)
            return False
        return True

    async def restore(self, store: DayStore, theirs: Coverage) -> int:
        """Bring all that the bucket holds of a day and the disk does not: `bring_day`."""
        return await bring_day(self._bucket, store, theirs)

    async def _coverage_file(self, date: dt.date) -> Coverage | None:
        """The bucket's coverage file of a day; None if there is none that can be read."""
        key = key_of(self._data_dir, coverage_file(self._data_dir, date))
        try:
            return coverage.decoded(await self._bucket.get(key))
        except FileNotFoundError:
            pass
        except ValueError:
            logger.warning("%s in S3 is unreadable; the files there are looked at instead", key)
        return None

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

    async def _listed(self, date: dt.date) -> dict[str, Stored]:
        """What the bucket says of every file of a day, coverage left out."""
        found: dict[str, Stored] = {}
        for prefix in (
            *(f"{HISTORICAL}/{kind}/{date}" for kind in KINDS),
            f"{HISTORICAL}/snapshots",
            f"{HISTORICAL}/days",
        ):
            found |= await self._bucket.listed(prefix)
        return found


def _sound(data_dir: Path, session: Session) -> Coverage:
    """What is held of a day, without the files that are missing or broken."""
    found, _ = coverage_check.of_day(data_dir, session)
    for ticker, kind in coverage_check.check(data_dir, found):
        found.drop(ticker, kind)
    return found


def _shared(data_dir: Path, ours: Coverage, theirs: Coverage) -> tuple[list[str], Coverage]:
    """What to copy of a day, and the coverage of what the bucket holds then."""
    if theirs.is_simulated and ours.is_real:
        theirs = Coverage(theirs.date)
    both = coverage.decoded(msgspec.json.encode(theirs))
    both.restoring = False
    keys = []
    for ticker, kinds in ours.contracts.items():
        for kind, held in kinds.items():
            known = theirs.held(ticker, kind)
            if known is None or held.complete or not known.complete:
                both.put(ticker, kind, held)
                keys.append(key_of(data_dir, contract_file(data_dir, kind, ours.date, ticker)))
    for key, other in ours.others.items():
        if (data_dir / key).exists():
            both.others[key] = other
            keys.append(key)
    both.chains |= ours.chains
    both.settle()
    return keys, both


def _same(path: Path, there: Stored | None) -> bool:
    """Whether the bucket holds the same bytes, as far as size and ETag tell."""
    if there is None or there.size != path.stat().st_size:
        return False
    etag = (there.etag or "").strip('"')
    if len(etag) != _MD5_HEX:
        return True  # no MD5: encrypted or put in parts; the checksum is compared on the way back
    with path.open("rb") as stream:
        return (
            hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            == etag
        )
