"""uvicorn's WebSocket, with a door for frames of which nearly everything is shared by all clients.

By ASGI a frame is handed over as text, for each client anew: uvicorn encodes it, copies it behind a
header and copies both together, though all but the number is the same for everybody. With a
thousand pages that cost more than the sending. So this protocol offers an ASGI extension, a
function that takes a frame's text in two parts and passes them to the transport as they are.
Nothing is compressed or masked, which RFC 6455 and 7692 allow a server.

A server that does not offer the extension is sent text (`spymaster.gateway.stream`).
"""

import asyncio
import functools
from typing import Final

from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "spymaster.text_parts"
SEND: Final = "send"
_WHOLE_TEXT: Final = 0x81  # the first byte of a text frame that no other one continues
_GONE: Final = 1006


class FrameProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def run_asgi(self) -> None:
        """Serve the connection, with the extension in its scope."""
        self.scope["extensions"][EXTENSION] = {SEND: self.send_parts}
        await super().run_asgi()

    async def send_parts(self, parts: tuple[bytes, bytes]) -> None:
        """Send one text frame, once the client has taken enough of the ones before.

        Args:
            parts: A little that is for this client, and what is for all.

        Raises:
            WebSocketDisconnect: The client has left, or is leaving.
        """
        if not self.writable.is_set():
            await self.writable.wait()
        if self.close_sent or self.transport.is_closing():
            raise WebSocketDisconnect(_GONE)
        own, shared = parts
        pieces = (text_header(len(own) + len(shared)) + own, shared)
        if isinstance(self.loop, asyncio.BaseEventLoop):
            # Up to Python 3.13.1 its transports never pause after `writelines`.
            self.transport.write(b"".join(pieces))
        else:
            self.transport.writelines(pieces)


@functools.lru_cache(64)
def text_header(size: int) -> bytes:
    """What precedes so many bytes of text from a server. Source: RFC 6455, section 5.2."""
    if size < 126:
        return bytes((_WHOLE_TEXT, size))
    if size < 2**16:
        return bytes((_WHOLE_TEXT, 126)) + size.to_bytes(2, "big")
    return bytes((_WHOLE_TEXT, 127)) + size.to_bytes(8, "big")
