"""The only place that builds and connects the parts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from spymaster.core.clock import Clock, SystemClock
from spymaster.core.errors import DataError, SettingsError, SpymasterError
from spymaster.core.sessions import Session, default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.strike_manager import Span
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.feeds.stream_ingestor import LiveFeed, StreamIngestor
from spymaster.gateway.access import AccessControl
from spymaster.gateway.desk import Showing
from spymaster.gateway.routes import add_routes
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.logs import set_up_logging
from spymaster.polygon.rest import RestClient
from spymaster.polygon.stream import StreamClient
from spymaster.settings import BACKEND, Settings
from spymaster.simulator.process import SimulatorProcess
from spymaster.storage.day_files import DayFiles, cached_dates

logger = logging.getLogger(__name__)

PAGE = BACKEND.parent / "frontend" / "dist" / "spymaster" / "browser"
RESTART_S = 1.0
SIM_KEY = SecretStr("simulator")


def create_app(settings: Settings, page: Path = PAGE) -> FastAPI:
    """The whole product as an ASGI application; it runs while its lifespan does.

    Raises:
        SettingsError: A setting fits no trading day or no stored one.
    """
    set_up_logging(settings.log_format)
    clock = SystemClock()
    product = Product(settings, clock)
    broadcaster = SocketBroadcaster(product, clock, settings.broadcast_interval_ms / 1000)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(product.run()), asyncio.create_task(broadcaster.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(title="SPYMASTER", version=version("spymaster"), lifespan=lifespan)
    token = settings.access_token.get_secret_value() if settings.access_token else None
    app.add_middleware(AccessControl, token=token, origins=settings.allowed_origins)
    add_routes(app, product, broadcaster, page, version("spymaster"))
    return app


class Product:
    """One running session: its engine, and the feed that fills it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._ingestor: StreamIngestor | None = None
        self._session = session_to_show(settings, clock)
        if settings.mode == "replay":
            self._engine = self._new_engine(quotes_follow_window=False)
            self._health: FeedHealth | ReplayHealth = ReplayHealth(since_ns=clock.now_ns())
            speed = settings.replay_speed
        else:
            self._engine = self._new_engine(quotes_follow_window=True)
            self._health = FeedHealth(clock, self._session)
            speed = settings.sim_speed if settings.mode == "sim" else 1.0
        self._showing = Showing(settings.mode, self._engine, self._health, speed)

    @property
    def showing(self) -> Showing:
        """What is shown now."""
        return self._showing

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        self._engine.set_span(span)
        if self._ingestor:
            self._ingestor.window_changed()

    async def run(self) -> None:
        """Run the mode that the settings ask for, until cancelled."""
        logger.info(
            "Mode %s: %s, session %s",
            self._settings.mode,
            self._settings.underlying,
            self._session.date,
        )
        match self._settings.mode:
            case "replay":
                await self._run_replay()
            case "sim":
                await self._run_sim()
            case "live":
                assert self._settings.polygon_api_key is not None
                await self._run_live(
                    self._settings.polygon_rest_url,
                    self._settings.polygon_ws_url,
                    self._settings.polygon_api_key,
                    self._clock,
                )

    def _new_engine(self, *, quotes_follow_window: bool) -> FlowEngine:
        return FlowEngine(
            self._session,
            self._settings.underlying,
            self._settings.strike_span,
            quotes_follow_window=quotes_follow_window,
        )

    async def _run_sim(self) -> None:
        simulator = SimulatorProcess(
            self._session,
            self._clock,
            seed=self._settings.sim_seed,
            speed=self._settings.sim_speed,
            start=self._settings.sim_start,
        )
        try:
            await simulator.start()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(simulator.watch())
                tasks.create_task(
                    self._run_live(simulator.rest_url, simulator.ws_url, SIM_KEY, simulator.clock)
                )
        finally:
            await simulator.stop()

    async def _run_live(self, rest_url: str, ws_url: str, key: SecretStr, market: Clock) -> None:
        """Keep a live feed running; what nobody foresaw is logged, and the feed starts again."""
        assert isinstance(self._health, FeedHealth)
        health = FeedHealth(market, self._session, self._showing.speed or 1.0)
        self._health = health
        self._showing = Showing(self._showing.mode, self._engine, health, self._showing.speed)
        while True:
            try:
                async with RestClient(rest_url, key, self._clock) as rest:
                    stream = StreamClient(ws_url, key, self._engine.table, self._clock)
                    self._ingestor = StreamIngestor(
                        LiveFeed(
                            self._engine,
                            health,
                            stream,
                            rest,
                            market,
                            self._settings.greeks_interval_s,
                        )
                    )
                    await self._ingestor.run()
            except Exception:
                logger.exception("The feed failed and is started again")
                health.lost("an error inside the product; the log says which")
            await asyncio.sleep(RESTART_S)

    async def _run_replay(self) -> None:
        assert isinstance(self._health, ReplayHealth)
        files = DayFiles(self._settings.data_dir, self._session.date)
        try:
            events = await asyncio.to_thread(files.load, self._engine.table, self._session.open_ns)
        except DataError as exc:
            self._health.enter("empty", self._clock.now_ns(), str(exc))
            logger.error("%s", exc)  # noqa: TRY400 - the line says it all
            return
        replay = ReplayEngine(
            self._engine, events, self._clock, self._settings.replay_speed, self._health
        )
        await replay.run()


def session_to_show(settings: Settings, clock: Clock) -> Session:
    """The trading day that the settings ask for.

    Raises:
        SettingsError: The date is no trading day, or no day is stored to replay.
    """
    calendar = default_calendar()
    try:
        if settings.mode == "replay":
            date = settings.replay_date
            if date is None:
                dates = cached_dates(settings.data_dir)
                if not dates:
                    raise SettingsError(
                        f"REPLAY_MODE: no day is stored under {settings.data_dir}; "
                        "put one there or set REPLAY_MODE=false"
                    )
                date = dates[-1]
            return calendar.session(date)
        if settings.session_date:
            return calendar.session(settings.session_date)
        return calendar.current(clock.now_ns())
    except SettingsError:
        raise
    except SpymasterError as exc:
        name = "REPLAY_DATE" if settings.mode == "replay" else "SESSION_DATE"
        raise SettingsError(f"{name}: {exc}") from exc
