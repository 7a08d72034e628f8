"""Fetching a past day while the product runs: one at a time, started and stopped from the page."""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from spymaster.core.clock import Clock
from spymaster.core.errors import DataError, SpymasterError
from spymaster.core.sessions import Session
from spymaster.day_sources import fetch_day, history_source, s3_mirror
from spymaster.gateway.wire_cache import FetchReply
from spymaster.settings import Settings
from spymaster.storage.fetcher import FetchReport
from spymaster.storage.file_fetcher import FetchProgress

logger = logging.getLogger(__name__)

_PAGE_ROWS = 10_000
"""Small, so that decoding an answer does not hold up what else the product does."""


class BackgroundFetch:
    """The fetch that runs now, or ran last.

    Args:
        clock: Paces the estimate of what is left.
        on_stored: Called when something was stored.
    """

    def __init__(self, clock: Clock, on_stored: Callable[[], None]) -> None:
        self._clock = clock
        self._on_stored = on_stored
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._quotes = False
        self._began_s: float | None = None
        self.reply = FetchReply("idle")
        """How it goes."""

    def start(self, settings: Settings, session: Session, *, quotes: bool) -> None:
        """Begin, unless that day is being fetched already.

        Raises:
            DataError: Another day is being fetched.
        """
        if self._task is not None and not self._task.done():
            assert self._session is not None
            if session.date != self._session.date:
                raise DataError(
                    f"{self._session.date} is being fetched; "
                    "wait until it is done, or stop it, then start another"
                )
            return
        self._session, self._quotes, self._began_s = session, quotes, None
        self.reply = FetchReply("running", session.date.isoformat())
        self._task = asyncio.create_task(self._run(settings, session))

    async def stop(self) -> None:
        """End it; what was fetched is kept."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
            if self.reply.state == "running":
                self._end("stopped", "what was fetched is kept; start again to go on from there")

    async def _run(self, settings: Settings, session: Session) -> None:
        try:
            async with (
                history_source(settings, session, _PAGE_ROWS) as source,
                s3_mirror(settings) as mirror,
            ):
                report = await fetch_day(
                    settings,
                    session,
                    source,
                    mirror,
                    quotes=self._quotes,
                    on_progress=self._show,
                )
        except SpymasterError as exc:
            logger.error("Fetching %s: %s", session.date, exc)  # noqa: TRY400 - the line says it
            self._end("failed", str(exc))
        except Exception:
            logger.exception("Fetching %s failed", session.date)
            self._end("failed", "an error inside the product; the log says which")
        else:
            self._end(*_outcome(report))
            logger.info("Fetched %s: %d trades", session.date, report.trades)
        finally:
            self._on_stored()

    def _show(self, state: FetchProgress) -> None:
        if self._began_s is None and state.contracts_total:
            self._began_s = self._clock.monotonic_s()
        self.reply = msgspec.structs.replace(
            self.reply,
            contracts=state.contracts_total or None,
            contracts_done=state.contracts_done,
            rows=state.rows,
            bytes=state.bytes,
            seconds_left=self._seconds_left(state),
        )

    def _seconds_left(self, state: FetchProgress) -> float | None:
        """By the pace so far; None while that tells nothing of what is to come."""
        if self._began_s is None or not state.contracts_done:
            return None
        if self._quotes and state.phase != "quotes":
            return None  # quotes take far longer than prints, and are not known yet
        elapsed_s = self._clock.monotonic_s() - self._began_s
        left = state.contracts_total - state.contracts_done
        return round(elapsed_s / state.contracts_done * left, 1)

    def _end(self, state: Literal["done", "failed", "stopped"], message: str | None) -> None:
        self.reply = msgspec.structs.replace(
            self.reply, state=state, message=message, seconds_left=None
        )


def _outcome(report: FetchReport) -> tuple[Literal["done", "failed"], str | None]:
    if report.failed:
        ticker, reason = next(iter(report.failed.items()))
        return "failed", (
            f"{len(report.failed)} contracts could not be had (first {ticker}: {reason}); "
            "start again to fetch what is missing"
        )
    if not report.complete:
        return "done", "the day goes on; fetch it again after its end"
    return "done", None
