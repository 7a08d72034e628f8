"""``python -m spymaster.simulator``: the simulator on its own."""

from typing import Annotated

import typer

from spymaster.core.errors import SettingsError
from spymaster.core.sessions import date_of, eastern_time
from spymaster.simulator.command import run
from spymaster.simulator.faults import Faults


def main(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="REST and stream; 0 picks a free one.")] = 8765,
    date: Annotated[str, typer.Option(help="Session, YYYY-MM-DD; default today's or next.")] = "",
    seed: int = 1,
    speed: Annotated[float, typer.Option(min=0.0, help="Market seconds a real second.")] = 1.0,
    start: Annotated[str, typer.Option(help="Eastern time, HH:MM:SS.")] = "",
    truth_port: Annotated[int, typer.Option(help="Default: port + 1.")] = -1,
    fault: Annotated[list[str] | None, typer.Option(help="name=value; may be repeated.")] = None,
    volume_scale: Annotated[float, typer.Option(min=0.0)] = 1.0,
    exit_with_parent: Annotated[bool, typer.Option("--exit-with-parent")] = False,
) -> None:
    """Serve a simulated options market over the vendor's protocol."""
    try:
        faults = Faults.parse(fault or [])
        day = date_of(date) if date else None
        time = eastern_time(start) if start else None
    except SettingsError as exc:
        raise typer.BadParameter(str(exc)) from exc
    code = run(
        host,
        port,
        day,
        seed,
        speed,
        time,
        truth_port if truth_port >= 0 else None,
        faults,
        volume_scale,
        exit_with_parent=exit_with_parent,
    )
    raise typer.Exit(code)


if __name__ == "__main__":
    typer.run(main)
