"""Fills one day of the cache: finds out what is wanted, asks only for what is missing.

Everything that has been learned is kept: the day's contracts, where ATM was, each contract's file
the moment it is whole. So a fetch that was stopped, however rudely, goes on where it was, and a day
that is complete is never asked for again.

Order of look-up for a contract: the disk, the mirror in S3, the vendor.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.core.clock import Clock
from spymaster.core.errors import DataError, SpymasterError
from spymaster.core.inputs import Span
from spymaster.storage.atm_search import AtmSearch
from spymaster.storage.coverage import SIMULATOR, Chain, Coverage, belongs
from spymaster.storage.day_store import DayStore
from spymaster.storage.file_fetcher import WORKERS, FileFetcher, Mirror, OnProgress
from spymaster.storage.schema import KINDS, Kind
from spymaster.storage.threads import in_thread
from spymaster.storage.vendor_history import HistorySource

logger = logging.getLogger(__name__)

_SETTLED_NS: Final = 5_000_000_000
"""Of a day that is not over, what is younger than this may still be on its way."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch brought."""

    contracts: int
    """Contracts that the window holds."""
    fetched: int
    """Files that were asked for."""
    restored: int
    """Files that came from the mirror."""
    trades: int
    """Rows now held of the wanted contracts."""
    quotes: int
    rejected: int
    """Rows of the vendor that were none."""
    failed: dict[str, str]
    """Contracts that could not be had, with the reason."""
    complete: bool
    """Whether all that was wanted is held to the end of the session."""


class DayFetcher:
    """Fetches one day. Use it once."""

    def __init__(
        self,
        store: DayStore,
        source: HistorySource,
        clock: Clock,
        underlying: str,
        span: Span,
        *,
        quotes: bool = False,
        mirror: Mirror | None = None,
        on_progress: OnProgress = lambda _: None,
        workers: int = WORKERS,
    ) -> None:
        self._store = store
        self._source = source
        self._underlying = underlying
        self._span = span
        self._quotes = quotes
        self._mirror = mirror
        self._mirror_asked = False
        session = store.session
        # The last print may be stamped at the session's very end.
        self._until = min(session.end_ns + 1, clock.now_ns() - _SETTLED_NS)
        self._files = FileFetcher(
            store, source, mirror, underlying, self._until, on_progress, workers
        )

    async def run(self) -> FetchReport:
        """Fetch what is missing.

        Raises:
            DataError: The day has not begun, had no such contracts, or no trades to find spot by.
            VendorError: The vendor refuses, or cannot be reached; what came before is kept.
        """
        session = self._store.session
        if self._until <= session.open_ns:
            raise DataError(f"{session.date} has not traded yet; there is nothing to fetch")
        await self._make_way()
        chain = self._store.coverage.chain(self._underlying)
        self._remember_wish(chain)
        try:
            unsound = [
                (kind, ticker)
                for ticker, kind in self._store.unsound
                if belongs(ticker, self._underlying, session.date)
            ]
            if not self._done() or unsound:
                await in_thread(self._store.save)
                await self._ask_mirror(chain)
                await self._list(chain)
                await self._mend(unsound)
                if self._span != "all" and chain.atm is None:
                    await self._follow_spot(chain, self._span)
                if not self._files.failed:
                    for kind in KINDS if self._quotes else KINDS[:1]:
                        self._files.tell(phase=kind)
                        await self._files.fetch(self._files.missing(kind, chain.wanted(self._span)))
            if not self._files.failed:
                self._store.coverage.restoring = False
        finally:
            if self._until <= session.end_ns and self._span != "all":
                chain.atm = None  # the day goes on, and spot with it
            self._store.changed()
            await in_thread(self._store.save)
        self._files.tell(phase="done")
        return self._report(chain)

    def _done(self) -> bool:
        return self._store.coverage.is_complete(self._underlying, self._span, quotes=self._quotes)

    async def _make_way(self) -> None:
        """Remove a simulated day, once somebody has shown to have the real one."""
        if not self._store.gives_way_to(self._source.name):
            return
        await self._look_in_mirror()
        remote = self._files.remote
        listed: list[str] = []
        if remote is None or not (remote.is_real and remote.complete):
            listed = await self._listed()
            # A plan may have the contracts, and none of their prints.
            interval = (self._store.session.open_ns, self._until)
            await self._source.first_trades(listed[len(listed) // 2], interval)
        self._store.give_way()
        self._store.coverage.chain(self._underlying).listed = listed

    async def _look_in_mirror(self) -> None:
        if self._mirror is not None and not self._mirror_asked:
            self._mirror_asked = True
            self._files.remote = await self._mirror.coverage(self._store.session)

    async def _ask_mirror(self, chain: Chain) -> None:
        if self._mirror is None:
            return
        await self._look_in_mirror()
        if self._files.remote is not None and self._is_recording(self._files.remote):
            try:
                self._files.restored += await self._mirror.restore(self._store, self._files.remote)
            except SpymasterError as exc:
                logger.warning("%s; what is missing is fetched", exc)
        known = self._files.remote.chains.get(self._underlying) if self._files.remote else None
        if known:
            chain.listed = chain.listed or known.listed
            chain.centre = chain.centre or known.centre
            chain.atm = chain.atm or known.atm

    def _is_recording(self, remote: Coverage) -> bool:
        """Whether the mirror has a recorded day, of which nothing is here: it comes back whole."""
        here = self._store.coverage
        same_market = remote.is_simulated == (self._source.name == SIMULATOR)
        missing = here.restoring or not (here.contracts or here.others)
        return bool(remote.others) and missing and same_market

    async def _list(self, chain: Chain) -> None:
        if chain.listed:
            return
        chain.listed = await self._listed()
        self._store.changed()
        await in_thread(self._store.save)

    async def _listed(self) -> list[str]:
        date = self._store.session.date
        listed = await self._source.listed(self._underlying, date.isoformat())
        found = [ticker for ticker in listed if belongs(ticker, self._underlying, date)]
        if not found:
            raise DataError(
                f"the vendor lists no {self._underlying} contract that expired on {date}; "
                "check UNDERLYING and the date"
            )
        return found

    async def repair(self, others: Sequence[str] = ()) -> dict[str, str]:
        """Fetch again every file of the day that was found missing or broken, and nothing else.

        Args:
            others: Keys of such files that are no contract's: only S3 can have them.

        Returns:
            What could not be had, contracts and keys, with the reason.

        Raises:
            DataError: The day has not begun.
            VendorError: The vendor refuses, or cannot be reached.
        """
        await self._make_way()
        await self._ask_mirror(self._store.coverage.chain(self._underlying))
        await self._mend([(kind, ticker) for ticker, kind in self._store.unsound])
        failed = dict(self._files.failed)
        for key in others:
            stored = self._files.remote.others.get(key) if self._files.remote else None
            brought = stored and self._mirror and await self._mirror.bring(self._store, key, stored)
            if not brought:
                failed[key] = "it was recorded, and S3 has no sound copy of it"
        return failed

    async def _mend(self, unsound: list[tuple[Kind, str]]) -> None:
        whole = ((self._store.session.open_ns, self._until),)
        await self._files.fetch([(kind, ticker, whole) for kind, ticker in sorted(unsound)])

    async def _follow_spot(self, chain: Chain, span: int) -> None:
        interval = (self._store.session.open_ns, self._until)
        search = AtmSearch(self._store, self._source, self._files, self._underlying, interval)
        await search.run(chain, span)

    def _remember_wish(self, chain: Chain) -> None:
        """Before anything is fetched: what fails, or is cut short, is known to be missing."""
        if chain.span != "all":
            chain.span = "all" if self._span == "all" else max(self._span, chain.span or 0)
        chain.quotes = chain.quotes or self._quotes
        self._store.changed()

    def _report(self, chain: Chain) -> FetchReport:
        coverage = self._store.coverage
        known = self._span == "all" or chain.atm is not None
        wanted = chain.wanted(self._span) if known else sorted(coverage.contracts)
        rows = {
            kind: sum(held.rows for one in wanted if (held := self._store.sound(kind, one)))
            for kind in KINDS
        }
        return FetchReport(
            contracts=len(wanted),
            fetched=self._files.fetched,
            restored=self._files.restored,
            trades=rows["trades"],
            quotes=rows["quotes"],
            rejected=self._source.rejected,
            failed=self._files.failed,
            complete=self._done(),
        )
