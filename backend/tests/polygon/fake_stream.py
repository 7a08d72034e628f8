"""A real WebSocket server on loopback that plays the vendor from a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from .frames import HELLO, WELCOME

type Scene = Callable[["Caller"], Awaitable[None]]


@dataclass
class Caller:
    """One connection, seen from the vendor's side."""

    ws: web.WebSocketResponse
    request: web.Request
    received: list[dict] = field(default_factory=list)

    async def say(self, raw: bytes) -> None:
        await self.ws.send_str(raw.decode())

    async def hear(self) -> dict:
        message = await self.ws.receive()
        if message.type is not WSMsgType.TEXT:
            raise ConnectionResetError
        self.received.append(json.loads(message.data))
        return self.received[-1]

    async def welcome(self) -> None:
        """The handshake as it should be."""
        await self.say(HELLO)
        assert (await self.hear())["action"] == "auth"
        await self.say(WELCOME)

    async def stay(self) -> None:
        """Listen until the client goes."""
        while True:
            await self.hear()

    def abort(self) -> None:
        """Drop the line without a close frame."""
        assert self.request.transport is not None
        self.request.transport.abort()


@dataclass
class FakeVendor:
    url: str = ""
    callers: list[Caller] = field(default_factory=list)

    def asked(self, place: int = -1) -> list[str]:
        """Channels that a caller subscribed to."""
        return [
            channel
            for request in self.callers[place].received
            if request["action"] == "subscribe"
            for channel in request["params"].split(",")
        ]


@asynccontextmanager
async def vendor(*scenes: Scene) -> AsyncIterator[FakeVendor]:
    """Serve; each connection plays the next scene, and the last one again and again."""
    fake = FakeVendor()

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(autoping=True)
        await ws.prepare(request)
        caller = Caller(ws, request)
        fake.callers.append(caller)
        with suppress(ConnectionError):
            await scenes[min(len(fake.callers), len(scenes)) - 1](caller)
        return ws

    app = web.Application()
    app.router.add_get("/options", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/options"
    try:
        yield fake
    finally:
        for caller in fake.callers:
            if caller.request.transport is not None:
                caller.abort()
        await runner.cleanup()


class Naps:
    """Stands in for sleeping: writes down what was asked, and passes on at once."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)
