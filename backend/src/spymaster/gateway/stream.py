"""``/ws/stream``: one task reads (to notice that the client left), one sends, one looks at it."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.websockets import WebSocket, WebSocketDisconnect

from spymaster.gateway.frame_protocol import EXTENSION, SEND
from spymaster.gateway.replies import reply
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.wire import ErrorReply

logger = logging.getLogger(__name__)

MOST_CLIENTS = 4_000
STALLED_S = 30.0
"""A client that takes no frame for so long is let go."""


async def serve_stream(socket: WebSocket, broadcaster: SocketBroadcaster) -> None:
    """Serve one client until it leaves. What it sends is ignored."""
    if broadcaster.clients >= MOST_CLIENTS:
        broadcaster.clients_dropped += 1
        words = f"{MOST_CLIENTS} pages are connected already; close one"
        await socket.send_denial_response(reply(ErrorReply(words), HTTPStatus.SERVICE_UNAVAILABLE))
        return
    await socket.accept()
    broadcaster.clients += 1
    sending = _Sending()
    tasks = [
        asyncio.create_task(_read(socket)),
        asyncio.create_task(_send(socket, broadcaster, sending)),
        asyncio.create_task(sending.stalled()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        broadcaster.clients -= 1
        left = tasks[0].done()
        broadcaster.clients_dropped += tasks[2].done()
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            # One that left in the middle of a frame may make uvicorn refuse the rest of it.
            if isinstance(result, Exception) and not left:
                logger.error("A client's stream failed", exc_info=result)


async def _read(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, broadcaster: SocketBroadcaster, sending: "_Sending") -> None:
    cursor, send = broadcaster.cursor(), _sender(socket)
    try:
        while True:
            beat = broadcaster.beat
            for frame in cursor.take():
                sending.since_s = sending.now_s()
                await send(frame.parts)
                sending.since_s = math.inf
                broadcaster.delivered(frame)
            broadcaster.beats_missed += broadcaster.beat - beat
            await broadcaster.next_beat()
    except WebSocketDisconnect:
        pass


def _sender(socket: WebSocket) -> Callable[[tuple[bytes, bytes]], Awaitable[None]]:
    """What takes the parts of a client's frames: of the ways that there are, the cheapest."""
    offered = socket.scope.get("extensions", {}).get(EXTENSION)
    if offered is None:
        return lambda parts: socket.send_text(b"".join(parts).decode())
    send: Callable[[tuple[bytes, bytes]], Awaitable[None]] = offered[SEND]
    return send


class _Sending:
    """Since when a client has been busy with a frame; a timer for each frame would cost more."""

    def __init__(self) -> None:
        self.now_s = asyncio.get_running_loop().time
        self.since_s = math.inf

    async def stalled(self) -> None:
        """Return once a frame has not been taken for too long."""
        while self.now_s() - self.since_s < STALLED_S:  # noqa: ASYNC110 - an event a frame costs
            await asyncio.sleep(STALLED_S / 4)
        # Nor would it take a close frame.
        logger.info("A client took no frame for %.0f s and is let go", STALLED_S)
