"""Replay of one stored day."""

import asyncio
import logging

from spymaster.core.clock import Clock
from spymaster.core.errors import DataError
from spymaster.core.sessions import Session
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.strike_manager import Span
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.gateway.desk import Showing
from spymaster.settings import Settings
from spymaster.storage.day_files import DayFiles

logger = logging.getLogger(__name__)


class ReplayMode:
    """Plays one stored day at the speed of the settings."""

    def __init__(self, settings: Settings, clock: Clock, session: Session) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session
        self._engine = FlowEngine(
            session, settings.underlying, settings.strike_span, quotes_follow_window=False
        )
        self._health = ReplayHealth(since_ns=clock.now_ns())
        self.showing = Showing("replay", self._engine, self._health, settings.replay_speed)
        """What the gateway shows of it."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        self._engine.set_span(span)

    async def run(self) -> None:
        """Play to the end, then return."""
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
