"""How the product is served over HTTP: uvicorn, with limits on what a stranger may cost.

A connection has to send a request's head within a time and a size, whoever it is; uvicorn alone
would wait for it for ever and keep all of it.
"""

import asyncio
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from spymaster.gateway.frame_protocol import FrameProtocol

HEAD_S: Final = 10.0
"""Seconds from a connection's start, or a request's first byte, to the end of its head."""
MAX_HEAD: Final = 64 * 1024
"""Bytes of a request's head."""
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a message on the stream; a page sends none."""
_WORDS: Final = b'{"detail":"the head of the request is over 64 KB; no request here needs so much"}'
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_WORDS), _WORDS)
)


def server_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """The product's way to serve an application; ``more`` of uvicorn's settings win."""
    ours: dict[str, Any] = {
        "http": GuardedConnection,
        "ws": FrameProtocol,
        "log_config": None,
        "proxy_headers": False,
        "ws_per_message_deflate": False,
        "ws_max_size": MAX_MESSAGE,
        "timeout_graceful_shutdown": 2,
    }
    return uvicorn.Config(app, **(ours | more))


class GuardedConnection(HttpToolsProtocol):
    """One connection; it is cut if a head takes too long, or too much."""

    _late: asyncio.TimerHandle | None = None
    _head = 0
    """Bytes of a head that is not complete yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take some bytes."""
        super().data_received(data)
        if self._late is None:
            return
        self._head += len(data)
        if self._head > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """A head is here."""
        self._be_content()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._be_content()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _be_content(self) -> None:
        self._head = 0
        if self._late is not None:
            self._late.cancel()
            self._late = None
