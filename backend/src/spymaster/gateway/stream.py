"""``/ws/stream``: one task reads (to notice that the client left), one sends."""

import asyncio
import contextlib
import logging

from starlette.websockets import WebSocket, WebSocketDisconnect

from spymaster.gateway.socket_broadcaster import SocketBroadcaster

logger = logging.getLogger(__name__)

STALLED_S = 30.0
"""A client that takes no frame for so long is let go."""


async def serve_stream(socket: WebSocket, broadcaster: SocketBroadcaster) -> None:
    """Serve one client until it leaves. What it sends is ignored."""
    await socket.accept()
    broadcaster.clients += 1
    sender = asyncio.create_task(_send(socket, broadcaster))
    try:
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
    finally:
        broadcaster.clients -= 1
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender


async def _send(socket: WebSocket, broadcaster: SocketBroadcaster) -> None:
    cursor = broadcaster.cursor()
    try:
        while True:
            for frame in cursor.take():
                async with asyncio.timeout(STALLED_S):
                    await socket.send_text(frame)
            await broadcaster.next_beat()
    except TimeoutError:
        logger.info("A client took no frame for %.0f s and is let go", STALLED_S)
        with contextlib.suppress(RuntimeError):
            await socket.close(1013)
    except WebSocketDisconnect:
        pass
