"""The live feed: stream, chain polls, window and back-fill, for the vendor and the simulator alike.

One task reads the stream and applies every frame at once; one polls the chain; one moves the
subscriptions after the window, new contracts before old ones; one fills gaps. Nothing here knows
whose addresses it talks to.
"""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass

from spymaster.core.clock import Clock
from spymaster.core.errors import VendorError, VendorRefusedError
from spymaster.core.ports import (
    MarketRest,
    MarketStream,
    StreamConnected,
    StreamData,
    StreamLost,
    StreamRefused,
    SubscriptionRefused,
)
from spymaster.core.sessions import eastern
from spymaster.feeds.backfill import Backfill
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake

logger = logging.getLogger(__name__)

WRONG_STAMP_NS = 3_600 * 1_000_000_000
"""Events stamped so long after the session's last print are none of it."""
CHAIN_RETRY_S = 2.0
REFUSED_RETRY_S = 10.0


@dataclass(frozen=True, slots=True)
class LiveFeed:
    """What a live session is made of."""

    intake: Intake
    health: FeedHealth
    stream: MarketStream
    rest: MarketRest
    clock: Clock
    """Market time, for stamping arrivals."""
    greeks_interval_s: float


class StreamIngestor:
    """Keeps one session's engine fed until it is cancelled."""

    def __init__(self, feed: LiveFeed) -> None:
        self._intake = feed.intake
        self._engine = feed.intake.engine
        self._health = feed.health
        self._stream = feed.stream
        self._rest = feed.rest
        self._clock = feed.clock
        self._greeks_interval_s = feed.greeks_interval_s
        self._backfill = Backfill(feed.intake, feed.rest, feed.health)
        self._subscribed: frozenset[int] = frozenset()
        # After a restart this is the window of before.
        self._strikes = self._engine.strikes.strikes
        self._backfill.broke()
        self._last_stamp_ns = self._engine.session.end_ns + WRONG_STAMP_NS
        self._connected = False
        self._clock_logged = False
        self._window = asyncio.Event()

    async def run(self) -> None:
        """Feed the engine; ends only by cancellation."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poll_chain())
            tasks.create_task(self._read_stream())
            tasks.create_task(self._follow_window())
            tasks.create_task(self._backfill.run())

    def window_changed(self) -> None:
        """Look at the window again: someone has set another span."""
        self._window.set()

    def finish(self, until_ns: int) -> None:
        """The session is over: see that REST fills what is missing until then."""
        self._backfill.finish(until_ns)

    @property
    def complete(self) -> bool:
        """Whether REST owes us nothing, as far as known."""
        return self._backfill.idle

    async def _read_stream(self) -> None:
        async with aclosing(self._stream.events()) as events:
            async for event in events:
                match event:
                    case StreamData():
                        self._on_data(event)
                    case StreamConnected(attempt):
                        self._on_connected(attempt)
                    case StreamLost(reason, retry_in_s):
                        self._on_lost()
                        self._health.lost(reason)
                        logger.warning(
                            "Stream lost: %s; trying again in %.1f s", reason, retry_in_s
                        )
                    case StreamRefused(reason, retry_in_s):
                        self._on_lost()
                        self._health.refused(reason)
                        logger.error("Stream refused: %s; next try in %.1f s", reason, retry_in_s)
                    case SubscriptionRefused(reason):
                        self._health.note("channel", f"the vendor refuses a channel: {reason}")
                        logger.warning("The vendor refuses a channel: %s", reason)

    def _on_connected(self, attempt: int) -> None:
        self._connected = True
        self._health.connected(again=attempt > 1)
        self._health.note("channel", None)  # every channel is asked for anew
        # The client has sent every subscription again; what came in between is asked of REST.
        self._backfill.covered(self._subscribed)
        self._backfill.mended()
        self._count_left_out()
        logger.info("Stream connected (connection %d)", attempt)

    def _on_lost(self) -> None:
        if self._connected:
            self._connected = False
            self._backfill.uncovered(self._subscribed)
            self._backfill.broke()

    def _on_data(self, data: StreamData) -> None:
        self._health.frames_rejected += data.frames_rejected
        self._health.stream_waiting_bytes = data.waiting_bytes
        batch, newest_ns = data.batch, data.batch.newest_ns
        if newest_ns > self._last_stamp_ns:
            # A wrong stamp would move the market's clock on, past the close, and not come back.
            batch = batch.stamped_by(self._last_stamp_ns)
            newest_ns = batch.newest_ns
        if self._health.silent and self._engine.market_ns:
            # Whether the market was quiet or the vendor lost something, REST knows.
            self._health.missed()
            self._backfill.uncovered(self._subscribed)
            self._backfill.broke()
            self._backfill.covered(self._subscribed)
            self._backfill.mended()
        self._health.heard(newest_ns, self._clock.now_ns())
        if len(batch) or batch.trades_rejected:
            before = self._engine.strikes.strikes
            self._intake.events(batch)
            self._health.applied(data.read_s)
            self._backfill.heard()
            if self._engine.strikes.strikes is not before:
                self._window.set()

    async def _poll_chain(self) -> None:
        while True:
            try:
                snapshot = await self._rest.chain(
                    self._engine.table.underlying, self._engine.session.date.isoformat()
                )
            except VendorRefusedError as exc:
                self._health.chain_refusal = str(exc)
                logger.error("The chain is refused: %s", exc)  # noqa: TRY400 - the line says it all
                await asyncio.sleep(REFUSED_RETRY_S)
                continue
            except VendorError as exc:
                self._health.note("chain", f"the chain is not to be had: {exc}")
                logger.warning("No chain: %s", exc)
                await asyncio.sleep(CHAIN_RETRY_S)
                continue
            self._health.chain_refusal = None
            self._health.note("chain", None)
            self._intake.chain(snapshot, self._market_now())
            if snapshot.underlying_price is not None:
                logger.info(
                    "%s price from options chain: %.2f",
                    self._engine.table.underlying,
                    snapshot.underlying_price,
                )
            self._log_vendor_clock()
            self._window.set()
            await asyncio.sleep(self._greeks_interval_s)

    def _log_vendor_clock(self) -> None:
        """Tell once a session which time to expiry the vendor's greeks imply."""
        hours = self._engine.vendor.hours_left
        if hours is None or self._clock_logged:
            return
        self._clock_logged = True
        close_s = (self._engine.session.close_ns - self._market_now()) / 1e9
        logger.info(
            "The vendor's greeks are priced to %.2f h from now; the close is %.2f h away",
            hours,
            close_s / 3600,
        )

    async def _follow_window(self) -> None:
        while True:
            await self._window.wait()
            self._window.clear()
            self._fill_leap()
            wanted = frozenset(self._engine.window_contracts())
            entering, leaving = wanted - self._subscribed, self._subscribed - wanted
            if entering:
                await self._stream.subscribe(*self._channels(entering))
                self._subscribed |= entering
                # While the stream is down, the next connection asks for what they missed.
                if self._connected:
                    self._backfill.covered(entering)
            if leaving:
                self._subscribed -= leaving
                self._backfill.uncovered(leaving)
                await self._stream.unsubscribe(*self._channels(leaving))
            self._count_left_out()

    def _count_left_out(self) -> None:
        self._health.quotes_left_out = len(self._stream.quotes_left_out)

    def _fill_leap(self) -> None:
        """Ask for strikes that spot passed unseen: a feed without a break would have had them."""
        strikes = self._engine.strikes
        if strikes.strikes:
            self._backfill.passed(self._engine.contracts_of(strikes.leapt_over(self._strikes)))
            self._strikes = strikes.strikes

    def _channels(self, contracts: frozenset[int]) -> tuple[list[str], list[str]]:
        tickers = sorted(self._engine.table[contract].ticker for contract in contracts)
        return tickers, tickers

    def _market_now(self) -> int:
        """Market time: the newest event's, and before the first one the wall clock's if it fits."""
        if self._engine.market_ns:
            return self._engine.market_ns
        now_ns = self._clock.now_ns()
        session = self._engine.session
        return now_ns if eastern(now_ns).date() == session.date else session.open_ns
