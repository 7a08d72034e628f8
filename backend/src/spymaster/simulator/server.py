"""The simulator as a server, for the command line and for tests.

In a test, hold the market (``speed=0``, the default here) and move it::

    async with SimulatorServer(SimulatorConfig(start=dt.time(10, 0))) as sim:
        ...  # connect a client to sim.rest_url and sim.ws_url, subscribe
        await sim.advance_by(2.0)  # sends the next two market seconds, and waits for the writes
        sim.faults.drop_connection = True  # any switch of `Faults`, at any time
        await sim.advance_by(0.1)  # acts that are faults happen at the next flush
        expected = sim.day.prints_between(start_ns, sim.clock.now_ns())  # the truth, in process

With ``speed`` above 0 the market runs by itself and flushes every 25 ms. All of it is
deterministic: the same seed and date give the same events whatever the speed and whatever else was
asked.
"""

import asyncio
import contextlib
import datetime as dt
import socket
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

from spymaster.core.clock import Clock, SystemClock
from spymaster.core.sessions import Session, eastern
from spymaster.simulator.clock import MarketClock
from spymaster.simulator.day import MarketModel, SimulatedDay, SimulatedMarket
from spymaster.simulator.faults import Faults
from spymaster.simulator.path import NS
from spymaster.simulator.rest import RestRoutes
from spymaster.simulator.stream import Stream
from spymaster.simulator.truth import TruthRoutes

_DEFAULT_START = dt.time(10, 0)


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How to run one simulator."""

    date: dt.date | None = None
    """Session to play; None for today's, or the next one."""
    start: dt.time | None = None
    """Eastern time to start at; None for the time of day if the exchange is open, else 10:00."""
    speed: float = 0.0
    """Market seconds a real second; 0 holds the market until `SimulatorServer.advance_to`."""
    market: MarketModel = field(default_factory=MarketModel)
    faults: Faults = field(default_factory=Faults)
    clock: Clock = field(default_factory=SystemClock)
    host: str = "127.0.0.1"
    port: int = 0
    """REST and stream; 0 picks a free one."""
    truth_port: int = 0
    buffer_bytes: int = 8_000_000
    """What a slow client may lag behind before it is cut."""
    auth_timeout_s: float = 10.0
    vendor_greeks: bool = True
    """Volatility, theta and vega on the vendor's clock, which expires contracts at 00:00 UTC."""


class SimulatorServer:
    """A running simulator; use it as an async context manager."""

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.faults = self.config.faults
        self._runners: list[web.AppRunner] = []
        self._pump: asyncio.Task[None] | None = None
        self.rest_url = self.ws_url = self.truth_url = ""

    async def __aenter__(self) -> Self:
        """Start.

        Raises:
            OSError: A port is taken.
            CalendarError: The date is no session.
        """
        config = self.config
        # Ports first: a taken one is told at once, before the day is drawn.
        sockets = _bind(config.host, config.port, config.truth_port)
        try:
            await self._start(*sockets)
        except BaseException:
            for one in sockets:
                one.close()
            await self._stop()
            raise
        return self

    async def _start(self, vendor: socket.socket, truth: socket.socket) -> None:
        config = self.config
        self.market = SimulatedMarket(config.market)
        session = self._session()
        start_ns = self._start_ns(session)
        self.day: SimulatedDay = await asyncio.to_thread(self._warm_day, session, start_ns)
        self.clock = MarketClock(config.clock, start_ns, config.speed)
        self.stream = Stream(
            self.day,
            self.clock,
            self.faults,
            buffer_bytes=config.buffer_bytes,
            auth_timeout_s=config.auth_timeout_s,
        )
        rest = RestRoutes(
            self.market, self.day, self.clock, self.faults, vendor_greeks=config.vendor_greeks
        )
        app = rest.app()
        app.router.add_get("/options", self.stream.handle)
        self.port = await self._listen(app, vendor)
        routes = TruthRoutes(self.day, self.clock, self.faults, self.stream)
        truth_port = await self._listen(routes.app(), truth)
        self.rest_url = f"http://{config.host}:{self.port}"
        self.ws_url = f"ws://{config.host}:{self.port}/options"
        self.truth_url = f"http://{config.host}:{truth_port}"
        if config.speed > 0:
            self._pump = asyncio.create_task(self.stream.run())

    async def __aexit__(self, *_exc: object) -> None:
        await self._stop()

    def check(self) -> None:
        """Raise what ended the market's own running, if anything did."""
        if self._pump is not None and self._pump.done():
            self._pump.result()

    async def advance_to(self, at_ns: int) -> None:
        """Move a held market to a time (UNIX ns), sending all that is due on the way."""
        await self.stream.advance_to(at_ns)

    async def advance_by(self, seconds: float) -> None:
        """Move a held market on by market seconds."""
        await self.advance_to(self.clock.now_ns() + round(seconds * NS))

    async def _listen(self, app: web.Application, bound: socket.socket) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.SockSite(runner, bound).start()
        return int(bound.getsockname()[1])

    async def _stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        if hasattr(self, "stream"):
            await self.stream.close()
        for runner in self._runners:
            await runner.cleanup()

    def _session(self) -> Session:
        calendar = self.market.calendar
        if self.config.date is not None:
            return calendar.session(self.config.date)
        return calendar.current(self.config.clock.now_ns())

    def _start_ns(self, session: Session) -> int:
        if self.config.start is not None:
            return session.at(self.config.start)
        now = self.config.clock.now_ns()
        if eastern(now).date() == session.date and session.open_ns <= now < session.close_ns:
            return now
        return session.at(_DEFAULT_START)

    def _warm_day(self, session: Session, start_ns: int) -> SimulatedDay:
        """Draw the day, and compile what it needs, before anyone waits for it."""
        day = self.market.day(session.date)
        day.block(0)
        day.prints_until(start_ns)
        day.quotes_between(session.open_ns, session.open_ns + NS)
        return day


def _bind(host: str, *ports: int) -> list[socket.socket]:
    """Sockets bound to the ports, 0 for any free one; none is left open on failure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound: list[socket.socket] = []
    try:
        for port in ports:
            one = socket.socket(family, socket.SOCK_STREAM)
            bound.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((host, port))
    except OSError:
        for one in bound:
            one.close()
        raise
    return bound
