"""uvicorn's WebSocket, with a door for frames of which nearly everything is shared by all clients.

By ASGI a frame is handed over as text, for each client anew: uvicorn encodes it, copies it behind a
header and copies both together, though all but the number is the same for everybody. With a
thousand pages that cost more than the sending. So this protocol offers itself as an ASGI extension:
it takes a frame's text in two parts and passes them to the transport as they are. Nothing is
compressed or masked, which RFC 6455 and 7692 allow a server.

A server that does not offer the extension is sent text (`spymaster.gateway.stream`).
"""

import asyncio
import functools
from collections.abc import Iterable
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "spymaster.text_parts"
LINE: Final = "line"
_WHOLE_TEXT: Final = 0x81  # the first byte of a text frame that no other one continues


class FrameProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def run_asgi(self) -> None:
        """Serve the connection, which is in its scope itself."""
        self.scope["extensions"][EXTENSION] = {LINE: self}
        await super().run_asgi()

    @property
    def busy(self) -> bool:
        """Whether the client has yet to take what was sent before, or is leaving."""
        return not self.writable.is_set() or self.close_sent or self.transport.is_closing()

    def send_texts(self, texts: Iterable[tuple[bytes, bytes]]) -> None:
        """Send text frames.

        Args:
            texts: Of each frame a little that is for this client, and what is for all.
        """
        for own, shared in texts:
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
