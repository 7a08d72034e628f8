"""``/ws/stream``: one task reads (to notice that the client left), one sends."""

import asyncio
import logging
from http import HTTPStatus

from starlette.websockets import WebSocket, WebSocketDisconnect

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
        words = f"{MOST_CLIENTS} pages are connected already; close one"
        await socket.send_denial_response(reply(ErrorReply(words), HTTPStatus.SERVICE_UNAVAILABLE))
        return
    await socket.accept()
    broadcaster.clients += 1
    tasks = {
        asyncio.create_task(_read(socket)),
        asyncio.create_task(_send(socket, broadcaster)),
    }
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        broadcaster.clients -= 1
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A client's stream failed", exc_info=result)


async def _read(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, broadcaster: SocketBroadcaster) -> None:
    cursor = broadcaster.cursor()
    try:
        while True:
            beat = broadcaster.beat
            for frame in cursor.take():
                async with asyncio.timeout(STALLED_S):
                    await socket.send_text(frame)
                broadcaster.frames_sent += 1
            broadcaster.beats_missed += broadcaster.beat - beat
            await broadcaster.next_beat()
    except TimeoutError:
        # Nor would it take a close frame.
        logger.info("A client took no frame for %.0f s and is let go", STALLED_S)
    except WebSocketDisconnect:
        pass
