"""The only place that builds and connects the parts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from spymaster.core.clock import SystemClock
from spymaster.core.errors import SettingsError
from spymaster.core.event_log import EventLog
from spymaster.gateway.access import AccessControl
from spymaster.gateway.ending import AnswersAtTheEnd
from spymaster.gateway.page import page_paths
from spymaster.gateway.routes import add_routes
from spymaster.gateway.security_headers import SecurityHeaders
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.logs import set_up_logging
from spymaster.loop_watch import LoopWatch
from spymaster.product import Product
from spymaster.session_choice import check_dates
from spymaster.settings import BACKEND, Settings

logger = logging.getLogger(__name__)

PAGE = BACKEND.parent / "frontend" / "dist" / "spymaster" / "browser"


def create_app(settings: Settings, page: Path = PAGE) -> FastAPI:
    """The whole product as an ASGI application; it runs while its lifespan does.

    Raises:
        SettingsError: A setting fits no trading day or no stored one, or `DATA_DIR` cannot be made.
    """
    check_dates(settings)
    _make(settings.data_dir)
    set_up_logging(settings.log_format, settings.secrets)
    clock = SystemClock()
    events = EventLog()
    product = Product(settings, clock, events)
    interval_s = settings.broadcast_interval_ms / 1000
    broadcaster = SocketBroadcaster(product, clock, interval_s, events)

    watch = LoopWatch()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(part.run()) for part in (product, broadcaster, watch)]
        for task in tasks:
            task.add_done_callback(_log_failure)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(title="SPYMASTER", version=version("spymaster"), lifespan=lifespan)
    app.add_middleware(AnswersAtTheEnd)
    token = settings.access_token.get_secret_value() if settings.access_token else None
    app.add_middleware(
        AccessControl, token=token, origins=settings.allowed_origins, page_paths=page_paths(page)
    )
    app.add_middleware(SecurityHeaders)
    add_routes(app, product, broadcaster, watch, page, version("spymaster"))
    return app


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(
            f"DATA_DIR: {data_dir} cannot be made ({exc.strerror or exc}); choose another folder"
        ) from exc


def _log_failure(part: asyncio.Task[None]) -> None:
    """Say at once what is otherwise known when the server ends."""
    if not part.cancelled() and (error := part.exception()):
        logger.error("A part of the product ended in an error; start it again", exc_info=error)
