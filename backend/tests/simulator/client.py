"""A client of the stream for tests: it reads all the time, and can tell when it has caught up."""

import asyncio
import contextlib
import itertools
import json
from types import TracebackType
from typing import Any, Self

import aiohttp

type Event = dict[str, Any]


class StreamClient:
    """Connects, and keeps every event in order."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._news = asyncio.Event()
        self._marks = itertools.count()
        self.frames: list[str] = []
        self.events: list[Event] = []
        self.broken: list[str] = []
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self.socket = await self._session.ws_connect(self._url, max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self.socket.close()
        await self._session.close()

    async def _read(self) -> None:
        async for message in self.socket:
            self.frames.append(message.data)
            try:
                self.events += json.loads(message.data)
            except ValueError:
                self.broken.append(message.data)
            self._news.set()
        self.close_code = self.socket.close_code
        self._news.set()

    async def send(self, action: str, params: str) -> None:
        await self.socket.send_str(json.dumps({"action": action, "params": params}))

    async def authenticate(self, key: str = "key") -> Event:
        """Log in; returns the status that answers."""
        await self.send("auth", key)
        return await self.wait_for(lambda: self.statuses()[1:])

    async def wait_for(self, found: Any) -> Any:
        """Read until ``found()`` is truthy; returns its last item."""
        async with asyncio.timeout(20):
            while not (result := found()):
                self._news.clear()
                await self._news.wait()
        return result[-1] if isinstance(result, list) else result

    def stop_reading(self) -> None:
        """Let everything pile up from now on."""
        self._reader.cancel()
        transport = self.socket.get_extra_info("socket")
        assert transport is not None
        response = self.socket._response
        assert response.connection is not None
        assert isinstance(response.connection.transport, asyncio.Transport)
        response.connection.transport.pause_reading()

    async def closed(self) -> int | None:
        """Wait for the end of the connection; its close code."""
        await self.wait_for(lambda: self._reader.done())
        return self.close_code

    async def request(self, action: str, params: str) -> list[Event]:
        """Ask, and return the statuses that answer, in order."""
        before = len(self.statuses())
        await self.send(action, params)
        await self.catch_up()
        return self.statuses()[before:-1]

    async def catch_up(self) -> None:
        """Read all that the server has put on the way, by asking for something that it confirms."""
        mark = f"T.O:MARK{next(self._marks)}"
        await self.send("subscribe", mark)
        await self.wait_for(
            lambda: [one for one in self.statuses() if one["message"].endswith(mark)]
        )

    def statuses(self) -> list[Event]:
        return self.of("status")

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.get("ev") == kind]
