"""Replay of one stored day."""

import asyncio
import datetime as dt
import logging
from typing import Literal

from spymaster.core.clock import Clock
from spymaster.core.errors import DataError, SettingsError
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session, eastern_time
from spymaster.day_sources import bring_missing_day
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.flow_history import FlowHistory, session_flow
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.gateway.desk import Showing
from spymaster.gateway.wire import ReplayRequest
from spymaster.session_rules import engine_for_replay, flow_files
from spymaster.settings import Settings
from spymaster.storage import coverage
from spymaster.storage.day_files import DayFiles
from spymaster.storage.flow_files import FlowFiles
from spymaster.storage.memory import give_back
from spymaster.storage.recorded_day import RecordedDay, load_recorded, recording_to_replay

logger = logging.getLogger(__name__)


class ReplayMode:
    """Plays one stored day, under control."""

    def __init__(
        self, settings: Settings, clock: Clock, session: Session, speed: float | None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session
        self._speed = speed
        self._span: Span = settings.strike_span
        self._own_rule: bool | None = None
        self._health = ReplayHealth(since_ns=clock.now_ns())
        self._replay: ReplayEngine | None = None
        self._flow_files: FlowFiles | None = None
        self._history: FlowHistory | None = None
        # While the day is read and played for its checkpoints, an empty one is shown.
        self._engine = FlowEngine(session, settings.underlying, settings.strike_span)
        self.showing = Showing("replay", self._engine, self._health, speed)
        """What the gateway shows of it."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
        if self._replay:
            self._replay.set_span(span)
        else:
            self._span = span

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the whole day with that rule or without."""
        self._own_rule = on
        if self._replay:
            self._replay.set_trade_size_rule(on=on)

    async def load(self) -> None:
        """Read the day, from S3 if it is not on the disk.

        Raises:
            DataError: It is not stored, or its files are broken.
        """
        await bring_missing_day(self._settings, self._session)
        engine, day = await asyncio.to_thread(self._read)
        self._engine = engine
        self._replay = ReplayEngine(
            engine,
            day.events,
            self._clock,
            self._speed,
            self._health,
            on_leap=self._show_anew,
            others=day.others,
            on_whole=self._keep_flow,
            give_back=lambda: asyncio.to_thread(give_back),
        )
        if self._own_rule is not None:
            self._replay.set_trade_size_rule(on=self._own_rule)

    def _read(self) -> tuple[FlowEngine, RecordedDay]:
        settings, session = self._settings, self._session
        recording = recording_to_replay(settings.data_dir, session.date, settings.underlying)
        if recording:
            simulated = not recording.is_live
        else:
            kept = coverage.load(settings.data_dir, session.date)
            simulated = kept is not None and kept.is_simulated
        self._flow_files = flow_files(settings, self._span, simulated=simulated)
        self._history = self._flow_files.before(session.date)
        engine = engine_for_replay(settings, session, self._span, recorded=recording is not None)
        if recording:
            return engine, load_recorded(recording, engine.flow.memory, self._tell_read)
        files = DayFiles(settings.data_dir, session.date)
        return engine, RecordedDay(
            files.events(engine.table, session.open_ns, self._tell_merged), ()
        )

    def _tell_read(self, newest_ns: int) -> None:
        session = self._session
        share = (newest_ns - session.open_ns) / (session.end_ns - session.open_ns)
        self._health.message = f"reading the recording, {100 * min(max(share, 0), 1):.0f} %"

    def _tell_merged(self, share: float) -> None:
        self._health.message = f"merging the day, {100 * share:.0f} %"

    async def run(self) -> None:
        """Play, and obey; ends by itself only where there is nothing to play."""
        if self._replay is None:
            try:
                await self.load()
            except DataError as exc:
                self._health.enter("empty", self._clock.now_ns(), str(exc))
                logger.error("%s", exc)  # noqa: TRY400 - the line says it all
                return
        assert self._replay is not None
        await self._replay.serve()

    def control(self, request: ReplayRequest) -> None:
        """Play, pause, seek, step or change speed.

        Raises:
            SettingsError: The request lacks what its action needs.
            DataError: There is nothing to play.
        """
        if self._replay is None or not self._replay.ready.is_set():
            nothing = self._health.message if self._health.shown == "empty" else None
            raise DataError(nothing or "the day is still being read; try again")
        speed = None if request.speed is None else checked_speed(request.speed)
        match request.action:
            case "play":
                self._replay.play()
            case "pause":
                self._replay.pause()
            case "step":
                self._replay.step(request.by)
            case "seek":
                self._replay.seek(self._session.at(_time_of(request.at)))
        if request.action == "speed" and request.speed is None:
            raise SettingsError('speed: send {"action": "speed", "speed": 10} or "max"')
        if request.speed is not None:
            self._replay.set_speed(speed)

    def _show_anew(self) -> None:
        """A new object tells the gateway that what its clients hold is void."""
        self.showing = Showing(
            "replay", self._engine, self._health, self._speed, self._replay, self._history
        )

    async def _keep_flow(self) -> None:
        """Let later sessions know the flow of a day that was played to its close."""
        engine, session = self._engine, self._session
        if self._flow_files is None or engine.market_ns < session.close_ns:
            return
        flow = session_flow(engine.flow.store, session)
        try:
            await asyncio.to_thread(self._flow_files.keep, session.date, flow)
        except DataError as exc:
            logger.warning("Later sessions will not know this one's flow: %s", exc)


def checked_speed(speed: float | Literal["max"]) -> float | None:
    """Market seconds a second; None for as fast as possible.

    Raises:
        SettingsError: The number is no speed.
    """
    if speed == "max":
        return None
    if not 0 < speed <= 100_000:
        raise SettingsError('speed: send a number above 0 and up to 100000, or "max"')
    return speed


def _time_of(text: str | None) -> dt.time:
    if text is None:
        raise SettingsError('at: send {"action": "seek", "at": "10:15:00"}')
    try:
        return eastern_time(text)
    except SettingsError as exc:
        raise SettingsError(f"at: {exc}") from exc
