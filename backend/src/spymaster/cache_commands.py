"""Commands over the cache: ``fetch``, ``import``, ``cache …``, ``export`` and ``query``.

`app` holds them all; ``cli.py`` adds it to the program (``app.add_typer(cache_commands.app)``).
"""

import asyncio
import csv
import io
import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from spymaster.console import errors, one_line_errors, say
from spymaster.core.sessions import date_of, default_calendar
from spymaster.fetch_command import copy_day, fetch_days, repair_days, trading_days
from spymaster.logs import set_up_logging
from spymaster.settings import Settings, load_settings
from spymaster.storage.historical_cache import HistoricalDataCache

app = typer.Typer(help="The cache of past days.", no_args_is_help=True)
cache_app = typer.Typer(help="What is cached, is it sound, drop a day.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")

_RESUMES = "stopped; what was fetched is kept, and the same command goes on from there"


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
    with one_line_errors(_RESUMES):
        settings = _settings(strike_span=strikes or None)
        calendar = default_calendar()
        sessions = trading_days(calendar, date, last)
        failed = asyncio.run(fetch_days(settings, sessions, quotes=quotes))
        _say_cached(settings)
    raise typer.Exit(1 if failed else 0)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The vendor's flat file, .csv.gz.")],
    underlying: Annotated[str, typer.Option(help="Default: UNDERLYING.")] = "",
) -> None:
    """Bring a flat file of the vendor (trades or quotes of one day) into the cache."""
    from spymaster.storage.flat_files import import_file

    with one_line_errors(_RESUMES):
        settings = _settings(underlying=underlying or None)
        columns = (TextColumn("{task.description}"), TextColumn("{task.fields[rows]} rows"))
        with Progress(*columns, TimeElapsedColumn(), console=errors) as progress:
            task = progress.add_task(file.name, total=None, rows="0")
            done = import_file(
                file,
                settings.data_dir,
                settings.underlying,
                default_calendar(),
                lambda rows: progress.update(task, rows=f"{rows:,}"),
            )
        say(
            f"{done.date}: {done.rows:,} {done.kind} of {done.contracts} {settings.underlying} "
            "contracts imported" + (f", {done.rejected:,} rows rejected" if done.rejected else "")
        )
        asyncio.run(copy_day(settings, default_calendar().session(done.date)))
        _say_cached(settings)


@cache_app.command("stats")
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What is cached."""
    with one_line_errors(_RESUMES):
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
    with one_line_errors(_RESUMES):
        settings = _settings()
        cache = HistoricalDataCache(settings.data_dir)
        day = date_of(date) if date else None
        problems = cache.verify(day)
        for problem in problems:
            sys.stdout.write(f"{problem}\n")
        if problems and repair:
            asyncio.run(repair_days(settings, problems))
            problems = cache.verify(day)
            for problem in problems:
                sys.stdout.write(f"still {problem}\n")
    if problems:
        dates = sorted({problem.date for problem in problems})
        say(
            f"{len(problems)} file{'s are' if len(problems) > 1 else ' is'} not sound; "
            "mend with: uv run spymaster fetch "
            + (f"{dates[0]}" if len(dates) == 1 else f"{dates[0]} {dates[-1]}")
        )
        raise typer.Exit(1)
    say("all files are sound")


@cache_app.command("clear")
def clear(date: Annotated[str, typer.Argument(help="YYYY-MM-DD")]) -> None:
    """Drop a day; the mirror in S3 keeps it."""
    with one_line_errors(_RESUMES):
        settings = _settings()
        day = date_of(date)
        count = HistoricalDataCache(settings.data_dir).clear(day)
    say(f"{day} is cleared: {count} files")


@app.command()
def export(
    date: Annotated[str, typer.Argument(help="YYYY-MM-DD")],
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format")] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="Default: UNDERLYING-trades-DATE.FORMAT here.")
    ] = None,
) -> None:
    """Write the trades of a stored day with side, greeks and flows to a file."""
    from spymaster.replay_command import play
    from spymaster.storage import exports

    with one_line_errors(_RESUMES):
        settings = _settings(replay_speed="max")
        session = default_calendar().session(date_of(date))
        engine = asyncio.run(play(settings, session))
        path = out or exports.default_path(session.date, settings.underlying, form)
        if path.is_dir():
            path /= exports.default_path(session.date, settings.underlying, form)
        exports.write(engine, path, form)
    say(f"{len(engine.flow.prints):,} trades of {session.date} written to {path}")


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

    with one_line_errors(_RESUMES):
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
        say(f"{rows} of {answer.num_rows:,} rows shown; see --rows, or --format csv")


def _say_cached(settings: Settings) -> None:
    HistoricalDataCache(settings.data_dir).get_cache_stats()


def _settings(**overrides: str | None) -> Settings:
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = load_settings(**given)
    set_up_logging(settings.log_format, settings.secrets)
    return settings
