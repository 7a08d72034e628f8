"""Looks after the recording of a followed session: back after a crash, kept at the close."""

import asyncio
import logging
from collections.abc import Callable

from spymaster.core.errors import DataError
from spymaster.core.inputs import rows_of
from spymaster.core.sessions import Session, eastern
from spymaster.engine.flow_history import session_flow
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake
from spymaster.feeds.stream_ingestor import StreamIngestor
from spymaster.session_rules import flow_files
from spymaster.settings import Settings
from spymaster.storage.journal import Journal
from spymaster.storage.persistence_engine import PersistenceEngine, keep_older
from spymaster.storage.retention import drop_older

logger = logging.getLogger(__name__)

LOOK_S = 0.5
RETRY_S = 30.0
SLICE = 20_000
"""Prints and quotes that are restored before the event loop gets its turn."""


class SessionKeeper:
    """Between the persistence engine, which knows no feed, and the feed, which knows no disk."""

    def __init__(
        self,
        settings: Settings,
        session: Session,
        intake: Intake,
        health: FeedHealth,
        on_kept: Callable[[], None],
    ) -> None:
        self._on_kept = on_kept
        self._settings = settings
        self._session = session
        self._intake = intake
        self._health = health
        source = "live" if settings.mode == "live" else f"sim{settings.sim_seed}"
        self._persistence = PersistenceEngine(
            settings.data_dir, session, settings.underlying, source
        )
        self._finished: tuple[int, int] | None = None
        self._kept: tuple[int, int] | None = None
        self._retry_s = 0.0

    @property
    def journal(self) -> Journal | None:
        """What is written now; None before the start, and where nothing can be recorded."""
        return self._persistence.journal

    async def recover(self) -> None:
        """Bring the day back as far as it was recorded, and record from now on."""
        try:
            inputs = await asyncio.to_thread(self._persistence.load)
            rows = 0
            for entry in inputs:
                self._intake.restore(entry)
                rows += rows_of(entry) + 100
                if rows > SLICE:
                    rows = 0
                    await asyncio.sleep(0)
            if inputs:
                until = eastern(self._intake.engine.market_ns).strftime("%H:%M:%S")
                prints = len(self._intake.engine.flow.prints)
                logger.info("Restored %d prints of the day, up to %s", prints, until)
            self._persistence.start(self._intake.engine.table)
            self._intake.record_to(self._persistence)
        except Exception:
            logger.exception("The recording could not be brought back; live runs without it")
            self._persistence.refuse("an error inside the product; the log says which")

    async def run(self, feed: Callable[[], StreamIngestor | None]) -> None:
        """Tell how the recording goes, and keep the day at its close; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_older())
            await self._look(feed)

    async def close(self) -> None:
        """Write what waits."""
        await asyncio.to_thread(self._persistence.close)

    async def _look(self, feed: Callable[[], StreamIngestor | None]) -> None:
        cleaned = False
        while True:
            self._health.trouble = self._persistence.trouble
            self._health.note("recording", self._persistence.remark)
            ingestor = feed()
            if ingestor is not None:
                await self._keep_when_over(ingestor)
            if not cleaned and self._intake.engine.market_ns and not self._health.trouble:
                cleaned = True
                await self._retain()
            await asyncio.sleep(LOOK_S)

    async def _keep_older(self) -> None:
        settings = self._settings
        await self._off_loop(
            lambda: keep_older(settings.data_dir, settings.underlying, self._session.date)
        )
        self._on_kept()

    async def _keep_when_over(self, feed: StreamIngestor) -> None:
        """At the close: have REST fill the holes, then put the day into the cache."""
        market_ns = self._intake.engine.market_ns
        if market_ns < self._session.close_ns or self._health.state(market_ns) != "closed":
            return
        moment = (market_ns, self._until())
        if moment != self._finished:
            self._finished = moment
            feed.finish(moment[1])
        if feed.complete and moment != self._kept:
            if await self._off_loop(self._persistence.keep):
                self._kept = moment
                await self._keep_flow()
                self._on_kept()
            else:
                await asyncio.sleep(RETRY_S)

    async def _keep_flow(self) -> None:
        """Let later sessions know what this one's flow was."""
        flow = session_flow(self._intake.engine.flow.store, self._session)
        span = self._intake.engine.strikes.span
        files = flow_files(self._settings, span, simulated=self._settings.mode == "sim")
        await self._off_loop(lambda: files.keep(self._session.date, flow))

    def _until(self) -> int:
        """Until when the session is known to be over."""
        market_ns = self._intake.engine.market_ns
        if self._health.may_still_print(market_ns):
            return market_ns
        return self._session.end_ns + 1

    async def _retain(self) -> None:
        days = self._settings.retention_days
        if days is not None:
            # By the session's date, which the market has confirmed: the machine's may be wrong.
            await self._off_loop(
                lambda: drop_older(self._settings.data_dir, self._session.date, days)
            )

    async def _off_loop(self, work: Callable[[], None]) -> bool:
        """Do something with the disk; whether it went well. What goes wrong is said."""
        try:
            await asyncio.to_thread(work)
        except DataError as exc:
            logger.error("%s", exc)  # noqa: TRY400 - the line says it all
            self._health.note("cache", str(exc))
        except Exception:
            logger.exception("The recorded day could not be kept")
            self._health.note("cache", "the recorded day could not be kept; the log says why")
        else:
            self._health.note("cache", None)
            return True
        return False
