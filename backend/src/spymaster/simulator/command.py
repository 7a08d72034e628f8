"""Running the simulator as a process of its own."""

import asyncio
import contextlib
import ctypes
import datetime as dt
import errno
import os
import signal
import sys

from spymaster.core.errors import SpymasterError
from spymaster.simulator.day import MarketModel
from spymaster.simulator.faults import Faults
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

_PR_SET_PDEATHSIG = 1
_PARENT_CHECK_S = 0.5


def run(
    host: str = "127.0.0.1",
    port: int = 8765,
    date: dt.date | None = None,
    seed: int = 1,
    speed: float = 1.0,
    start: dt.time | None = None,
    truth_port: int | None = None,
    faults: Faults | None = None,
    volume_scale: float = 1.0,
    *,
    exit_with_parent: bool = False,
) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code.

    Args:
        host: Address to listen on.
        port: REST and stream; 0 picks a free one, which the ready line tells.
        date: Session to play; None for today's, or the next one.
        seed: Makes the days: the same seed and date give the same day.
        speed: Market seconds a real second.
        start: Eastern time to start at; None for now if the exchange is open, else 10:00.
        truth_port: Address of the truth; None for ``port + 1``.
        faults: Switches that are on from the start.
        volume_scale: Prints relative to a normal day.
        exit_with_parent: End when the process that started this one ends, however it ends.
    """
    if seed < 0:
        _complain(f"--seed {seed} is below 0; give a whole number from 0")
        return 1
    parent = os.getppid()
    if exit_with_parent:
        _die_with_parent()
    if truth_port is None:
        truth_port = port + 1 if port else 0
    config = SimulatorConfig(
        date=date,
        start=start,
        speed=speed,
        market=MarketModel(seed=seed, volume_scale=volume_scale),
        faults=faults or Faults(),
        host=host,
        port=port,
        truth_port=truth_port,
    )
    try:
        asyncio.run(_serve(config, parent if exit_with_parent else None))
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        _complain(f"Port {port} or {truth_port} on {host} is in use; choose another with --port")
        return 1
    except SpymasterError as exc:
        _complain(str(exc))
        return 1
    return 0


async def _serve(config: SimulatorConfig, parent: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # no such thing on Windows
            loop.add_signal_handler(number, stop.set)
    async with SimulatorServer(config) as sim:
        sys.stdout.write(
            f"Simulator ready: REST {sim.rest_url}, stream {sim.ws_url}, truth {sim.truth_url}\n"
        )
        sys.stdout.flush()
        while not stop.is_set() and (parent is None or os.getppid() == parent):
            sim.check()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PARENT_CHECK_S)


def _die_with_parent() -> None:
    """Ask Linux to end this process with its parent; elsewhere polling has to do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
