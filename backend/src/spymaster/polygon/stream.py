"""The vendor's stream over a WebSocket: connects, reconnects for ever, hands on what happens.

`StreamProtocol` decides what frames mean; this adds the socket, the clock and the waits. Each
connection gets its own protocol object, and everything wanted is asked for again, because the
vendor forgets subscriptions and replays nothing. Every loss is normal: a clean close (1000) and a
broken one (1006) alike lead to a wait and another try. Waits grow from under a second to 30 s, and
start over only after a connection has lasted, so that a vendor who accepts and hangs up, or another
client with the same key, never makes a tight loop. A refused key is tried at most once a second.

Source: vendor protocol, sections 1.2, 1.6 to 1.8.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass

import aiohttp
from pydantic import SecretStr

from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch
from spymaster.core.clock import Clock
from spymaster.core.contracts import ContractTable
from spymaster.core.ports import (
    StreamConnected,
    StreamData,
    StreamEvent,
    StreamLost,
    StreamRefused,
    SubscriptionRefused,
)
from spymaster.polygon import protocol as p
from spymaster.polygon.channels import MAX_QUOTES
from spymaster.polygon.elements import readable
from spymaster.polygon.frames import FrameReader
from spymaster.polygon.pacing import Backoff, Sleep, Throttle

_log = logging.getLogger(__name__)

_MAX_FRAME_BYTES = 16 * 2**20  # the vendor's own clients stop at 1 MB
_CLOSE_TIMEOUT_S = 2.0
_REFUSED_LEAST_S = 1.0
_NOTHING = EventBatch(NO_TRADES, NO_QUOTES)

type _WebSocket = aiohttp.ClientWebSocketResponse[bool]


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """Waits of a stream, in seconds."""

    connect_timeout_s: float = 10.0
    """For the connection, and again for the handshake."""
    heartbeat_s: float = 20.0
    """Silence after which to ping; with no sign of life for half as long again, it is over."""
    stable_s: float = 30.0
    """How long a connection must last for the waits to start over."""
    first_wait_s: float = 1.0
    most_wait_s: float = 30.0


class _EndedError(Exception):
    """The connection is over, for the reason that the message gives."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class StreamClient:
    """A stream of one contract table's events; implements `core.ports.MarketStream`."""

    def __init__(
        self,
        url: str,
        key: SecretStr,
        table: ContractTable,
        clock: Clock,
        *,
        timing: StreamTiming | None = None,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._url = url
        self._key = key
        self._table = table
        self._clock = clock
        self._timing = timing or StreamTiming()
        self._sleep = sleep
        self._backoff = Backoff(
            self._timing.first_wait_s, self._timing.most_wait_s, rng or random.Random()
        )
        self._losses = Throttle(clock)
        self._wanted: dict[str, None] = {}
        self._live: tuple[p.StreamProtocol, _WebSocket] | None = None
        self._live_since_s = 0.0
        self._sending = asyncio.Lock()
        self._connections = 0
        self._running = False

    @property
    def quotes_left_out(self) -> tuple[str, ...]:
        """Tickers whose quotes are wanted but exceed the vendor's limit; none while offline."""
        return self._live[0].quotes_left_out if self._live else ()

    async def subscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        """Want trades and quotes of these tickers too (``*`` for the trades of all contracts)."""
        channels = _channels(trades, quotes)
        self._wanted.update(dict.fromkeys(channels))
        await self._send(lambda protocol: protocol.subscribe(channels))

    async def unsubscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        """No longer want these."""
        channels = _channels(trades, quotes)
        for channel in channels:
            self._wanted.pop(channel, None)
        await self._send(lambda protocol: protocol.unsubscribe(channels))

    async def events(self) -> AsyncGenerator[StreamEvent]:
        """Connect and yield what happens; ends only when closed.

        Closing it (`contextlib.aclosing`) closes the socket. While the consumer is busy, at most
        about a megabyte is read ahead.

        Raises:
            RuntimeError: Another iterator of this client is open.
        """
        if self._running:
            raise RuntimeError("this stream is already being read")
        self._running = True
        try:
            async with aiohttp.ClientSession() as session:
                while True:
                    try:
                        async with aclosing(self._connection(session)) as events:
                            async for event in events:
                                yield event
                    except _EndedError as end:
                        loss = self._loss(end)
                    yield loss
                    await self._sleep(loss.retry_in_s)
        finally:
            self._running, self._live = False, None

    def _loss(self, end: _EndedError) -> StreamLost | StreamRefused:
        """What to tell the consumer, with the wait before the next try."""
        lasted_s = self._clock.monotonic_s() - self._live_since_s if self._live else 0.0
        self._live = None
        if lasted_s >= self._timing.stable_s:
            self._backoff.reset()
        wait_s = self._backoff.next_s(_REFUSED_LEAST_S if end.refused else 0.0)
        reason = self._without_key(str(end))
        if count := self._losses.count():
            _log.warning(
                "stream %s lost (%d since last told): %s; next try in %.1f s",
                *(self._url, count, reason, wait_s),
            )
        return StreamRefused(reason, wait_s) if end.refused else StreamLost(reason, wait_s)

    async def _connection(self, session: aiohttp.ClientSession) -> AsyncGenerator[StreamEvent]:
        """One connection from start to end.

        Raises:
            _EndedError: Always, unless the generator is closed.
        """
        protocol = p.StreamProtocol(self._table)
        ws = await self._connect(session)
        try:
            async with FrameReader(ws, self._clock) as frames:
                pending = await self._handshake(protocol, ws, frames)
                self._live, self._live_since_s = (protocol, ws), self._clock.monotonic_s()
                self._connections += 1
                _log.info("stream %s connected, connection %d", self._url, self._connections)
                await self._send(lambda live: live.subscribe(self._wanted))
                yield StreamConnected(self._connections)
                while True:
                    for event in pending:
                        if (told := self._translate(event, frames)) is not None:
                            yield told
                    pending = await self._receive(protocol, frames)
        finally:
            await ws.close()

    async def _connect(self, session: aiohttp.ClientSession) -> _WebSocket:
        try:
            async with asyncio.timeout(self._timing.connect_timeout_s):
                return await session.ws_connect(
                    self._url,
                    heartbeat=self._timing.heartbeat_s,
                    max_msg_size=_MAX_FRAME_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_TIMEOUT_S),
                    decode_text=False,
                )
        except aiohttp.WSServerHandshakeError as exc:
            refused = exc.status in (401, 403)
            raise _EndedError(f"HTTP {exc.status} at the door", refused=refused) from exc
        except TimeoutError as exc:
            raise _EndedError("no connection in time") from exc
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            words = readable(str(exc)) or type(exc).__name__
            raise _EndedError(f"no connection: {words}") from exc

    async def _handshake(
        self, protocol: p.StreamProtocol, ws: _WebSocket, frames: FrameReader
    ) -> list[p.ProtocolEvent]:
        """Present the key; returns what came along with the vendor's consent."""
        try:
            async with asyncio.timeout(self._timing.connect_timeout_s):
                while True:
                    events = await self._receive(protocol, frames)
                    for event in events:
                        if isinstance(event, p.Connected):
                            await ws.send_str(protocol.auth(self._key.get_secret_value()))
                        elif isinstance(event, p.AuthenticationFailed | p.Refused):
                            self._translate(event, frames)
                    if p.Authenticated() in events:
                        return events
        except TimeoutError as exc:
            raise _EndedError("no answer to the handshake in time") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise _EndedError("connection broke during the handshake") from exc

    async def _receive(
        self, protocol: p.StreamProtocol, frames: FrameReader
    ) -> list[p.ProtocolEvent]:
        taken = await frames.take()
        if not taken:
            raise _EndedError(frames.end)
        return protocol.receive_all(taken)

    def _translate(self, event: p.ProtocolEvent, frames: FrameReader) -> StreamEvent | None:
        """What the consumer is told of an event.

        Raises:
            _EndedError: The vendor will not go on with this connection.
        """
        match event:
            case p.Data(batch):
                return StreamData(batch, frames.oldest_s, waiting_bytes=frames.waiting_bytes)
            case p.FrameRejected():
                return StreamData(_NOTHING, frames.oldest_s, frames_rejected=1)
            case p.NotAuthorized(reason):
                return SubscriptionRefused(self._without_key(reason))
            case p.AuthenticationFailed(reason):
                raise _EndedError(f"key refused: {reason}; check POLYGON_API_KEY", refused=True)
            case p.Refused("plan", reason):
                raise _EndedError(f"plan refused: {reason}", refused=True)
            case p.Refused("max_connections", reason):
                raise _EndedError(f"another client uses the same key (max_connections): {reason}")
            case p.Refused(cause, reason):
                raise _EndedError(f"cut off by the vendor ({cause}): {reason}")
        return None

    def _without_key(self, text: str) -> str:
        """The vendor may repeat the key in what it says."""
        return text.replace(self._key.get_secret_value() or "\0", "***")

    async def _send(self, messages: Callable[[p.StreamProtocol], list[str]]) -> None:
        """Send what the protocol says, if connected; if not, the next connection makes it good."""
        async with self._sending:
            if self._live is None:
                return
            protocol, ws = self._live
            try:
                async with asyncio.timeout(self._timing.connect_timeout_s):
                    for message in messages(protocol):
                        await ws.send_str(message)
            except (aiohttp.ClientError, OSError):
                # A message lost half-way would leave a gap that nobody sees: start afresh.
                _log.info("stream %s broke while subscribing", self._url)
                await ws.close()
            if left_out := protocol.quotes_left_out:
                _log.warning(
                    "quotes of %d contracts exceed the vendor's limit of %d and are left out",
                    *(len(left_out), MAX_QUOTES),
                )


def _channels(trades: Iterable[str], quotes: Iterable[str]) -> list[str]:
    return [*(f"T.{ticker}" for ticker in trades), *(f"Q.{ticker}" for ticker in quotes)]
