"""Fetching and repairing days: the vendor or the simulator, the mirror and the progress bar, wired.

Without a key the simulator answers, unless the vendor's address was set to something else.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Self

from pydantic import SecretStr
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spymaster.console import errors, parse_date, say
from spymaster.core.clock import SystemClock
from spymaster.core.errors import CalendarError, DataError, SettingsError
from spymaster.core.sessions import Session, SessionCalendar, default_calendar, eastern
from spymaster.polygon.http import VendorHttp
from spymaster.settings import Settings
from spymaster.simulator.process import SimulatorProcess
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import SIMULATOR, DayFetcher, FetchProgress, FetchReport
from spymaster.storage.historical_cache import Problem
from spymaster.storage.object_store import MirrorError, S3Mirror, S3Settings
from spymaster.storage.vendor_history import VendorHistory

logger = logging.getLogger(__name__)

_DEFAULT_REST_URL: str = Settings.model_fields["polygon_rest_url"].default
_LAST_COPIES_S = 30.0
"""How long a finished fetch goes on copying to S3 before it leaves the rest to the next one."""


async def fetch_days(settings: Settings, sessions: list[Session], *, quotes: bool) -> bool:
    """Fetch days one after another; whether something could not be had."""
    failed = False
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with _source(settings, sessions) as source, _mirror(settings) as mirror:
        for session in sessions:
            with DayStore.opened(settings.data_dir, session) as store, _Bar(session.date) as bar:
                fetcher = DayFetcher(
                    store,
                    source,
                    SystemClock(),
                    settings.underlying,
                    settings.strike_span,
                    quotes=quotes,
                    mirror=mirror,
                    on_progress=bar.show,
                )
                report = await fetcher.run()
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
    async with _source(settings, sessions) as source, _mirror(settings) as mirror:
        for session in sessions:
            with DayStore.opened(settings.data_dir, session) as store:
                fetcher = DayFetcher(
                    store,
                    source,
                    SystemClock(),
                    settings.underlying,
                    settings.strike_span,
                    mirror=mirror,
                )
                for ticker, reason in (await fetcher.repair()).items():
                    say(f"{session.date} {ticker} could not be had: {reason}")
            if mirror is not None:
                await _last_copies(mirror, session)


@contextlib.asynccontextmanager
async def _source(settings: Settings, sessions: list[Session]) -> AsyncIterator[VendorHistory]:
    """The vendor; without a key, the simulator, unless it was given another address."""
    key = settings.polygon_api_key
    if key is None and settings.polygon_rest_url == _DEFAULT_REST_URL:
        simulated = _SimulatedVendor(settings, sessions[-1])
        try:
            yield VendorHistory(simulated, SIMULATOR)
        finally:
            await simulated.close()
        return
    http = VendorHttp(settings.polygon_rest_url, key or SecretStr("none"), SystemClock())
    try:
        yield VendorHistory(http)
    finally:
        await http.close()


class _SimulatedVendor:
    """A simulator that is started when something is first asked for."""

    def __init__(self, settings: Settings, last: Session) -> None:
        self._settings = settings
        self._last = last
        self._starting = asyncio.Lock()
        self._process: SimulatorProcess | None = None
        self._http: VendorHttp | None = None

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer."""
        async with self._starting:
            if self._http is None:
                await self._start()
        assert self._http is not None
        return await self._http.get(path, query)

    def next_path(self, next_url: str) -> str:
        """Path and query of the next page."""
        assert self._http is not None
        return self._http.next_path(next_url)

    async def close(self) -> None:
        """End the simulator."""
        if self._http is not None:
            await self._http.close()
        if self._process is not None:
            await self._process.stop()

    async def _start(self) -> None:
        say("no POLYGON_API_KEY: what follows is the simulator's market, not the real one")
        clock = SystemClock()
        after = default_calendar().following(self._last.date)
        self._process = SimulatorProcess(
            after, clock, seed=self._settings.sim_seed, speed=1.0, start=dt.time(10)
        )
        await self._process.start()
        self._http = VendorHttp(self._process.rest_url, SecretStr(SIMULATOR), clock)


@contextlib.asynccontextmanager
async def _mirror(settings: Settings) -> AsyncIterator[S3Mirror | None]:
    """The mirror in S3, if one is set, copying in the background."""
    s3 = s3_settings(settings)
    if s3 is None:
        yield None
        return
    async with S3Mirror(s3, settings.data_dir).running() as mirror:
        yield mirror


def s3_settings(settings: Settings) -> S3Settings | None:
    """Where the mirror is; None if there is none.

    Raises:
        SettingsError: Some of the four settings are missing, or the address is none.
    """
    values = {
        "S3_BUCKET": settings.s3_bucket,
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_ACCESS_KEY": settings.s3_access_key,
        "S3_SECRET_KEY": settings.s3_secret_key,
    }
    missing = [name for name, value in values.items() if value is None]
    if len(missing) == len(values):
        return None
    if missing:
        raise SettingsError(f"{missing[0]}: the S3 mirror needs all of {', '.join(values)}")
    assert settings.s3_bucket is not None
    assert settings.s3_endpoint is not None
    assert settings.s3_access_key is not None
    assert settings.s3_secret_key is not None
    if not settings.s3_endpoint.startswith(("http://", "https://")):
        raise SettingsError(
            "S3_ENDPOINT: an address that begins with http:// or https:// is needed"
        )
    return S3Settings(
        settings.s3_bucket,
        settings.s3_endpoint,
        settings.s3_access_key,
        settings.s3_secret_key,
    )


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
    async with _mirror(settings) as mirror:
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
    start, end = parse_date(first), parse_date(last) if last else None
    today = eastern(SystemClock().now_ns()).date()
    if start > today:
        raise DataError(f"{start} lies in the future; there is nothing to fetch yet")
    if end is None:
        return [calendar.session(start)]
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
