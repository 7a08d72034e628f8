"""``/ws/stream``: a page is sent what is new at each beat; two tasks see whether it is still there.

Sending itself takes no task: at a beat the broadcaster lets each page look, which writes to its
line and returns. With a thousand pages, waking a task for each would cost a sixth of all.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterable
from http import HTTPStatus
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from spymaster.gateway.frame_protocol import EXTENSION, LINE
from spymaster.gateway.replies import reply
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.wire import ErrorReply

logger = logging.getLogger(__name__)

MOST_CLIENTS = 4_000
STALLED_S = 30.0
"""A client that takes no frame for so long is let go."""


class _Line(Protocol):
    """Where a client's frames are written to."""

    @property
    def busy(self) -> bool:
        """Whether the client has yet to take what was sent before, or is leaving."""

    def send_texts(self, texts: Iterable[tuple[bytes, bytes]]) -> None:
        """Send text frames, each in two parts; returns at once."""


async def serve_stream(socket: WebSocket, broadcaster: SocketBroadcaster) -> None:
    """Serve one client until it leaves. What it sends is ignored."""
    if broadcaster.clients >= MOST_CLIENTS:
        broadcaster.clients_dropped += 1
        words = f"{MOST_CLIENTS} pages are connected already; close one"
        await socket.send_denial_response(reply(ErrorReply(words), HTTPStatus.SERVICE_UNAVAILABLE))
        return
    await socket.accept()
    page = _Page(_line_of(socket), broadcaster)
    tasks = [asyncio.create_task(_read(socket)), asyncio.create_task(page.stalled())]
    try:
        broadcaster.attach(page)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        broadcaster.detach(page)
        broadcaster.clients_dropped += tasks[1].done()
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A client's stream failed", exc_info=result)


async def _read(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


class _Page:
    """One client of the broadcaster's."""

    def __init__(self, line: _Line, broadcaster: SocketBroadcaster) -> None:
        self._line = line
        self._broadcaster = broadcaster
        self._cursor = broadcaster.cursor()
        self._now_s = asyncio.get_running_loop().time
        self._busy_since_s = math.inf

    def look(self) -> None:
        """Send what is new, unless the client has yet to take what was sent before."""
        if self._line.busy:
            self._broadcaster.beats_missed += 1
            self._busy_since_s = min(self._busy_since_s, self._now_s())
            return
        self._busy_since_s = math.inf
        if frames := self._cursor.take():
            self._line.send_texts(frame.parts for frame in frames)
            for frame in frames:
                self._broadcaster.delivered(frame)

    async def stalled(self) -> None:
        """Return once nothing has been taken for too long."""
        while self._now_s() - self._busy_since_s < STALLED_S:  # noqa: ASYNC110 - a timer a page
            await asyncio.sleep(STALLED_S / 4)
        # Nor would it take a close frame.
        logger.info("A client took no frame for %.0f s and is let go", STALLED_S)


def _line_of(socket: WebSocket) -> _Line:
    """Of the ways to a client that there are, the cheapest."""
    offered = socket.scope.get("extensions", {}).get(EXTENSION)
    line: _Line = _AsgiLine(socket) if offered is None else offered[LINE]
    return line


class _AsgiLine:
    """The way that every ASGI server has: a task sends, and waits until the client takes it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._sending: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether the client has yet to take what was sent before."""
        return self._sending is not None and not self._sending.done()

    def send_texts(self, texts: Iterable[tuple[bytes, bytes]]) -> None:
        """Send text frames, each in two parts; returns at once."""
        self._sending = asyncio.create_task(self._send([b"".join(parts) for parts in texts]))

    async def _send(self, texts: list[bytes]) -> None:
        # One that left in the middle of a frame may make uvicorn refuse the rest of it.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            for text in texts:
                await self._socket.send_text(text.decode())
