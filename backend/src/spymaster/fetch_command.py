"""Fetching and repairing days from the command line, with a progress bar."""

import asyncio
import contextlib
import datetime as dt
import logging
import signal
from typing import Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spymaster.console import errors, say
from spymaster.core.clock import SystemClock
from spymaster.core.errors import CalendarError, DataError
from spymaster.core.sessions import (
    Session,
    SessionCalendar,
    date_of,
    default_calendar,
    eastern,
)
from spymaster.day_sources import fetch_day, history_source, past_session, s3_mirror
from spymaster.settings import Settings
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher, FetchReport
from spymaster.storage.file_fetcher import FetchProgress
from spymaster.storage.historical_cache import Problem
from spymaster.storage.mirror import S3Mirror
from spymaster.storage.object_store import MirrorError
from spymaster.storage.threads import entered_in_thread

logger = logging.getLogger(__name__)

_LAST_COPIES_S = 30.0
"""How long a finished fetch goes on copying to S3 before it leaves the rest to the next one."""


async def fetch_days(settings: Settings, sessions: list[Session], *, quotes: bool) -> bool:
    """Fetch days one after another; whether something could not be had."""
    failed = False
    task = asyncio.current_task()
    assert task is not None
    # Both by hand: a shell starts what it puts into the background with SIGINT ignored, and Python
    # leaves it so.
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with history_source(settings, sessions[-1]) as source, s3_mirror(settings) as mirror:
        for session in sessions:
            with _Bar(session.date) as bar:
                report = await fetch_day(
                    settings, session, source, mirror, quotes=quotes, on_progress=bar.show
                )
            say(_summary(session.date, report))
            logger.info("Loaded %d historical trades", report.trades)
            failed = failed or bool(report.failed)
            if mirror is not None:
                await _last_copies(mirror, session)
    return failed


async def repair_days(settings: Settings, problems: list[Problem]) -> None:
    """Fetch the broken files again; what comes from a flat file has to be imported again."""
    calendar = default_calendar()
    sessions = [calendar.session(date) for date in sorted({one.date for one in problems})]
    async with history_source(settings, sessions[-1]) as source, s3_mirror(settings) as mirror:
        for session in sessions:
            async with entered_in_thread(DayStore.opened(settings.data_dir, session)) as store:
                fetcher = DayFetcher(
                    store,
                    source,
                    SystemClock(),
                    settings.underlying,
                    settings.strike_span,
                    mirror=mirror,
                )
                others = [
                    one.ticker
                    for one in problems
                    if one.kind == "other" and one.date == session.date
                ]
                for what, reason in (await fetcher.repair(others)).items():
                    say(f"{session.date} {what} could not be had: {reason}")
            if mirror is not None:
                await _last_copies(mirror, session)


async def _last_copies(mirror: S3Mirror, session: Session) -> None:
    """Give the mirror some time for what it has not got yet; never fail for it."""
    try:
        async with asyncio.timeout(_LAST_COPIES_S):
            await mirror.drained()
            if mirror.trouble is None:
                await mirror.catch_up(session)
                return
        say(f"S3: {mirror.trouble}; the next fetch of {session.date} copies what is missing")
    except TimeoutError:
        say(f"S3: not everything is copied yet; the next fetch of {session.date} goes on")
    except MirrorError as exc:
        say(f"S3: {exc}; the next fetch of {session.date} copies what is missing")


async def copy_day(settings: Settings, session: Session) -> None:
    """Copy a stored day to the mirror, if one is set."""
    async with s3_mirror(settings) as mirror:
        if mirror is not None:
            await _last_copies(mirror, session)


class _Bar:
    """The progress bar of one day."""

    def __init__(self, date: dt.date) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} contracts"),
            TextColumn("{task.fields[rows]} rows, {task.fields[rate]} rows/s"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=errors,
        )
        self._date = date
        self._task = self._progress.add_task(f"{date}", total=0, rows="0", rate="0")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, state: FetchProgress) -> None:
        """Show how the fetch stands."""
        elapsed_s = self._progress.tasks[0].elapsed or 0.0
        self._progress.update(
            self._task,
            description=f"{self._date} {state.phase}",
            completed=state.contracts_done,
            total=state.contracts_total,
            rows=f"{state.rows:,}",
            rate=f"{state.rows / elapsed_s:,.0f}" if elapsed_s > 0 else "0",
        )


def _summary(date: dt.date, report: FetchReport) -> str:
    parts = [f"{date}: {report.contracts} contracts, {report.trades:,} trades"]
    if report.quotes:
        parts.append(f"{report.quotes:,} quotes")
    parts.append(f"{report.fetched} files fetched")
    if report.restored:
        parts.append(f"{report.restored} from S3")
    if report.rejected:
        parts.append(f"{report.rejected:,} rows rejected")
    if report.failed:
        ticker, reason = next(iter(report.failed.items()))
        parts.append(f"{len(report.failed)} contracts failed (first {ticker}: {reason})")
        return f"{', '.join(parts)}; run the same command again to fetch what is missing"
    if not report.complete:
        return f"{', '.join(parts)}; the day goes on, fetch again after its end"
    return f"{', '.join(parts)}; complete"


def trading_days(calendar: SessionCalendar, first: str, last: str) -> list[Session]:
    """The trading days asked for.

    Raises:
        SpymasterError: A date is none, in the future, or no trading day.
    """
    start, end = date_of(first), date_of(last) if last else None
    if end is None:
        return [past_session(start)]
    today = eastern(SystemClock().now_ns()).date()
    if start > today:
        raise DataError(f"{start} lies in the future; there is nothing to fetch yet")
    if end < start:
        raise DataError(f"{end} comes before {start}; give the earlier day first")
    session = calendar.session(start) if calendar.is_session(start) else calendar.following(start)
    found = []
    while session.date <= min(end, today):
        found.append(session)
        session = calendar.following(session.date)
    if not found:
        raise CalendarError(f"there is no trading day from {start} to {end}")
    return found
