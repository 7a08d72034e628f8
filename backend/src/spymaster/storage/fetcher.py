"""Fills one day of the cache: finds out what is wanted, asks only for what is missing.

Everything that has been learned is kept: the day's contracts, where ATM was, each contract's file
the moment it is whole. So a fetch that was stopped, however rudely, goes on where it was, and a day
that is complete is never asked for again.

Order of look-up for a contract: the disk, the mirror in S3, the vendor.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from spymaster.analytics.print_path import NO_PRINTS, Legs, Prints
from spymaster.core.clock import Clock
from spymaster.core.contracts import parse_ticker
from spymaster.core.errors import (
    DataError,
    SpymasterError,
    VendorDataError,
    VendorError,
    VendorRefusedError,
)
from spymaster.core.sessions import Session
from spymaster.storage import contract_files, day_spot
from spymaster.storage.atomic import aside, commit
from spymaster.storage.contract_files import Note, TickFile
from spymaster.storage.coverage import SIMULATOR, Chain, Coverage, Held, Other, Span, belongs
from spymaster.storage.day_store import DayStore
from spymaster.storage.intervals import Interval, merged
from spymaster.storage.schema import KINDS, Kind, conform
from spymaster.storage.threads import in_thread
from spymaster.storage.vendor_history import HistorySource

logger = logging.getLogger(__name__)

WORKERS: Final = 12
_SETTLED_NS: Final = 5_000_000_000
"""Of a day that is not over, what is younger than this may still be on its way."""
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


type OnProgress = Callable[[FetchProgress], None]


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
        self._workers = workers
        self._store = store
        self._source = source
        self._clock = clock
        self._underlying = underlying
        self._span = span
        self._quotes = quotes
        self._mirror = mirror
        self._on_progress = on_progress
        self._progress = FetchProgress()
        self._remote: Coverage | None = None
        self._failed: dict[str, str] = {}
        self._failures_in_a_row = 0
        self._fetched = self._restored = 0
        self._spot_cache: dict[str, Prints] = {}
        session = store.session
        # The last print may be stamped at the session's very end.
        self._until = min(session.end_ns + 1, clock.now_ns() - _SETTLED_NS)

    async def run(self) -> FetchReport:
        """Fetch what is missing.

        Raises:
            DataError: The day has not begun, had no such contracts, or no trades to find spot by.
            VendorError: The vendor refuses, or cannot be reached; what came before is kept.
        """
        session = self._store.session
        if self._until <= session.open_ns:
            raise DataError(f"{session.date} has not traded yet; there is nothing to fetch")
        self._keep_real_and_simulated_apart()
        chain = self._store.coverage.chain(self._underlying)
        try:
            unsound = [
                (kind, ticker)
                for ticker, kind in self._store.unsound
                if belongs(ticker, self._underlying, session.date)
            ]
            if not self._done() or unsound:
                await self._ask_mirror(chain)
                await self._list(chain)
                await self._mend(unsound)
                if self._span != "all" and chain.atm is None:
                    await self._follow_spot(chain)
                if not self._failed:
                    for kind in KINDS if self._quotes else KINDS[:1]:
                        self._tell(phase=kind)
                        await self._fetch(self._missing(kind, chain.wanted(self._span)))
            self._remember_wish(chain)
            self._store.coverage.restoring = False
        finally:
            await in_thread(self._store.save)
        self._tell(phase="done")
        return self._report(chain)

    def _keep_real_and_simulated_apart(self) -> None:
        """A simulated day gives way to the real one, never the other way round."""
        coverage = self._store.coverage
        held = [
            (ticker, kind, one.source == SIMULATOR)
            for ticker, kinds in coverage.contracts.items()
            for kind, one in kinds.items()
        ]
        if self._source.name == SIMULATOR:
            if not all(simulated for _, _, simulated in held):
                raise DataError(
                    f"{coverage.date} is held from the real market; a simulated day is not mixed "
                    "into it: set POLYGON_API_KEY to complete it"
                )
            return
        simulated = [(ticker, kind) for ticker, kind, simulated in held if simulated]
        if simulated:
            logger.info("%s was simulated; the real day takes its place", coverage.date)
            coverage.chains.clear()
        for ticker, kind in simulated:
            self._store.remove(kind, ticker)

    def _done(self) -> bool:
        return self._store.coverage.is_complete(self._underlying, self._span, quotes=self._quotes)

    async def _ask_mirror(self, chain: Chain) -> None:
        if self._mirror is None:
            return
        self._remote = await self._mirror.coverage(self._store.session)
        if self._remote is not None and self._is_recording(self._remote):
            try:
                self._restored += await self._mirror.restore(self._store, self._remote)
            except SpymasterError as exc:
                logger.warning("%s; what is missing is fetched", exc)
        known = self._remote.chains.get(self._underlying) if self._remote else None
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
        date = self._store.session.date.isoformat()
        listed = await self._source.listed(self._underlying, date)
        chain.listed = [
            ticker
            for ticker in listed
            if belongs(ticker, self._underlying, self._store.session.date)
        ]
        if not chain.listed:
            raise DataError(
                f"the vendor lists no {self._underlying} contract that expired on {date}; "
                "check UNDERLYING and the date"
            )
        self._store.changed()
        await in_thread(self._store.save)

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
        self._keep_real_and_simulated_apart()
        await self._ask_mirror(self._store.coverage.chain(self._underlying))
        await self._mend([(kind, ticker) for ticker, kind in self._store.unsound])
        for key in others:
            stored = self._remote.others.get(key) if self._remote else None
            brought = stored and self._mirror and await self._mirror.bring(self._store, key, stored)
            if not brought:
                self._failed[key] = "it was recorded, and S3 has no sound copy of it"
        return self._failed

    async def _mend(self, unsound: list[tuple[Kind, str]]) -> None:
        whole = ((self._store.session.open_ns, self._until),)
        await self._fetch([(kind, ticker, whole) for kind, ticker in sorted(unsound)])

    async def _follow_spot(self, chain: Chain) -> None:
        self._tell(phase="spot")
        strikes = _with_both_legs(chain.listed)
        if chain.centre is None:
            chain.centre = await self._find_centre(chain, strikes)
            self._store.changed()
            await in_thread(self._store.save)
        assert self._span != "all"
        atm, held = (chain.centre, chain.centre), set[str]()
        while wanted := set(chain.within(atm, self._span)) - held:
            await self._fetch(self._missing("trades", sorted(wanted)))
            if self._failed:
                return
            held |= wanted
            legs = await in_thread(self._legs, held)
            _, spot = await in_thread(day_spot.spot_path, legs, self._store.session)
            found = day_spot.atm_range(spot, strikes)
            if found is None:
                raise DataError(
                    f"{self._store.session.date}: the contracts around {chain.centre:g} had no "
                    "prints to find spot by; try --strikes all"
                )
            atm = found
        chain.atm = atm
        self._store.changed()

    async def _find_centre(self, chain: Chain, strikes: list[float]) -> float:
        signs: dict[int, int] = {}
        tickers = {
            (contract.strike, contract.right): ticker
            for ticker, contract in ((one, parse_ticker(one)) for one in chain.listed)
        }
        while (place := day_spot.next_probe(len(strikes), signs)) is not None:
            strike = strikes[place]
            call, put = await asyncio.gather(
                *(self._first_prints(tickers[strike, right]) for right in ("C", "P"))
            )
            signs[place] = day_spot.sign_of(strike, Legs(call, put))
        centre = day_spot.centre_of(strikes, signs)
        if centre is None:
            raise DataError(
                f"{self._store.session.date}: no {self._underlying} contract traded, so there is "
                "no spot to go by; try --strikes all"
            )
        return centre

    async def _first_prints(self, ticker: str) -> Prints:
        session = self._store.session
        if not self._missing("trades", [ticker]):
            return await in_thread(self._prints, ticker)
        interval = (session.open_ns, self._until)
        return day_spot.prints_of(await self._source.first_trades(ticker, interval))

    def _legs(self, tickers: Iterable[str]) -> dict[float, Legs]:
        legs: dict[float, dict[str, Prints]] = {}
        for ticker in tickers:
            contract = parse_ticker(ticker)
            legs.setdefault(contract.strike, {})[contract.right] = self._prints(ticker)
        return {
            strike: Legs(found.get("C", NO_PRINTS), found.get("P", NO_PRINTS))
            for strike, found in legs.items()
        }

    def _prints(self, ticker: str) -> Prints:
        found = self._spot_cache.get(ticker)
        if found is None:
            path = self._store.path("trades", ticker)
            if not path.exists():
                return NO_PRINTS
            table = conform(contract_files.read(path), "trades")
            found = self._spot_cache[ticker] = day_spot.prints_of(table)
        return found

    def _missing(self, kind: Kind, tickers: Iterable[str]) -> list[Job]:
        start, coverage = self._store.session.open_ns, self._store.coverage
        jobs = []
        for ticker in tickers:
            gaps = coverage.gaps(self._underlying, ticker, kind, start, self._until)
            if gaps:
                jobs.append((kind, ticker, tuple(gaps)))
        return jobs

    async def _fetch(self, jobs: list[Job]) -> None:
        """Do the jobs, a few at a time."""
        waiting = list(reversed(jobs))
        self._tell(contracts_total=self._progress.contracts_total + len(jobs))

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
            self._failed[ticker] = str(exc)
            self._failures_in_a_row += not isinstance(exc, VendorDataError)
            logger.warning("%s of %s could not be had: %s", kind, ticker, exc)
            if self._failures_in_a_row >= _MOST_FAILURES:
                raise
            return
        self._failures_in_a_row = 0
        self._tell(
            contracts_done=self._progress.contracts_done + 1,
            rows=self._progress.rows + held.rows,
            bytes=self._progress.bytes + held.bytes,
        )
        await in_thread(self._store.save, at_once=False)

    async def _from_mirror(self, kind: Kind, ticker: str) -> Held | None:
        remote = self._remote.held(ticker, kind) if self._remote else None
        if self._mirror is None or remote is None or not remote.complete:
            return None
        if (remote.source == SIMULATOR) != (self._source.name == SIMULATOR):
            return None
        if not await self._mirror.download(self._store, kind, ticker, remote):
            return None
        self._restored += 1
        return self._store.coverage.held(ticker, kind)

    async def _from_source(self, kind: Kind, ticker: str, gaps: tuple[Interval, ...]) -> Held:
        if self._store.coverage.held(ticker, kind) is None:
            held = await self._stream(kind, ticker, gaps)
        else:
            tables = [
                table for gap in gaps async for table in self._source.pages(kind, ticker, gap)
            ]
            table = pa.concat_tables(tables)
            held = await in_thread(
                self._store.put, kind, ticker, table, list(gaps), self._source.name
            )
        self._fetched += 1
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

    def _remember_wish(self, chain: Chain) -> None:
        if self._failed:
            return
        if chain.span != "all":
            chain.span = "all" if self._span == "all" else max(self._span, chain.span or 0)
        chain.quotes = chain.quotes or self._quotes
        if self._until <= self._store.session.end_ns and self._span != "all":
            chain.atm = None  # the day goes on, and spot with it
        self._store.changed()

    def _report(self, chain: Chain) -> FetchReport:
        coverage = self._store.coverage
        known = self._span == "all" or chain.atm is not None
        wanted = chain.wanted(self._span) if known else sorted(coverage.contracts)
        rows = {
            kind: sum(held.rows for one in wanted if (held := coverage.held(one, kind)))
            for kind in KINDS
        }
        return FetchReport(
            contracts=len(wanted),
            fetched=self._fetched,
            restored=self._restored,
            trades=rows["trades"],
            quotes=rows["quotes"],
            rejected=self._source.rejected,
            failed=self._failed,
            complete=self._done(),
        )

    def _tell(self, **changes: object) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
        self._on_progress(self._progress)


def _with_both_legs(tickers: Iterable[str]) -> list[float]:
    rights: dict[float, set[str]] = {}
    for ticker in tickers:
        contract = parse_ticker(ticker)
        rights.setdefault(contract.strike, set()).add(contract.right)
    return sorted(strike for strike, found in rights.items() if len(found) == 2)
