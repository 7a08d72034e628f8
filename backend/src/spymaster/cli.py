"""``spymaster``: the command line."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console

from spymaster import cache_commands
from spymaster.console import one_line_errors, say
from spymaster.core.errors import SpymasterError
from spymaster.core.sessions import date_of, default_calendar, eastern_time
from spymaster.kept_code import forget_stale
from spymaster.storage.memory import keep_for_reuse

app = typer.Typer(
    help="SPYMASTER: a self-hosted 0DTE options flow monitor.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.add_typer(cache_commands.app)


@app.callback()
def _before_any_command() -> None:
    forget_stale()
    keep_for_reuse()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    mode: Annotated[
        Literal["live", "replay", "sim"] | None,
        typer.Option(help="Default: by the settings; sim without a key."),
    ] = None,
) -> None:
    """Serve the page, the API and the stream on one port."""
    import uvicorn

    from spymaster.app import create_app
    from spymaster.gateway.serving import server_config
    from spymaster.settings import load_settings

    with one_line_errors():
        settings = load_settings()
        if mode:
            settings = settings.in_mode(mode)
        application = create_app(settings)
        listener = _listen(host, port)
    port = listener.getsockname()[1]
    say(f"SPYMASTER ({settings.mode}) on http://{_shown(host)}:{port}")
    server = uvicorn.Server(server_config(application))
    # Modules stay: the collector need not look at them again while the loop waits for it.
    gc.collect()
    gc.freeze()
    # The server ends in order, then raises once more what ended it: that was no failure.
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@app.command()
def simulate(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="REST and stream.")] = 8765,
    date: Annotated[str, typer.Option(help="YYYY-MM-DD; default today's session or next.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed and date give the same day.")] = 1,
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="Market seconds a second.")] = 1,
    start: Annotated[str, typer.Option(help="Eastern time, HH:MM:SS; default now or 10:00.")] = "",
    truth_port: Annotated[int, typer.Option(help="What really happened; default port + 1.")] = -1,
    fault: Annotated[list[str] | None, typer.Option(help="name=value, may be repeated.")] = None,
    volume_scale: Annotated[float, typer.Option(min=0.001, max=20, help="1 is normal.")] = 1.0,
) -> None:
    """Serve only the simulated vendor: REST and stream (at /options) on one port, any key."""
    from spymaster.simulator import command
    from spymaster.simulator.faults import Faults

    with one_line_errors():
        code = command.run(
            host,
            port,
            date_of(date) if date else None,
            seed,
            speed,
            eastern_time(start) if start else None,
            truth_port if truth_port >= 0 else None,
            Faults.parse(fault or []),
            volume_scale,
        )
    raise typer.Exit(code)


@app.command()
def replay(
    date: Annotated[str, typer.Argument(help="YYYY-MM-DD")],
    speed: Annotated[str, typer.Option(help="Market seconds a second, or max.")] = "max",
    start: Annotated[str, typer.Option("--from", help="Eastern time, HH:MM[:SS].")] = "",
    end: Annotated[str, typer.Option("--to", help="Eastern time, HH:MM[:SS].")] = "",
) -> None:
    """Replay a stored day without a page, and print the final table."""
    from spymaster.logs import set_up_logging
    from spymaster.replay_command import play, totals_table
    from spymaster.settings import load_settings

    with one_line_errors():
        settings = load_settings(replay_speed=speed)
        set_up_logging(settings.log_format, settings.secrets)
        session = default_calendar().session(date_of(date))
        engine = asyncio.run(
            play(
                settings,
                session,
                session.at(eastern_time(start)) if start else session.open_ns,
                session.at(eastern_time(end)) if end else None,
            )
        )
    Console(width=max(120, Console().width)).print(totals_table(engine))


@app.command()
def score(
    seed: Annotated[int, typer.Option(help="The same seed and date give the same day.")] = 1,
    date: Annotated[str, typer.Option(help="YYYY-MM-DD; default today's session or next.")] = "",
    minutes: Annotated[
        int | None, typer.Option(help="From the open; default the whole day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines, on stdout.")] = False,
) -> None:
    """Play a simulated day as fast as it goes, and score what is made of it against the truth."""
    from spymaster import score_command
    from spymaster.settings import load_settings

    with one_line_errors():
        day = date_of(date) if date else None
        card = score_command.run(load_settings(), seed, day, minutes)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(card)).decode())
    else:
        Console(width=max(130, Console().width)).print(score_command.report(card))


@app.command()
def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="That `serve` is to use.")] = 8000,
) -> None:
    """Check key, entitlements, clock, disk and ports; say what to do. Exits 1 on trouble."""
    from spymaster.doctor_command import examine
    from spymaster.settings import load_settings

    with one_line_errors():
        healthy = asyncio.run(examine(load_settings(), port, Console(soft_wrap=True)))
    raise typer.Exit(0 if healthy else 1)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is started, so that a taken one costs nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise SpymasterError(
                f"port {port} of {host} is in use; choose another with --port"
            ) from exc
        raise SpymasterError(f"cannot listen on port {port} of {host}: {exc}") from exc


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0") else host  # noqa: S104 - compared only


if __name__ == "__main__":
    app()
