"""Reads a WebSocket ahead of its consumer, within bounds.

One task does nothing but read, so that frames do not pile up at the vendor while a batch is worked
on: the vendor cuts off who reads slowly, without a word. What was read waits in a queue bounded in
bytes; when that is full the task stops, then the socket's own buffers fill, and the sender feels
it. The consumer takes all frames that wait at once, which is what makes a busy stream cheap.

Source: vendor protocol, sections 1.6 and 9.3.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

import aiohttp

from spymaster.core.clock import Clock

_MOST_WAITING_BYTES = 1_000_000
_MOST_TAKEN_BYTES = 256_000  # some 2,000 events, decoded in a few milliseconds


class FrameQueue:
    """Frames read but not yet taken, bounded in bytes."""

    def __init__(self, most_bytes: int, most_taken: int, clock: Clock) -> None:
        self._most_bytes = most_bytes
        self._most_taken = most_taken
        self._clock = clock
        self._frames: deque[tuple[bytes, float]] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._end: str | None = None
        self.oldest_s = clock.monotonic_s()
        """When the oldest of the frames that were taken last was read, monotonic."""

    async def put(self, frame: bytes) -> None:
        """Add a frame, then wait until there is room for another."""
        self._frames.append((frame, self._clock.monotonic_s()))
        self._bytes += len(frame)
        self._changed.set()
        if self._bytes >= self._most_bytes:
            self._room.clear()
            await self._room.wait()

    def close(self, reason: str) -> None:
        """No frame follows."""
        self._end = reason
        self._changed.set()

    async def take(self) -> list[bytes]:
        """Wait for frames and take those that are there, up to some size; at the end none.

        While there are always some, the event loop gets a turn each time.
        """
        if self._frames:
            await asyncio.sleep(0)
        while not self._frames and self._end is None:
            self._changed.clear()
            await self._changed.wait()
        taken: list[bytes] = []
        size = 0
        if self._frames:
            self.oldest_s = self._frames[0][1]
        while self._frames and (not taken or size < self._most_taken):
            frame, _ = self._frames.popleft()
            size += len(frame)
            taken.append(frame)
        self._bytes -= size
        if self._bytes < self._most_bytes:
            self._room.set()
        return taken

    @property
    def waiting_bytes(self) -> int:
        """Of the frames that wait."""
        return self._bytes

    @property
    def end(self) -> str:
        """Why no frame follows."""
        return self._end or "still open"


class FrameReader:
    """Owns the task that reads one WebSocket, from entering to leaving its block."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse[bool], clock: Clock) -> None:
        self._ws = ws
        self._queue = FrameQueue(_MOST_WAITING_BYTES, _MOST_TAKEN_BYTES, clock)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._read(), name="polygon frame reader")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        # To await the task itself would not tell its cancellation from our own.
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    async def take(self) -> list[bytes]:
        """The frames that have come since, at least one; none once the connection is over."""
        return await self._queue.take()

    @property
    def waiting_bytes(self) -> int:
        """Of the frames that were read and not taken."""
        return self._queue.waiting_bytes

    @property
    def oldest_s(self) -> float:
        """When the oldest of the frames that were taken last was read, monotonic seconds."""
        return self._queue.oldest_s

    @property
    def end(self) -> str:
        """Why the connection is over."""
        return self._queue.end

    async def _read(self) -> None:
        reason = "the reader failed"
        try:
            while True:
                message = await self._ws.receive()
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    reason = self._why(message.type, message.data)
                    return
                await self._queue.put(message.data)
        finally:
            self._queue.close(reason)

    def _why(self, kind: aiohttp.WSMsgType, data: object) -> str:
        if kind is aiohttp.WSMsgType.ERROR:
            return f"connection broke: {self._ws.exception() or data}"
        code = self._ws.close_code
        if code is None or code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE:
            return "connection broke without a word (1006)"
        return f"closed by the vendor ({code})"
