"""Brings a day's files of contracts, a few at a time, each from the mirror or else from the vendor.

A file counts the moment it is whole; one that cannot be had is told with its reason, and the others
go on.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from spymaster.core.errors import DataError, VendorDataError, VendorError, VendorRefusedError
from spymaster.core.sessions import Session
from spymaster.storage import contract_files
from spymaster.storage.atomic import aside, commit
from spymaster.storage.contract_files import Note, TickFile
from spymaster.storage.coverage import SIMULATOR, Coverage, Held, Other
from spymaster.storage.day_store import DayStore
from spymaster.storage.intervals import Interval, merged
from spymaster.storage.schema import Kind
from spymaster.storage.threads import in_thread
from spymaster.storage.vendor_history import HistorySource

logger = logging.getLogger(__name__)

WORKERS: Final = 12
_MOST_FAILURES: Final = 6
"""So many contracts failing one after the other means that asking on is of no use."""

type Job = tuple[Kind, str, tuple[Interval, ...]]


class Mirror(Protocol):
    """A second place where whole files are kept. What raises says so."""

    async def coverage(self, session: Session) -> Coverage | None:
        """What the mirror holds of a day; None for nothing, or if it cannot be reached."""

    async def restore(self, store: DayStore, theirs: Coverage) -> int:
        """Bring all that the mirror holds of a day; may raise `SpymasterError`."""

    async def download(self, store: DayStore, kind: Kind, ticker: str, held: Held) -> bool:
        """Bring one file, if it is there and is what it should be."""

    async def bring(self, store: DayStore, key: str, other: Other) -> bool:
        """Bring one file that is no contract's, if it is there as it was copied."""

    def offer(self, key: str) -> None:
        """A file is whole and may be copied, some time."""


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How a fetch stands; made anew whenever something happens."""

    phase: str = "contracts"
    """``contracts``, ``spot``, ``trades``, ``quotes`` or ``done``."""
    contracts_done: int = 0
    contracts_total: int = 0
    """Files to be had; grows while spot is being followed."""
    rows: int = 0
    bytes: int = 0
    """Of the files that were written."""


type OnProgress = Callable[[FetchProgress], None]


class FileFetcher:
    """Files of one day.

    Args:
        store: Where they go.
        source: The vendor.
        mirror: Asked first, if there is one.
        underlying: Whose contracts they are of, for example ``SPY``.
        until: The end of what is wanted, UNIX ns.
        on_progress: Told how the fetch stands.
        workers: Files that are asked for at once.
    """

    def __init__(
        self,
        store: DayStore,
        source: HistorySource,
        mirror: Mirror | None,
        underlying: str,
        until: int,
        on_progress: OnProgress,
        workers: int,
    ) -> None:
        self._store = store
        self._source = source
        self._mirror = mirror
        self._underlying = underlying
        self._until = until
        self._on_progress = on_progress
        self._workers = workers
        self._progress = FetchProgress()
        self._failures_in_a_row = 0
        self.remote: Coverage | None = None
        """What the mirror holds of the day, once it was asked."""
        self.failed: dict[str, str] = {}
        """Contracts that could not be had, with the reason."""
        self.fetched = 0
        """Files that the vendor gave."""
        self.restored = 0
        """Files that came from the mirror."""

    def tell(self, **changes: object) -> None:
        """Tell how the fetch stands: what of its `FetchProgress` has changed."""
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        self._on_progress(self._progress)

    def missing(self, kind: Kind, tickers: Iterable[str]) -> list[Job]:
        """What is not held of some contracts."""
        start, coverage = self._store.session.open_ns, self._store.coverage
        jobs = []
        for ticker in tickers:
            gaps = coverage.gaps(self._underlying, ticker, kind, start, self._until)
            if gaps:
                jobs.append((kind, ticker, tuple(gaps)))
        return jobs

    async def fetch(self, jobs: list[Job]) -> None:
        """Do the jobs, a few at a time.

        Raises:
            VendorError: The vendor refuses, or many in a row could not be had.
        """
        waiting = list(reversed(jobs))
        self.tell(contracts_total=self._progress.contracts_total + len(jobs))

        async def work() -> None:
            while waiting:
                await self._do(waiting.pop())

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self._workers, len(jobs))):
                    tasks.create_task(work())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _do(self, job: Job) -> None:
        kind, ticker, gaps = job
        try:
            held = await self._from_mirror(kind, ticker)
            if held is None:
                held = await self._from_source(kind, ticker, gaps)
        except VendorRefusedError:
            raise
        except VendorError as exc:
            self.failed[ticker] = str(exc)
            self._failures_in_a_row += not isinstance(exc, VendorDataError)
            logger.warning("%s of %s could not be had: %s", kind, ticker, exc)
            if self._failures_in_a_row >= _MOST_FAILURES:
                raise
            return
        self._failures_in_a_row = 0
        self.tell(
            contracts_done=self._progress.contracts_done + 1,
            rows=self._progress.rows + held.rows,
            bytes=self._progress.bytes + held.bytes,
        )
        await in_thread(self._store.save, at_once=False)

    async def _from_mirror(self, kind: Kind, ticker: str) -> Held | None:
        remote = self.remote.held(ticker, kind) if self.remote else None
        if self._mirror is None or remote is None or not remote.complete:
            return None
        if (remote.source == SIMULATOR) != (self._source.name == SIMULATOR):
            return None
        if not await self._mirror.download(self._store, kind, ticker, remote):
            return None
        self.restored += 1
        return self._store.coverage.held(ticker, kind)

    async def _from_source(self, kind: Kind, ticker: str, gaps: tuple[Interval, ...]) -> Held:
        if self._store.sound(kind, ticker) is None:
            held = await self._stream(kind, ticker, gaps)
        else:
            tables = [
                table for gap in gaps async for table in self._source.pages(kind, ticker, gap)
            ]
            table = pa.concat_tables(tables)
            held = await in_thread(
                self._store.put, kind, ticker, table, list(gaps), self._source.name
            )
        self.fetched += 1
        if self._mirror is not None:
            self._mirror.offer(self._store.key(kind, ticker))
        return held

    async def _stream(self, kind: Kind, ticker: str, gaps: tuple[Interval, ...]) -> Held:
        """Write pages as they come: memory does not grow with the contract."""
        path = self._store.path(kind, ticker)
        part = await in_thread(aside, path)
        try:
            file = TickFile(part, kind)
            try:
                for gap in gaps:
                    async with aclosing(self._source.pages(kind, ticker, gap)) as pages:
                        async for table in pages:
                            if file.add(table):
                                await in_thread(file.flush)
            except BaseException:
                file.close(None)
                raise
            return await in_thread(self._keep, file, part, kind, ticker, gaps)
        finally:
            part.unlink(missing_ok=True)

    def _keep(
        self, file: TickFile, part: Path, kind: Kind, ticker: str, gaps: tuple[Interval, ...]
    ) -> Held:
        note = Note(merged(gaps), self._source.name)
        path = self._store.path(kind, ticker)
        try:
            file.close(note)
            if not file.in_order:
                contract_files.write(part, kind, contract_files.read(part), note)
            commit(part, path)
        except OSError as exc:
            raise DataError(f"{path} cannot be written ({exc.strerror or exc})") from exc
        return self._store.entered(kind, ticker, file.rows, list(gaps), self._source.name)
