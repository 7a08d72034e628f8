"""The product as an ASGI application: its routes, who may come in, and what runs behind them."""

import asyncio
import contextlib
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
from spymaster.product import Product, kept_going
from spymaster.session_choice import check_dates
from spymaster.settings import BACKEND, Settings

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
        parts = (product.run, broadcaster.run, watch.run)
        tasks = [asyncio.create_task(kept_going(part)) for part in parts]
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
