"""Commands over the cache: ``fetch``, ``import``, ``cache …``, ``export`` and ``query``.

`app` holds them all; ``cli.py`` adds it to the program (``app.add_typer(cache_commands.app)``).
"""

import asyncio
import contextlib
import csv
import datetime as dt
import io
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from spymaster.core.clock import SystemClock
from spymaster.core.errors import CalendarError, DataError, SettingsError, SpymasterError
from spymaster.core.sessions import Session, SessionCalendar, default_calendar, eastern
from spymaster.logs import set_up_logging
from spymaster.polygon.http import VendorHttp
from spymaster.settings import Settings, load_settings
from spymaster.simulator.process import SimulatorProcess
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import SIMULATOR, DayFetcher, FetchProgress, FetchReport
from spymaster.storage.historical_cache import HistoricalDataCache, Problem
from spymaster.storage.object_store import MirrorError, S3Mirror, S3Settings
from spymaster.storage.vendor_history import VendorHistory

logger = logging.getLogger(__name__)

app = typer.Typer(help="The cache of past days.", no_args_is_help=True)
cache_app = typer.Typer(help="What is cached, is it sound, drop a day.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")

_errors = Console(stderr=True)
_DEFAULT_REST_URL: str = Settings.model_fields["polygon_rest_url"].default
_LAST_COPIES_S = 30.0
"""How long a finished fetch goes on copying to S3 before it leaves the rest to the next one."""


@app.command()
def fetch(
    date: Annotated[str, typer.Argument(help="YYYY-MM-DD")],
    last: Annotated[str, typer.Argument(metavar="[DATE2]", help="Fetch all days up to it.")] = "",
    strikes: Annotated[
        str, typer.Option(help="Strikes each side of every ATM of the day, or all.")
    ] = "",
    quotes: Annotated[bool, typer.Option("--quotes", help="Quotes too.")] = False,
) -> None:
    """Fill the cache. Only what is missing is asked for, so it may be stopped at any time."""
    with _one_line_errors():
        settings = _settings(strike_span=strikes or None)
        calendar = default_calendar()
        sessions = _sessions(calendar, date, last)
        failed = asyncio.run(_fetch_days(settings, sessions, quotes=quotes))
        _say_cached(settings)
    raise typer.Exit(1 if failed else 0)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The vendor's flat file, .csv.gz.")],
    underlying: Annotated[str, typer.Option(help="Default: UNDERLYING.")] = "",
) -> None:
    """Bring a flat file of the vendor (trades or quotes of one day) into the cache."""
    from spymaster.storage.flat_files import import_file

    with _one_line_errors():
        settings = _settings(underlying=underlying or None)
        columns = (TextColumn("{task.description}"), TextColumn("{task.fields[rows]} rows"))
        with Progress(*columns, TimeElapsedColumn(), console=_errors) as progress:
            task = progress.add_task(file.name, total=None, rows="0")
            done = import_file(
                file,
                settings.data_dir,
                settings.underlying,
                default_calendar(),
                lambda rows: progress.update(task, rows=f"{rows:,}"),
            )
        _say(
            f"{done.date}: {done.rows:,} {done.kind} of {done.contracts} {settings.underlying} "
            "contracts imported" + (f", {done.rejected:,} rows rejected" if done.rejected else "")
        )
        asyncio.run(_copy_day(settings, default_calendar().session(done.date)))
        _say_cached(settings)


@cache_app.command("stats")
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What is cached."""
    with _one_line_errors():
        settings = _settings()
        found = HistoricalDataCache(settings.data_dir).get_cache_stats()
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    table = Table(title=f"{settings.data_dir}")
    for name in ("day", "contracts", "files", "trades", "quotes", "MB", "complete"):
        table.add_column(name, justify="left" if name in ("day", "complete") else "right")
    for day, row in found["by_day"].items():
        complete = {True: "yes", False: "no", None: "not known"}[row["complete"]]
        numbers = [f"{row[name]:,}" for name in ("contracts", "files", "trades", "quotes")]
        table.add_row(day, *numbers, f"{row['bytes'] / 1e6:.1f}", complete)
    console = Console()
    console.print(table if found["by_day"] else "The cache is empty.")
    console.print(f"Cache: {found['files']} files", highlight=False)


@cache_app.command("verify")
def verify(
    date: Annotated[str, typer.Argument(help="YYYY-MM-DD; default: all days.")] = "",
    repair: Annotated[bool, typer.Option("--repair", help="Fetch again what is broken.")] = False,
) -> None:
    """Read every file; exit 1 and name each that is missing, truncated, corrupt or unsorted."""
    with _one_line_errors():
        settings = _settings()
        cache = HistoricalDataCache(settings.data_dir)
        day = _date(date) if date else None
        problems = cache.verify(day)
        for problem in problems:
            sys.stdout.write(f"{problem}\n")
        if problems and repair:
            asyncio.run(_repair(settings, problems))
            problems = cache.verify(day)
            for problem in problems:
                sys.stdout.write(f"still {problem}\n")
    if problems:
        dates = sorted({problem.date for problem in problems})
        _say(
            f"{len(problems)} file{'s are' if len(problems) > 1 else ' is'} not sound; "
            "mend with: uv run spymaster fetch "
            + (f"{dates[0]}" if len(dates) == 1 else f"{dates[0]} {dates[-1]}")
        )
        raise typer.Exit(1)
    _say("all files are sound")


@cache_app.command("clear")
def clear(date: Annotated[str, typer.Argument(help="YYYY-MM-DD")]) -> None:
    """Drop a day; the mirror in S3 keeps it."""
    with _one_line_errors():
        settings = _settings()
        day = _date(date)
        count = HistoricalDataCache(settings.data_dir).clear(day)
    _say(f"{day} is cleared: {count} files")


@app.command()
def export(
    date: Annotated[str, typer.Argument(help="YYYY-MM-DD")],
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format")] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="Default: UNDERLYING-trades-DATE.FORMAT here.")
    ] = None,
) -> None:
    """Write the trades of a stored day with side, greeks and flows to a file."""
    from spymaster.storage import exports

    with _one_line_errors():
        settings = _settings()
        session = default_calendar().session(_date(date))
        table = exports.enriched_trades(
            settings.data_dir, session, settings.underlying, settings.strike_span
        )
        path = out or exports.default_path(session.date, settings.underlying, form)
        if path.is_dir():
            path /= exports.default_path(session.date, settings.underlying, form)
        exports.write(table, path, form)
    _say(f"{table.num_rows:,} trades of {session.date} written to {path}")


@app.command()
def query(
    sql: Annotated[
        str, typer.Argument(help="One SELECT over trades, quotes, snapshots, coverage.")
    ],
    form: Annotated[Literal["table", "csv", "json"], typer.Option("--format")] = "table",
    rows: Annotated[int, typer.Option(min=1, help="Rows shown of a table.")] = 200,
) -> None:
    """Ask the cache in SQL (DuckDB), read-only."""
    from spymaster.storage.queries import CacheQueries

    with _one_line_errors():
        settings = _settings()
        with CacheQueries(settings.data_dir) as queries:
            answer = queries.ask(sql)
    if form == "json":
        sys.stdout.write(json.dumps(answer.to_pylist(), default=str) + "\n")
        return
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(answer.column_names)
        writer.writerows(row.values() for row in answer.to_pylist())
        sys.stdout.write(text.getvalue())
        return
    table = Table(*answer.column_names)
    for row in answer.slice(0, rows).to_pylist():
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console = Console()
    console = console if console.is_terminal else Console(width=max(200, console.width))
    console.print(table, markup=False)
    if answer.num_rows > rows:
        _say(f"{rows} of {answer.num_rows:,} rows shown; see --rows, or --format csv")


async def _fetch_days(settings: Settings, sessions: list[Session], *, quotes: bool) -> bool:
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
            _say(_summary(session.date, report))
            logger.info("Loaded %d historical trades", report.trades)
            failed = failed or bool(report.failed)
            if mirror is not None:
                await _last_copies(mirror, session)
    return failed


async def _repair(settings: Settings, problems: list[Problem]) -> None:
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
                    _say(f"{session.date} {ticker} could not be had: {reason}")
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
        _say("no POLYGON_API_KEY: what follows is the simulator's market, not the real one")
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
        _say(f"S3: {mirror.trouble}; the next fetch of {session.date} copies what is missing")
    except TimeoutError:
        _say(f"S3: not everything is copied yet; the next fetch of {session.date} goes on")
    except MirrorError as exc:
        _say(f"S3: {exc}; the next fetch of {session.date} copies what is missing")


async def _copy_day(settings: Settings, session: Session) -> None:
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
            console=_errors,
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


def _sessions(calendar: SessionCalendar, first: str, last: str) -> list[Session]:
    """The trading days asked for.

    Raises:
        SpymasterError: A date is none, in the future, or no trading day.
    """
    start, end = _date(first), _date(last) if last else None
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


def _say_cached(settings: Settings) -> None:
    HistoricalDataCache(settings.data_dir).get_cache_stats()


def _settings(**overrides: str | None) -> Settings:
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = load_settings(**given)
    set_up_logging(settings.log_format)
    return settings


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as exc:
        raise SpymasterError(f"{text!r} is no date; write it as YYYY-MM-DD") from exc


def _say(text: str) -> None:
    _errors.print(text, highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn our own errors into one line and exit code 1, and Ctrl-C into exit code 130."""
    try:
        yield
    except SpymasterError as exc:
        _errors.print(
            f"spymaster: {exc}", style="red", highlight=False, markup=False, soft_wrap=True
        )
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        _say("stopped; what was fetched is kept, and the same command goes on from there")
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
