"""Where a past day comes from: the vendor or the simulator, and the mirror in S3.

Commands and the running product fetch days with the same parts. Without a key the simulator
answers, unless the vendor's address was set to something else.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from pydantic import SecretStr

from spymaster.core.clock import SystemClock
from spymaster.core.errors import DataError, DayNotCachedError, SettingsError
from spymaster.core.sessions import Session, default_calendar, eastern
from spymaster.polygon.http import VendorHttp
from spymaster.settings import Settings
from spymaster.simulator.process import SimulatorProcess
from spymaster.storage import coverage
from spymaster.storage.coverage import SIMULATOR
from spymaster.storage.day_files import DayFiles
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher, FetchReport
from spymaster.storage.file_fetcher import OnProgress
from spymaster.storage.mirror import S3Mirror
from spymaster.storage.object_store import MirrorError, S3Settings
from spymaster.storage.recordings import recordings
from spymaster.storage.threads import entered_in_thread, in_thread
from spymaster.storage.vendor_history import PAGE_ROWS, VendorHistory

logger = logging.getLogger(__name__)

_DEFAULT_REST_URL: str = Settings.model_fields["polygon_rest_url"].default


def past_session(date: dt.date) -> Session:
    """The session of a date that has come.

    Raises:
        DataError: The date lies in the future.
        CalendarError: It is no trading day.
    """
    if date > eastern(SystemClock().now_ns()).date():
        raise DataError(f"{date} lies in the future; there is nothing to fetch yet")
    return default_calendar().session(date)


async def fetch_day(
    settings: Settings,
    session: Session,
    source: VendorHistory,
    mirror: S3Mirror | None,
    *,
    quotes: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> FetchReport:
    """Fetch what is missing of a day.

    Raises:
        DataError: The day cannot be fetched or stored; the message says why.
        VendorError: The vendor refuses, or cannot be reached; what came before is kept.
    """
    try:
        async with entered_in_thread(DayStore.opened(settings.data_dir, session)) as store:
            return await DayFetcher(
                store,
                source,
                SystemClock(),
                settings.underlying,
                settings.strike_span,
                quotes=quotes,
                mirror=mirror,
                on_progress=on_progress,
            ).run()
    except OSError as exc:
        raise DataError(
            f"{settings.data_dir} cannot be written ({exc.strerror or exc}); make room there or "
            "choose another DATA_DIR, then fetch again"
        ) from exc


async def bring_missing_day(settings: Settings, session: Session) -> None:
    """Bring a day that is not on the disk from S3, where one is set.

    Raises:
        DayNotCachedError: It is not there either, or S3 cannot be asked; the message tells both
            what S3 said and how to fetch the day.
        DataError: What is there is damaged, or the disk does not take it.
    """
    s3 = s3_settings(settings)
    if s3 is None or not await in_thread(_is_missing, settings, session.date):
        return
    date = session.date
    remedy = f"or fetch it: uv run spymaster fetch {date}"
    mirror = S3Mirror(s3, settings.data_dir)
    try:
        found = await mirror.look_up(session)
        if found is None:
            raise DayNotCachedError(
                f"{date} is neither on this disk nor in bucket {s3.bucket}; "
                f"run: uv run spymaster fetch {date}"
            )
        async with entered_in_thread(DayStore.opened(settings.data_dir, session)) as store:
            files = await mirror.restore(store, found)
    except MirrorError as exc:
        raise DayNotCachedError(f"{date} is not on this disk, and {exc}; {remedy}") from exc
    except DayNotCachedError:
        raise
    except DataError as exc:
        raise DataError(f"{exc}; {remedy}") from exc
    logger.info("Brought %s from S3: %d files", date, files)


def _is_missing(settings: Settings, date: dt.date) -> bool:
    """Whether nothing of a day is on the disk, or not all of it came back from S3."""
    found = coverage.load(settings.data_dir, date)
    if found is not None and found.restoring:
        return True
    return not DayFiles(settings.data_dir, date).contracts and not recordings(
        settings.data_dir, date, settings.underlying
    )


async def remote_dates(settings: Settings) -> list[dt.date]:
    """The days that S3 holds, oldest first; none where it is not set.

    Raises:
        MirrorError: S3 refuses or cannot be reached.
    """
    s3 = s3_settings(settings)
    return sorted(await S3Mirror(s3, settings.data_dir).days()) if s3 else []


@asynccontextmanager
async def history_source(
    settings: Settings, last: Session, page_rows: int = PAGE_ROWS
) -> AsyncIterator[VendorHistory]:
    """The vendor; without a key, the simulator, unless it was given another address.

    Args:
        settings: Name the vendor.
        last: The latest session that will be asked for.
        page_rows: Rows of an answer.
    """
    key = settings.polygon_api_key
    if key is None and settings.polygon_rest_url == _DEFAULT_REST_URL:
        simulated = _SimulatedVendor(settings, last)
        try:
            yield VendorHistory(simulated, SIMULATOR, page_rows)
        finally:
            await simulated.close()
        return
    http = VendorHttp(settings.polygon_rest_url, key or SecretStr("none"), SystemClock())
    try:
        yield VendorHistory(http, page_rows=page_rows)
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
        logger.warning(
            "No POLYGON_API_KEY: what is fetched is the simulator's market, not the real one"
        )
        clock = SystemClock()
        after = default_calendar().following(self._last.date)
        self._process = SimulatorProcess(
            after, clock, seed=self._settings.sim_seed, speed=1.0, start=dt.time(10)
        )
        await self._process.start()
        self._http = VendorHttp(self._process.rest_url, SecretStr(SIMULATOR), clock)


@asynccontextmanager
async def s3_mirror(settings: Settings) -> AsyncIterator[S3Mirror | None]:
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
