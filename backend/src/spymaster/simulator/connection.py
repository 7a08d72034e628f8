"""One client of the stream: its socket, what it holds, and a bounded outbox.

The market never waits for a client. Frames go into the outbox; a task of the connection writes
them. A client that reads too slowly first gets late data and then, when the outbox is full, is cut
without a close frame.

Source: vendor protocol, sections 1.6 and 1.7.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from typing import Any, Final

import msgspec
import numpy as np
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from numpy.typing import NDArray

from spymaster.simulator.chain import Chain
from spymaster.simulator.faults import Faults
from spymaster.simulator.frames import EventWriter, spoilt
from spymaster.simulator.stream_protocol import (
    AUTH_TIMEOUT,
    CONNECTED,
    ServerProtocol,
    Status,
)

logger = logging.getLogger(__name__)

PING_INTERVAL_S: Final = 25.0


class Interest:
    """Which rows of the chain a connection holds, by channel."""

    def __init__(self, chain: Chain, held: set[tuple[str, str]]) -> None:
        self.trades = self._mask(chain, held, "T")
        self.quotes = np.flatnonzero(self._mask(chain, held, "Q", wildcard=False)).astype(np.int32)
        self.second_bars = self._mask(chain, held, "A")
        self.minute_bars = self._mask(chain, held, "AM")

    @staticmethod
    def _mask(
        chain: Chain, held: set[tuple[str, str]], channel: str, *, wildcard: bool = True
    ) -> NDArray[np.bool_]:
        if wildcard and (channel, "*") in held:
            return np.ones(len(chain), np.bool_)
        mask = np.zeros(len(chain), np.bool_)
        rows = [
            chain.rows[symbol] for name, symbol in held if name == channel and symbol in chain.rows
        ]
        mask[rows] = True
        return mask


class Connection:
    """Serves one socket until it ends; make one for each connection."""

    def __init__(
        self, number: int, chain: Chain, faults: Faults, *, buffer_bytes: int, seed: int
    ) -> None:
        self.number = number
        self.key: str | None = None
        self.protocol = ServerProtocol(faults)
        self.interest = Interest(chain, set())
        self.writer = EventWriter(chain.tickers, faults, seed * 1000 + number)
        self._chain = chain
        self._faults = faults
        self._buffer_bytes = buffer_bytes
        self._random = random.Random(seed * 1000 + number)
        self._statuses: list[Status] = []
        """What waits to share a frame with events."""
        self._outbox: deque[str] = deque()
        self._outbox_bytes = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing: tuple[int, bytes] | None = None
        self._ended = False
        self._done = asyncio.Event()
        self._socket = web.WebSocketResponse(autoping=False, compress=False, timeout=1.0)
        self._transport: asyncio.BaseTransport | None = None

    async def serve(
        self, request: web.Request, on_authenticated: Any, *, auth_timeout_s: float
    ) -> web.WebSocketResponse:
        """Run the connection; returns when it has ended, whoever ended it."""
        self._transport = request.transport
        await self._socket.prepare(request)
        for _ in range(self._faults.pings_before_connected):
            await self._socket.ping(b"early")
        self.send_statuses([CONNECTED])
        helpers = [
            asyncio.create_task(self._write()),
            asyncio.create_task(self._ping()),
            asyncio.create_task(self._time_out(auth_timeout_s)),
        ]
        try:
            async for message in self._socket:
                await self._receive(message, on_authenticated)
        finally:
            self._ended = True
            self._idle.set()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._done.set()
        return self._socket

    async def _receive(self, message: WSMessage, on_authenticated: Any) -> None:
        if message.type is WSMsgType.PING:
            if self._faults.stall:
                return
            if self._faults.late_pongs:
                await asyncio.sleep(self._faults.late_pongs)
            with contextlib.suppress(ConnectionError):
                await self._socket.pong(message.data)
        elif message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            reply = self.protocol.receive(message.data)
            if reply.authenticated is not None:
                self.key = reply.authenticated
                on_authenticated(self)
            self.interest = Interest(self._chain, self.protocol.held)
            self.send_statuses(reply.statuses)
            if reply.close:
                self.close(WSCloseCode.POLICY_VIOLATION, b"auth_failed")

    def send_statuses(self, statuses: list[Status]) -> None:
        """Send statuses as one frame, or with the next events; none sends nothing."""
        if not statuses:
            return
        if self._faults.mixed_frames and self.protocol.held:
            self._statuses += statuses
        else:
            self._put(msgspec.json.encode(statuses).decode())

    def send(self, frame: str) -> None:
        """Send a frame of events."""
        if self._statuses:
            frame = f"{msgspec.json.encode(self._statuses).decode()[:-1]},{frame[1:]}"
            self._statuses = []
        if self._faults.mutated_frames > 0:
            self._faults.mutated_frames -= 1
            self._put(spoilt(frame, self._random))
        self._put(frame)

    def _put(self, frame: str) -> None:
        """Put a frame into the outbox, or cut the connection if that is full."""
        if self._ended or self._closing is not None:
            return
        if self._faults.stall:
            return
        if self._faults.malformed_frames > 0:
            self._faults.malformed_frames -= 1
            self._push('[{"ev":"T","sym":"O:SPY')
        if self._outbox_bytes + len(frame) > self._buffer_bytes:
            logger.warning("connection %d: slow consumer, cut", self.number)
            self.abort()
            return
        self._push(frame)

    def _push(self, frame: str) -> None:
        self._outbox.append(frame)
        self._outbox_bytes += len(frame)
        self._idle.clear()
        self._wake.set()

    def close(self, code: int, reason: bytes = b"") -> None:
        """Close with a close frame, after what is in the outbox."""
        self._closing = self._closing or (code, reason)
        self._wake.set()

    def abort(self) -> None:
        """End the connection now, without a close frame."""
        self._ended = True
        self._outbox.clear()
        self._idle.set()
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def drained(self, timeout_s: float) -> None:
        """Wait until the outbox is written, at most ``timeout_s`` real seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout_s)

    async def ended(self, timeout_s: float) -> None:
        """Wait until the connection has ended, at most ``timeout_s`` real seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), timeout_s)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    frame = self._outbox.popleft()
                    await self._socket.send_str(frame)
                    self._outbox_bytes -= len(frame)
                self._idle.set()
                if self._closing is not None:
                    code, reason = self._closing
                    await self._socket.close(code=code, message=reason)
                    return
        except (ConnectionError, RuntimeError):
            logger.debug("connection %d: gone while writing", self.number)
            self._ended = True
            self._idle.set()

    async def _ping(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING_INTERVAL_S)
                if not self._faults.stall:
                    await self._socket.ping()

    async def _time_out(self, auth_timeout_s: float) -> None:
        await asyncio.sleep(auth_timeout_s)
        if not self.protocol.authenticated and not self._faults.error_after_success:
            self.send_statuses([AUTH_TIMEOUT])
            self.close(WSCloseCode.POLICY_VIOLATION, b"auth_timeout")
