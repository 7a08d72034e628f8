"""The state to 1,000 pages four times a second, against the `websockets` library's own broadcast.

Both servers run in this process on the loop that the product uses, their clients in processes of
their own. Ours takes a market's events between two beats, looks what changed, writes the frame and
sends it; the reference gets the same frame ready made. Compared is processor time of this process,
without that of taking the events.
"""

import asyncio
import contextlib
import gc
import json
import logging
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import simulated_day
import uvicorn
import uvloop
import websockets
from fastapi import FastAPI, WebSocket
from many_clients import raise_open_files

from spymaster.core.clock import SystemClock
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayHealth
from spymaster.gateway.desk import Showing
from spymaster.gateway.frame_protocol import FrameProtocol
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.stream import serve_stream
from spymaster.storage.day_files import DayFiles

CLIENTS = 1_000
BEAT_S = 0.25
BEATS = 12
"""Of one round."""
ROUNDS = 3
EVENTS_A_BEAT = 60
"""Of a busy market in the window's 14 contracts."""
MOST_SHARE = 1.5
_START = 100_000
"""Events that are taken before the first beat."""
_MOST_S = 60.0


class Market:
    """A desk whose state moves on when it is told to."""

    def __init__(self, contracts: int = 302) -> None:
        session = simulated_day.session_of_day()
        engine = FlowEngine(session, "SPY", contracts // 4, quotes_follow_window=False)
        files = DayFiles(simulated_day.folder(), simulated_day.DATE)
        self._events = files.events(engine.table, session.open_ns)
        self._place = 0
        self.showing = Showing("live", engine, ReplayHealth("ok"), 1.0)

    @classmethod
    def of(cls, showing: Showing) -> Self:
        """A desk with a state of its own."""
        desk = cls.__new__(cls)
        desk.showing = showing
        return desk

    def move(self, events: int) -> None:
        """Take so many more events."""
        batch = self._events.between(self._place, self._place + events)
        self._place += events
        self.showing.engine.apply(batch)


class Clients:
    """Clients in a process of their own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def frames(self) -> int:
        """How many came so far, of all clients."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"\n")
        frames, _ = json.loads(await self._process.stdout.readline())
        return int(frames)

    async def have(self, frames: int) -> None:
        """Wait until so many frames came."""
        async with asyncio.timeout(_MOST_S):
            while await self.frames() < frames:
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def clients(url: str, count: int) -> AsyncIterator[Clients]:
    """So many clients, connected until the block ends."""
    script = Path(__file__).with_name("many_clients.py")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, script, url, str(count)), stdin=pipe, stdout=pipe
    )
    try:
        yield Clients(process)
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def served(broadcaster: SocketBroadcaster) -> AsyncIterator[str]:
    """Address of a stream, served as the product does."""
    app = FastAPI()

    @app.websocket("/ws/stream")
    async def stream(websocket: WebSocket) -> None:
        await serve_stream(websocket, broadcaster)

    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            ws=FrameProtocol,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws/stream"
        server.should_exit = True
        server.force_exit = True
        await serving


class Ours:
    """The product's stream."""

    def __init__(self, market: Market, broadcaster: SocketBroadcaster, theirs: Clients) -> None:
        self.market = market
        self.broadcaster = broadcaster
        self._clients = theirs
        self._cursor = broadcaster.cursor()
        self.frame = b"".join(self._cursor.take()[0].parts).decode()
        """The last one, as a client gets it."""
        self.seconds: list[float] = []
        """Processor time of a frame to one client, of each round."""

    async def round(self, beats: int) -> None:
        """Some beats; waits until the clients have all that was sent."""
        sent, begun, taking = self.broadcaster.frames_sent, time.process_time(), 0.0
        for _ in range(beats):
            beat = asyncio.get_running_loop().time() + BEAT_S
            start = time.process_time()
            self.market.move(EVENTS_A_BEAT)
            taking += time.process_time() - start
            self.broadcaster.tick()
            self.frame = b"".join(self._cursor.take()[0].parts).decode()
            await asyncio.sleep(beat - asyncio.get_running_loop().time())
        await self._clients.have(self.broadcaster.frames_sent)
        # A client that is late for a beat gets one frame for two.
        frames = self.broadcaster.frames_sent - sent
        self.seconds.append((time.process_time() - begun - taking) / frames)


@contextlib.asynccontextmanager
async def ours(market: Market, count: int) -> AsyncIterator[Ours]:
    """The product's stream with so many clients, each of which has had its first frame."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # clients that hang up are no news
    broadcaster = SocketBroadcaster(market, SystemClock(), BEAT_S)
    broadcaster.tick()
    async with served(broadcaster) as url, clients(url, count) as theirs:
        await theirs.have(count)
        yield Ours(market, broadcaster, theirs)


async def _compare() -> tuple[float, float, int]:
    """Median processor seconds of a frame to a client, ours and reference; bytes of a frame."""
    market = Market()
    market.move(_START)
    gc.collect()
    gc.freeze()  # as the product does once compiled code is loaded; spares the reference as well
    reference: list[float] = []
    async with (
        ours(market, CLIENTS) as mine,
        _bare() as (url, connections),
        clients(url, CLIENTS) as theirs,
    ):
        async with asyncio.timeout(_MOST_S):
            while len(connections) < CLIENTS:
                await asyncio.sleep(0.01)
        for _ in range(ROUNDS):
            await mine.round(BEATS)
            reference.append(await _bare_round(mine.frame, connections, theirs))
    return statistics.median(mine.seconds), statistics.median(reference), len(mine.frame)


@contextlib.asynccontextmanager
async def _bare() -> AsyncIterator[tuple[str, set[Any]]]:
    connections: set[Any] = set()

    async def hold(connection: Any) -> None:
        connections.add(connection)
        await connection.wait_closed()

    async with websockets.serve(
        hold, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096
    ) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", connections


async def _bare_round(frame: str, connections: set[Any], theirs: Clients) -> float:
    sent = await theirs.frames()
    begun = time.process_time()
    for _ in range(BEATS):
        websockets.broadcast(connections, frame)
        await asyncio.sleep(BEAT_S)
    await theirs.have(sent + BEATS * CLIENTS)
    return (time.process_time() - begun) / (BEATS * CLIENTS)


def readings() -> list[tuple[str, str, str]]:
    """Processor time of a beat."""
    raise_open_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        mine, bare, size = runner.run(_compare())
    name = f"a frame of {size / 1000:.1f} kB to each of {CLIENTS:,} pages: processor time"
    reference = f"websockets {version('websockets')} broadcast {bare * 1e6:.1f} us"
    value = f"{mine * 1e6:.1f} us; {reference}: {mine / bare:.2f} times"
    return [(name, value, f"< {MOST_SHARE} times")]


if __name__ == "__main__":
    for reading in readings():
        print(*reading)
