"""Live and sim: one session fed by the stream, from the vendor or from a simulator of our own."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from pydantic import SecretStr

from spymaster.core.clock import Clock
from spymaster.core.errors import SpymasterError
from spymaster.core.event_log import EventLog
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake
from spymaster.feeds.stream_ingestor import LiveFeed, StreamIngestor
from spymaster.gateway.desk import Recorder, Showing
from spymaster.polygon.rest import RestClient
from spymaster.polygon.stream import StreamClient
from spymaster.session_keeper import SessionKeeper
from spymaster.session_rules import flow_files, session_rules
from spymaster.settings import Settings
from spymaster.simulator.process import SimulatorProcess

logger = logging.getLogger(__name__)

PRINTS_OF_A_DAY = 1 << 22
"""Of the whole chain, twice over."""
RESTART_S = 1.0
_SECOND_NS = 1_000_000_000
SIM_KEY = SecretStr("simulator")


class LiveMode:
    """Follows one session as it happens, until it is cancelled.

    Args:
        settings: Of the product.
        clock: The machine's.
        session: The day to follow.
        on_kept: Called when a recorded day has gone into the cache.
        events: Where it is told what happens to the feed.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        session: Session,
        on_kept: Callable[[], None] = lambda: None,
        events: EventLog | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session
        self._engine = FlowEngine(
            session,
            settings.underlying,
            settings.strike_span,
            greeks_source=settings.greeks_source,
            trade_size_rule=settings.trade_size_rule,
            room_for_prints=PRINTS_OF_A_DAY,
        )
        self._intake = Intake(self._engine)
        self._ingestor: StreamIngestor | None = None
        self._simulator = self._make_simulator() if settings.mode == "sim" else None
        market = self._simulator.clock if self._simulator else clock
        speed = settings.sim_speed if self._simulator else 1.0
        self._market: Clock = market
        self._health = FeedHealth(market, session, speed, events, clock)
        self._keeper = SessionKeeper(settings, session, self._intake, self._health, on_kept)
        self.showing = Showing(settings.mode, self._engine, self._health, speed)
        """What the gateway shows of it."""

    @property
    def recorder(self) -> Recorder | None:
        """The recording; None where there is none."""
        return self._keeper.journal

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        self._intake.choose_span(span)
        if self._ingestor:
            self._ingestor.window_changed()

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the whole day with that rule or without."""
        self._intake.choose_rule(trade_size=on)

    async def run(self) -> None:
        """Follow the session; ends only by cancellation."""
        settings = self._settings
        files = flow_files(settings, settings.strike_span, simulated=settings.mode == "sim")
        history = await asyncio.to_thread(files.before, self._session.date)
        self.showing = replace(self.showing, history=history)
        try:
            await self._keeper.recover()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keeper.run(lambda: self._ingestor))
                tasks.create_task(self._run_feed())
        finally:
            await self._keeper.close()

    async def _run_feed(self) -> None:
        if self._simulator is None:
            assert self._settings.polygon_api_key is not None
            await self._follow(
                self._settings.polygon_rest_url,
                self._settings.polygon_ws_url,
                self._settings.polygon_api_key,
            )
            return
        self._go_on(self._simulator)
        try:
            await self._start(self._simulator)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._simulator.watch())
                tasks.create_task(
                    self._follow(self._simulator.rest_url, self._simulator.ws_url, SIM_KEY)
                )
        finally:
            await self._simulator.stop()

    def _go_on(self, simulator: SimulatorProcess) -> None:
        """A simulated day goes on where its recording ends, at the next whole second."""
        going_on_ns = -(-self._engine.market_ns // _SECOND_NS) * _SECOND_NS
        if going_on_ns > simulator.clock.now_ns():
            simulator.clock.set(going_on_ns, self._clock.now_ns())

    def _make_simulator(self) -> SimulatorProcess:
        return SimulatorProcess(
            self._session,
            self._clock,
            seed=self._settings.sim_seed,
            speed=self._settings.sim_speed,
            start=self._settings.sim_start,
        )

    async def _start(self, simulator: SimulatorProcess) -> None:
        """Start it, however many tries that takes."""
        while True:
            try:
                await simulator.start()
            except SpymasterError as exc:
                self._health.lost(str(exc))
                logger.error("%s", exc)  # noqa: TRY400 - the line says it all
                await asyncio.sleep(RESTART_S)
            else:
                return

    async def _follow(self, rest_url: str, ws_url: str, key: SecretStr) -> None:
        """Keep a feed running; what nobody foresaw is logged, and the feed starts again."""
        rules = await asyncio.to_thread(session_rules, self._settings, self._session.date)
        while True:
            try:
                async with RestClient(rest_url, key, self._clock) as rest:
                    self._intake.started(self._settings.strike_span, rules)
                    stream = StreamClient(ws_url, key, self._engine.table, self._clock)
                    self._ingestor = StreamIngestor(
                        LiveFeed(
                            self._intake,
                            self._health,
                            stream,
                            rest,
                            self._market,
                            self._settings.greeks_interval_s,
                        )
                    )
                    await self._ingestor.run()
            except Exception:
                logger.exception("The feed failed and is started again")
                self._health.lost("an error inside the product; the log says which")
            await asyncio.sleep(RESTART_S)
