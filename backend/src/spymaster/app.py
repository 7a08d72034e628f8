"""The only place that builds and connects the parts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI

from spymaster.core.clock import Clock, SystemClock
from spymaster.core.errors import SettingsError, SpymasterError
from spymaster.core.sessions import Session, default_calendar
from spymaster.engine.strike_manager import Span
from spymaster.gateway.access import AccessControl
from spymaster.gateway.desk import Showing
from spymaster.gateway.routes import add_routes
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.live_mode import LiveMode
from spymaster.logs import set_up_logging
from spymaster.replay_mode import ReplayMode
from spymaster.settings import BACKEND, Settings
from spymaster.storage.day_files import cached_dates

logger = logging.getLogger(__name__)

PAGE = BACKEND.parent / "frontend" / "dist" / "spymaster" / "browser"


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


class Mode(Protocol):
    """One way to run: live, sim or replay of one session."""

    @property
    def showing(self) -> Showing:
        """What the gateway shows of it."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""

    async def run(self) -> None:
        """Run until cancelled, or until there is nothing more to come."""


class Product:
    """Runs one mode at a time."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._mode = self._make(settings)

    @property
    def showing(self) -> Showing:
        """What is shown now."""
        return self._mode.showing

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        self._mode.set_span(span)

    async def run(self) -> None:
        """Run the mode that the settings ask for, until cancelled."""
        engine = self.showing.engine
        logger.info(
            "Mode %s: %s, session %s",
            self.showing.mode,
            engine.table.underlying,
            engine.session.date,
        )
        await self._mode.run()

    def _make(self, settings: Settings) -> Mode:
        session = session_to_show(settings, self._clock)
        if settings.mode == "replay":
            return ReplayMode(settings, self._clock, session)
        return LiveMode(settings, self._clock, session)


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
