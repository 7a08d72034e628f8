"""A desk with a small day on it, and a real server that shows it."""

import asyncio
import contextlib
import datetime as dt
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
import numpy as np
import uvicorn
from fastapi import FastAPI

from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch, quote_batch, trade_batch
from spymaster.core.clock import ManualClock
from spymaster.core.conditions import pack
from spymaster.core.contracts import OptionContract
from spymaster.core.errors import SpymasterError
from spymaster.core.inputs import Span
from spymaster.core.latency import LatencyHistogram
from spymaster.core.sessions import Session, eastern_ns
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine
from spymaster.gateway.access import AccessControl
from spymaster.gateway.desk import Recorder, Showing
from spymaster.gateway.frame_protocol import FrameProtocol
from spymaster.gateway.routes import add_routes
from spymaster.gateway.security_headers import SecurityHeaders
from spymaster.gateway.serving import server_config
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.wire import FeedState
from spymaster.gateway.wire_cache import CacheReply, FetchReply

DAY = dt.date(2025, 12, 16)
SESSION = Session(
    DAY, open_ns=eastern_ns(DAY, dt.time(9, 30)), close_ns=eastern_ns(DAY, dt.time(16))
)
STRIKES = (598.0, 599.0, 600.0, 601.0, 602.0)
NOW_NS = SESSION.open_ns + 100 * 1_000_000_000
INTERVAL_S = 0.25

type Until = Callable[..., Awaitable[None]]


def ticker(strike: float, right: str = "C") -> str:
    return OptionContract("SPY", DAY, round(strike * 1000), "C" if right == "C" else "P").ticker


CALL, PUT = ticker(600), ticker(600, "P")


@dataclass
class FakeHealth:
    """A feed that does as it is told."""

    shown: FeedState = "ok"
    message: str | None = None
    trouble: str | None = None
    lag_ms: float | None = 4.0
    age_ms: int | None = 10
    since_ns: int = NOW_NS
    reconnects: int = 0
    frames_rejected: int = 0
    gaps: int = 0
    contracts_owed: int = 0
    quotes_left_out: int = 0
    stream_waiting_bytes: int = 0
    latency_p99_ms: float | None = 5.0
    frame_times: LatencyHistogram = field(default_factory=LatencyHistogram)

    unshown_s: float | None = None

    def take_unshown_s(self) -> float | None:
        read_s, self.unshown_s = self.unshown_s, None
        return read_s

    def state(self, market_ns: int) -> FeedState:
        return self.shown


@dataclass
class FakeStalls:
    """A loop that never stood still."""

    stalls: LatencyHistogram = field(default_factory=LatencyHistogram)
    own_stalls: LatencyHistogram = field(default_factory=LatencyHistogram)
    gc_pauses: LatencyHistogram = field(default_factory=LatencyHistogram)


@dataclass
class FakeDesk:
    """One day with the chain known and nothing printed yet."""

    showing: Showing = field(default_factory=lambda: showing(STRIKES))
    spans: list[Span] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    """Of another mode, or to the replay."""
    refuses: SpymasterError | None = None
    recorder: Recorder | None = None
    loaded: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.loaded.set()

    async def ready(self) -> None:
        await self.loaded.wait()

    @property
    def engine(self) -> FlowEngine:
        return self.showing.engine

    @property
    def health(self) -> FakeHealth:
        assert isinstance(self.showing.health, FakeHealth)
        return self.showing.health

    def set_span(self, span: Span) -> None:
        self.spans.append(span)
        self.engine.set_span(span)

    def set_trade_size_rule(self, *, on: bool) -> None:
        self.engine.set_trade_size_rule(on=on)

    async def switch(self, request: object) -> None:
        self.control(request)

    def control(self, request: object) -> None:
        if self.refuses:
            raise self.refuses
        self.requests.append(request)

    def cache(self) -> CacheReply:
        return CacheReply([])

    @property
    def fetching(self) -> FetchReply:
        return FetchReply("idle")

    async def fetch(self, request: object) -> FetchReply:
        self.control(request)
        return self.fetching

    def number(self, name: str) -> int:
        found = self.engine.table.find(name)
        assert found is not None
        return found

    def trade(
        self, name: str = CALL, price: float = 2.0, size: int = 1, seconds: float = 100.0
    ) -> None:
        """A print of a contract, seconds after the open."""
        trades, _ = trade_batch(
            *([self.number(name)], [SESSION.open_ns + round(seconds * 1e9)], [price], [size]),
            *([302], [pack([209])], [0], [0]),
        )
        self.engine.apply(EventBatch(trades, NO_QUOTES))

    def quote(self, bid: float, ask: float, name: str = CALL, seconds: float = 99.0) -> None:
        quotes = quote_batch(
            *([self.number(name)], [SESSION.open_ns + round(seconds * 1e9)], [bid], [ask]),
            *([10], [10], [302], [302], [0]),
        )
        self.engine.apply(EventBatch(NO_TRADES, quotes))

    def chain(self, price: float | None = 600.0, *, greeks: bool = True) -> None:
        self.engine.apply_snapshot(_chain(STRIKES, price, greeks=greeks), NOW_NS)

    def another(self) -> None:
        """Show another session, as after a switch of mode."""
        self.showing = showing(STRIKES)


def showing(strikes: Iterable[float], span: Span = 1) -> Showing:
    engine = FlowEngine(SESSION, "SPY", span, greeks_source="vendor")
    engine.list_contracts([ticker(strike, right) for strike in strikes for right in "CP"])
    return Showing("live", engine, FakeHealth(), 1.0)


def _chain(strikes: Iterable[float], price: float | None, *, greeks: bool) -> ChainSnapshot:
    names = [ticker(strike, right) for strike in strikes for right in "CP"]
    unknown = np.full(len(names), np.nan)
    return ChainSnapshot(
        ts_received=0,
        tickers=names,
        delta=np.tile([0.5, -0.5], len(names) // 2) if greeks else unknown,
        gamma=np.full(len(names), 0.25) if greeks else unknown,
        theta=unknown,
        vega=unknown,
        implied_volatility=np.full(len(names), 0.2) if greeks else unknown,
        open_interest=np.full(len(names), 1000.0),
        bid=unknown,
        ask=unknown,
        shares_per_contract=np.full(len(names), 100.0),
        underlying_price=price,
        underlying_timeframe=None if price is None else "REAL-TIME",
    )


class Client:
    """One page's view of the stream, without a socket; looks when it is told to, or if attached."""

    def __init__(self, broadcaster: SocketBroadcaster) -> None:
        self._cursor = broadcaster.cursor()
        self.frames: list[dict[str, Any]] = []

    def take(self) -> list[dict[str, Any]]:
        fresh = [json.loads(b"".join(frame.parts)) for frame in self._cursor.take()]
        self.frames += fresh
        return fresh

    def look(self) -> None:
        self.take()


@dataclass
class Server:
    """A running server; asks it as a browser would."""

    port: int
    desk: FakeDesk
    broadcaster: SocketBroadcaster
    http: aiohttp.ClientSession
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return await self.ask("GET", path, **headers)

    async def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and body, decoded where it is JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, self.url + path, data=body, headers=named) as answer:
            text = await answer.text()
            if answer.content_type == "application/json":
                return answer.status, json.loads(text)
            return answer.status, text

    async def headers(self, path: str, **headers: str) -> Mapping[str, str]:
        """What comes with an answer."""
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.headers.copy()

    async def stream(self, query: str = "", **headers: str) -> aiohttp.ClientWebSocketResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.ws_connect(
            f"{self.url}/ws/stream{query}", headers=named, max_msg_size=0
        )

    def at(self, host: str) -> Self:
        """The same server at another of its addresses."""
        return type(self)(self.port, self.desk, self.broadcaster, self.http, host)


@contextlib.asynccontextmanager
async def serve(
    page: Path,
    *,
    desk: FakeDesk | None = None,
    host: str = "127.0.0.1",
    token: str | None = None,
    origins: Iterable[str] = ("http://localhost:4200",),
    interval_s: float = 0.02,
    send_buffer: int | None = None,
    protocol: type[asyncio.Protocol] | None = FrameProtocol,
) -> AsyncIterator[Server]:
    """Serve a desk with uvicorn on a free port, as the product does.

    Without a protocol of ours for WebSockets by uvicorn's, as `fastapi dev` does.
    """
    desk = desk or FakeDesk()
    broadcaster = SocketBroadcaster(desk, ManualClock(NOW_NS), interval_s)
    app = FastAPI()
    app.add_middleware(AccessControl, token=token, origins=origins)
    app.add_middleware(SecurityHeaders)
    add_routes(app, desk, broadcaster, FakeStalls(), page, "0.0")
    with socket.socket() as listener:
        if send_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        listener.bind((host, 0))
        listener.listen()  # whoever connects before the server is up waits for it
        config = server_config(app, lifespan="off", ws=protocol or "auto")
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        beating = asyncio.create_task(broadcaster.run())
        try:
            async with aiohttp.ClientSession() as http:
                yield Server(listener.getsockname()[1], desk, broadcaster, http)
        finally:
            beating.cancel()
            server.should_exit = True
            await asyncio.gather(running, beating, return_exceptions=True)
