"""What runs: one mode that is shown, and behind a replay the session that is followed."""

import asyncio
import datetime as dt
import gc
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from spymaster.background_fetch import BackgroundFetch
from spymaster.core.clock import Clock
from spymaster.core.errors import DataError, SettingsError
from spymaster.core.event_log import EventLog, LoggedEvent
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session, eastern
from spymaster.day_sources import s3_settings
from spymaster.gateway.desk import Recorder, Showing
from spymaster.gateway.wire import ModeRequest, ReplayRequest
from spymaster.gateway.wire_cache import CachedDay, CacheReply, FetchReply, FetchRequest
from spymaster.kept_code import is_whole
from spymaster.live_mode import LiveMode
from spymaster.mirror_keeper import MirrorKeeper
from spymaster.replay_mode import ReplayMode, checked_speed
from spymaster.session_choice import requested_date, session_to_fetch, session_to_show
from spymaster.settings import Settings
from spymaster.storage import coverage
from spymaster.storage.day_files import DayFiles, cached_dates
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.memory import give_back
from spymaster.storage.mirror import S3Mirror
from spymaster.storage.recordings import recorded_dates
from spymaster.warm_up import ensure_compiled

logger = logging.getLogger(__name__)

ROLL_OVER_LOOK_S = 1.0
LET_GO_S = 5.0
"""After so long pages and answers hold on to the session shown now, and no longer to the last."""
AGAIN_S = 1.0
"""After so long what ended in an error begins again."""


class Mode(Protocol):
    """One way to run: live, sim or replay of one session."""

    @property
    def showing(self) -> Showing:
        """What the gateway shows of it."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the whole day with that rule or without."""

    async def run(self) -> None:
        """Run until cancelled, or until there is nothing more to come."""


class Product:
    """Shows one mode at a time; a live or simulated session goes on behind a replay."""

    def __init__(self, settings: Settings, clock: Clock, events: EventLog | None = None) -> None:
        self._events = EventLog() if events is None else events
        self._settings = settings
        self._clock = clock
        s3 = s3_settings(settings)
        self._mirror = MirrorKeeper(
            S3Mirror(s3, settings.data_dir) if s3 else None,
            HistoricalDataCache(settings.data_dir),
        )
        session = session_to_show(settings, clock)
        self._following: LiveMode | None = None
        self._replay: ReplayMode | None = None
        self._shown: Mode
        if settings.mode == "replay":
            self._shown = self._replay = ReplayMode(settings, clock, session, settings.replay_speed)
        else:
            self._shown = self._following = self._live_mode(settings, session)
        self._running: dict[Mode, asyncio.Task[None]] = {}
        self._switching = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._compiled = asyncio.Event()
        self._fetch = BackgroundFetch(clock, self._mirror.stored)

    @property
    def showing(self) -> Showing:
        """What is shown now."""
        return self._shown.showing

    @property
    def recorder(self) -> Recorder | None:
        """Of the session that is followed, shown or not."""
        return self._following.recorder if self._following else None

    async def ready(self) -> None:
        """Wait until compiled code is loaded: to call it before would stop the event loop."""
        await self._compiled.wait()

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        self._shown.set_span(span)

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the whole day with that rule or without."""
        self._shown.set_trade_size_rule(on=on)

    def control(self, request: ReplayRequest) -> None:
        """Play, pause, seek, step or change the speed of the replay that is shown."""
        if self._replay is None or self._shown is not self._replay:
            raise DataError('no replay is shown; start one with POST /api/mode {"mode": "replay"}')
        self._replay.control(request)

    def cache(self) -> CacheReply:
        """The days that can be replayed, oldest first, on the disk and in S3."""
        data_dir = self._settings.data_dir
        here = {*cached_dates(data_dir), *recorded_dates(data_dir)}
        days = [
            _day_here(data_dir, date)
            if date in here
            else CachedDay(date.isoformat(), None, remote=True)
            for date in sorted(here.union(self._mirror.dates))
        ]
        return CacheReply(days, self._mirror.trouble)

    @property
    def fetching(self) -> FetchReply:
        """How the fetch of a day goes, or went."""
        return self._fetch.reply

    async def fetch(self, request: FetchRequest) -> FetchReply:
        """Start or stop fetching a day; how it goes then."""
        if request.action == "stop":
            await self._fetch.stop()
        else:
            settings, session = self._settings_to_fetch(), session_to_fetch(request.date)
            self._fetch.start(settings, session, quotes=request.quotes)
        return self._fetch.reply

    async def switch(self, request: ModeRequest) -> None:
        """Show another mode or day; what cannot be shown leaves everything as it is."""
        async with self._switching:
            if request.mode == "replay":
                await self._show_replay(request)
            else:
                await self._show_following(self._settings.in_mode(request.mode))
            self._log_mode()

    async def run(self) -> None:
        """Run what is shown, until cancelled."""
        async with self._switching:
            if not is_whole():
                words = "compiling for this machine: about a minute"
                self._events.tell(LoggedEvent(self._clock.now_ns(), "info", "product", words))
            await ensure_compiled()
            self._compiled.set()
            self._log_mode()
            self._start(self._shown)
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (self._mirror.run, self._roll_over, self._let_go):
                    tasks.create_task(kept_going(part))
        finally:
            await self._fetch.stop()
            for mode in list(self._running):
                await self._stop(mode)

    def _settings_to_fetch(self) -> Settings:
        """The vendor is asked; the simulator only where it is what is followed anyway."""
        simulated = self._following is not None and self._following.showing.mode == "sim"
        if self._settings.polygon_api_key is None and not simulated:
            raise SettingsError("POLYGON_API_KEY: fetching needs the vendor's key; none is set")
        return self._settings

    def _live_mode(self, settings: Settings, session: Session) -> LiveMode:
        return LiveMode(settings, self._clock, session, self._mirror.stored, self._events)

    async def _show_replay(self, request: ModeRequest) -> None:
        changes: dict[str, object] = {"replay_mode": True}
        if request.date is not None:
            changes["replay_date"] = requested_date(request.date)
        settings = self._settings.model_copy(update=changes)
        speed = settings.replay_speed
        if request.speed is not None:
            speed = checked_speed(request.speed)
        session = await asyncio.to_thread(session_to_show, settings, self._clock)
        replay = ReplayMode(settings, self._clock, session, speed)
        await replay.load()
        before, self._replay = self._replay, replay
        self._shown = replay
        self._start(replay)
        if before:
            await self._stop(before)

    async def _roll_over(self) -> None:
        """Follow the next session from midnight on, unless a date was chosen; until cancelled."""
        while True:
            await asyncio.sleep(ROLL_OVER_LOOK_S)
            async with self._switching:
                today = eastern(self._clock.now_ns()).date()
                followed = self._following
                if (
                    followed
                    and self._settings.session_date is None
                    and followed.showing.engine.session.date < today
                ):
                    shown = self._shown is followed
                    following = await self._follow(self._settings.in_mode(followed.showing.mode))
                    if shown:
                        self._shown = following
                        self._log_mode()

    async def _let_go(self) -> None:
        """Give back what a session took that is no longer shown; until cancelled.

        Its cancelled tasks keep it in a circle, which the collector would look for much later; and
        the first session was made before what is kept from the collector was chosen.
        """
        while True:
            await self._stopped.wait()
            await asyncio.sleep(LET_GO_S)
            self._stopped.clear()
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            await asyncio.to_thread(give_back)

    async def _follow(self, settings: Settings) -> LiveMode:
        """Follow the session of now, and no longer the one before."""
        session = session_to_show(settings, self._clock)
        following = self._live_mode(settings, session)
        before, self._following = self._following, following
        if before:
            await self._stop(before)  # it lets its journal go, which the next one may have to keep
        self._start(following)
        return following

    async def _show_following(self, settings: Settings) -> None:
        if self._following is None or self._following.showing.mode != settings.mode:
            await self._follow(settings)
        assert self._following is not None
        self._shown = self._following
        if self._replay:
            before_replay, self._replay = self._replay, None
            await self._stop(before_replay)

    def _start(self, mode: Mode) -> None:
        task = asyncio.create_task(mode.run())
        task.add_done_callback(_log_failure)
        self._running[mode] = task

    async def _stop(self, mode: Mode) -> None:
        task = self._running.pop(mode, None)
        if task:
            task.cancel()
            await asyncio.wait([task])
            self._stopped.set()

    def _log_mode(self) -> None:
        engine = self.showing.engine
        logger.info(
            "Mode %s: %s, session %s",
            self.showing.mode,
            engine.table.underlying,
            engine.session.date,
        )


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("A mode ended in an error", exc_info=error)


async def kept_going(part: Callable[[], Awaitable[None]]) -> None:
    """Run what should not end, and begin it again after an error: nobody else would notice."""
    while True:
        try:
            return await part()
        except Exception:
            logger.exception("%s ended in an error and begins again", part.__qualname__)
        await asyncio.sleep(AGAIN_S)


def _day_here(data_dir: Path, date: dt.date) -> CachedDay:
    kept = coverage.load(data_dir, date)
    complete = None if kept is None else kept.complete
    return CachedDay(date.isoformat(), DayFiles(data_dir, date).contracts, complete=complete)
