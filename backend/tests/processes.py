"""The product and the simulator as processes of their own, and what a test asks of them."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from spymaster.app import create_app
from spymaster.gateway.serving import server_config
from spymaster.settings import BACKEND, Settings

DATE = "2025-12-16"
KEY = "s3cr3t-k3y-0f-4-trader"
COMMAND = str(Path(sys.executable).with_name("spymaster"))
START_S = 90.0
"""The first start on a machine compiles the kernels."""
READY = re.compile(r"Simulator ready")
_SERVED = re.compile(r"SPYMASTER \(\w+\) on \S+:(\d+)")

SECOND_NS = 1_000_000_000

type Until = Callable[..., Awaitable[None]]
type Totals = dict[str, tuple[int, int, float]]
"""Prints, volume and premium by ticker."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings, and those that a test has put into its environment, and no other.

    Blank ones keep ``backend/.env`` out.
    """
    blank = {name.upper(): "" for name in Settings.model_fields}
    return blank | os.environ | {"NO_COLOR": "1", "TERM": "dumb"} | settings


@dataclass
class Process:
    """A running process and all that it has printed."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace"))
            self._news.set()
        self._news.set()

    async def find(
        self, pattern: re.Pattern[str], timeout_s: float = START_S, *, after: int = 0
    ) -> re.Match[str]:
        """Wait for a line past so much text; fails with all of it if the process ends before."""
        async with asyncio.timeout(timeout_s):
            while not (found := pattern.search(self.text, after)):
                assert self.process.returncode is None, self.text
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.2)
            return found

    async def end(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 10) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), timeout_s)


@contextlib.asynccontextmanager
async def running(*command: str, **settings: str) -> AsyncIterator[Process]:
    """Run a command until the block ends."""
    started = await asyncio.create_subprocess_exec(
        *command,
        cwd=BACKEND,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    process = Process(started)
    reader = asyncio.create_task(process.read())
    try:
        yield process
    finally:
        if started.returncode is None:
            started.terminate()
            try:
                await asyncio.wait_for(started.wait(), 10)
            except TimeoutError:
                started.kill()
                await started.wait()
        await reader
        print(process.text)  # noqa: T201 - pytest shows it where a test fails


def following(rest_url: str, stream_url: str) -> dict[str, str]:
    """Settings that make the product follow a simulated vendor."""
    return {
        "POLYGON_API_KEY": KEY,
        "POLYGON_REST_URL": rest_url,
        "POLYGON_WS_URL": stream_url,
        "SESSION_DATE": DATE,
        "GREEKS_INTERVAL_S": "5",
    }


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class Simulator:
    """A simulated vendor."""

    process: Process
    truth: str
    http: aiohttp.ClientSession

    async def market_ns(self) -> int:
        async with self.http.get(f"{self.truth}/clock") as answer:
            return int((await answer.json())["market_ns"])

    async def set_speed(self, speed: float) -> None:
        async with self.http.post(f"{self.truth}/clock", json={"speed": speed}) as answer:
            assert answer.status == 200

    async def advance_to(self, market_ns: int) -> None:
        """Jump to a market time; all that is due is sent on the way."""
        async with self.http.post(f"{self.truth}/clock", json={"market_ns": market_ns}) as answer:
            assert answer.status == 200

    async def set_faults(self, **switches: object) -> None:
        async with self.http.post(f"{self.truth}/faults", json=switches) as answer:
            assert answer.status == 200, await answer.text()

    async def faults(self) -> dict[str, Any]:
        async with self.http.get(f"{self.truth}/faults") as answer:
            return dict(await answer.json())

    async def totals(self) -> Totals:
        """What really happened so far."""
        async with self.http.get(f"{self.truth}/totals") as answer:
            body = await answer.json()
        return {
            ticker: (row["prints"], row["volume"], round(row["premium"], 2))
            for ticker, row in body["totals"].items()
        }


@contextlib.asynccontextmanager
async def simulator(port: int, truth_port: int, *options: str) -> AsyncIterator[Simulator]:
    """Run ``spymaster simulate``; it may take a while to come up."""
    command = (COMMAND, "simulate", "--date", DATE, *options)
    ports = ("--port", str(port), "--truth-port", str(truth_port))
    async with running(*command, *ports) as process, aiohttp.ClientSession() as http:
        yield Simulator(process, f"http://127.0.0.1:{truth_port}", http)


@dataclass
class Product:
    """A running product, asked over HTTP."""

    url: str
    http: aiohttp.ClientSession
    answers: list[str] = field(default_factory=list)
    """Every body that it sent."""

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and body, decoded where it is JSON."""
        async with self.http.get(self.url + path) as answer:
            self.answers.append(await answer.text())
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, self.answers[-1]

    async def session(self) -> dict[str, Any]:
        status, body = await self.get("/api/session")
        assert status == 200
        assert isinstance(body, dict)
        return body

    async def ready(self) -> bool:
        return (await self.get("/readyz"))[0] == 200

    async def state(self) -> str:
        return str((await self.session())["feed"]["state"])

    async def nothing_owed(self) -> bool:
        """Whether REST has been asked for all that was missing, second looks included.

        Until then prints may still come, also to contracts that have left the window.
        """
        return "\nspymaster_backfill_contracts_waiting 0.0\n" in (await self.get("/metrics"))[1]

    async def totals(self) -> Totals:
        """What was counted in the contracts that are followed now."""
        _, body = await self.get("/api/contracts")
        return {
            ticker: (row["trade_count"], row["cumulative_volume"], row["cumulative_premium"])
            for ticker, row in body["contracts"].items()
            if row["in_window"]
        }


@dataclass
class Agreement:
    """Contracts that show something else than what happened; true where there are none."""

    differing: dict[str, tuple[Any, Any]]

    def __bool__(self) -> bool:
        return not self.differing


async def agreed(desk: Product, sim: Simulator) -> Agreement:
    """Whether every followed contract shows what really happened."""
    shown, truth = await desk.totals(), await sim.totals()
    if not shown:
        return Agreement({"no contract": ((), ())})
    pairs = {ticker: (shown[ticker], truth.get(ticker, (0, 0, 0.0))) for ticker in shown}
    return Agreement({ticker: pair for ticker, pair in pairs.items() if pair[0] != pair[1]})


async def let_run(sim: Simulator, seconds: int, until: Until) -> None:
    """Let the market move on, then hold it."""
    end_ns = await sim.market_ns() + seconds * SECOND_NS

    async def moved_on() -> bool:
        return await sim.market_ns() > end_ns

    await until(moved_on)
    await sim.set_speed(0)


@contextlib.asynccontextmanager
async def product(*options: str, **settings: str) -> AsyncIterator[tuple[Product, Process]]:
    """Run ``spymaster serve`` on a free port."""
    command = (COMMAND, "serve", "--port", "0", *options)
    async with running(*command, **settings) as process, aiohttp.ClientSession() as http:
        port = (await process.find(_SERVED))[1]
        yield Product(f"http://127.0.0.1:{port}", http), process


@contextlib.asynccontextmanager
async def product_here(**settings: str) -> AsyncIterator[Product]:
    """Run the product in this process, which saves the start of another one."""
    texts: dict[str, Any] = {name.lower(): text for name, text in settings.items()}
    app = create_app(Settings(**texts))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = server_config(app)
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with aiohttp.ClientSession() as http:
                yield Product(f"http://127.0.0.1:{listener.getsockname()[1]}", http)
        finally:
            server.should_exit = True
            await serving


def children(parent: int, word: str) -> dict[int, str]:
    """Command lines, by process, of those started by another one that hold a word."""
    listed = subprocess.run(
        ["ps", "-wwaxo", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for line in listed.splitlines():
        own, above, state, command = line.split(maxsplit=3)
        if int(above) == parent and word in command and not state.startswith("Z"):
            found[int(own)] = command
    return found


def alive(process: int) -> bool:
    """Whether a process is there and no zombie."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(listed) and not listed.startswith("Z")
