"""Replay: a stored day through the same engine, at a speed or as fast as possible."""

import asyncio
import logging
from dataclasses import dataclass

import numpy as np

from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch
from spymaster.core.clock import Clock
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.health import FeedState

logger = logging.getLogger(__name__)

STEP_S = 0.05
"""Wall seconds between two slices of a paced replay."""
CHUNK = 100_000
"""Events taken at once when replay is not paced, before the event loop gets its turn."""


@dataclass(slots=True)
class ReplayHealth:
    """A replay has no feed that could fail: it runs, or it has ended."""

    shown: FeedState = "connecting"
    message: str | None = None
    lag_ms: float | None = None
    age_ms: int | None = None
    since_ns: int = 0
    reconnects: int = 0
    frames_rejected: int = 0

    def state(self, market_ns: int) -> FeedState:  # noqa: ARG002 - the live feed's needs it
        """The state now."""
        return self.shown

    def enter(self, state: FeedState, now_ns: int, message: str | None = None) -> None:
        """Show another state from now on."""
        self.shown, self.since_ns, self.message = state, now_ns, message


class ReplayEngine:
    """Plays one day's events into an engine.

    Args:
        engine: Fresh engine of that day.
        events: All events of the day, numbered from 0 in the order in which they are to be taken.
        clock: Paces the replay.
        speed: Market seconds a second, or None for as fast as possible.
        health: Where to tell how it goes.
        start_ns: Market time at which a paced replay begins, UNIX ns; None for the open.
    """

    def __init__(
        self,
        engine: FlowEngine,
        events: EventBatch,
        clock: Clock,
        speed: float | None,
        health: ReplayHealth,
        start_ns: int | None = None,
    ) -> None:
        self._engine = engine
        self._events = events
        self._clock = clock
        self._speed = speed
        self._health = health
        self._start_ns = engine.session.open_ns if start_ns is None else start_ns
        # Event times are not quite in order; an event is due when the newest one before it is.
        times = np.empty(len(events), dtype=np.int64)
        times[events.trades.arrival] = events.trades.ts_event
        times[events.quotes.arrival] = events.quotes.ts_event
        self._due = np.maximum.accumulate(times)
        self._place = 0
        engine.flow.reserve_prints(len(events.trades))

    async def run(self) -> None:
        """Play to the end, then return."""
        self._health.enter("ok", self._clock.now_ns())
        self._engine.apply(EventBatch(NO_TRADES, NO_QUOTES, self._events.trades_rejected))
        if self._speed is None:
            await self._run_unpaced()
        else:
            await self._run_paced(self._speed)
        self._health.enter("ended", self._clock.now_ns())
        logger.info("Replay complete")

    async def _run_unpaced(self) -> None:
        while not self._finished:
            self._take_until(self._place + CHUNK)
            await asyncio.sleep(0)

    async def _run_paced(self, speed: float) -> None:
        started_s = self._clock.monotonic_s()
        while not self._finished:
            elapsed_s = self._clock.monotonic_s() - started_s
            until_ns = self._start_ns + round(elapsed_s * speed * 1e9)
            self._take_until(int(np.searchsorted(self._due, until_ns, side="right")))
            await asyncio.sleep(STEP_S)

    @property
    def _finished(self) -> bool:
        return self._place == len(self._due)

    def _take_until(self, place: int) -> None:
        """Take the events numbered below ``place`` that have not been taken."""
        place = min(place, len(self._due))
        if place <= self._place:
            return
        trades, quotes = self._events.trades, self._events.quotes
        trade_rows = slice(*np.searchsorted(trades.arrival, (self._place, place)))
        quote_rows = slice(*np.searchsorted(quotes.arrival, (self._place, place)))
        self._place = place
        self._engine.apply(EventBatch(trades.take(trade_rows), quotes.take(quote_rows)))
