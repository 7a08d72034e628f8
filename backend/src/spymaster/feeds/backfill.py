"""Fills from REST what the stream could not deliver.

A contract is covered while it is subscribed. When it enters the window, or the stream comes back,
everything from the end of its coverage on is asked for; the engine adds the multiset difference, so
asking for too much does no harm. A second look a little later catches what REST did not have yet.

After a break of the stream, what REST has brought of it tells where spot was meanwhile. Strikes
that the window would have held there are asked for too, until no more of them appear.

Source: design, section 8.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from spymaster.core.batches import NO_QUOTES, QuoteBatch, TradeBatch
from spymaster.core.errors import VendorError
from spymaster.core.ports import MarketRest
from spymaster.engine.strike_manager import Window
from spymaster.engine.unseen import strikes_between
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake

logger = logging.getLogger(__name__)

OVERLAP_NS = 5 * 1_000_000_000
"""Asked for again before the end of coverage: the stream may have lost what was under way."""
_MS = 1_000_000
QUOTE_ROWS = 150_000
"""Quotes of one contract that are fetched to sign what is missing; prints later go by ticks."""
SECOND_LOOK_S = 10.0
RETRY_S = 5.0
PARALLEL = 8
PIECE_ROWS = 2_500
"""Prints that are counted at once; more would keep the event loop from its other work."""


@dataclass(slots=True)
class _Break:
    """A time in which the stream brought nothing."""

    window: Window
    """As it was when the stream broke."""
    since_ns: int
    over: bool = False
    until_ns: int | None = None
    """None while the stream has brought nothing yet since it is back."""
    asked: set[int] = field(default_factory=set)
    """Contracts that were asked for because of it."""


class Backfill:
    """Runs the back-fills of one session, a few contracts at a time, until it is cancelled."""

    def __init__(self, intake: Intake, rest: MarketRest, health: FeedHealth) -> None:
        self._intake = intake
        self._engine = intake.engine
        self._rest = rest
        self._health = health
        self._covered_until = intake.holdings.until()
        self._gaps: dict[int, int] = {}
        self._requests: dict[int, int] = {}
        """How often each contract was asked for: a newer request leaves an older one undone."""
        self._undone: set[int] = set()
        self._followed: set[int] = set()
        self._over_ns = 0
        self._break: _Break | None = None
        self._asked = asyncio.Event()
        self._slots = asyncio.Semaphore(PARALLEL)
        self._turn = asyncio.Lock()
        """Held for what takes milliseconds, until the event loop has done its other work."""

    def uncovered(self, contracts: Iterable[int]) -> None:
        """Coverage of these contracts ends now."""
        until = self._engine.market_ns or self._engine.session.open_ns
        ended = sorted(contracts)
        for contract in ended:
            self._covered_until.setdefault(contract, until)
        self._followed.difference_update(ended)
        self._intake.streaming(ended, on=False)

    def covered(self, contracts: Iterable[int]) -> None:
        """Coverage of these contracts begins again now: ask for what they missed."""
        start = self._engine.session.open_ns
        begun = sorted(contracts)
        self._followed.update(begun)
        self._intake.streaming(begun, on=True)
        for contract in begun:
            since = max(start, self._covered_until.pop(contract, start) - OVERLAP_NS)
            self._ask(contract, since)

    def passed(self, contracts: Iterable[int]) -> None:
        """The window has passed these unseen: ask for what they missed so far."""
        start = self._engine.session.open_ns
        now_ns = self._engine.market_ns or start
        for contract in sorted(set(contracts) - self._followed):
            since = self._covered_until.get(contract, start)
            self._covered_until[contract] = max(since, now_ns)
            self._ask(contract, max(start, since - OVERLAP_NS))

    def broke(self) -> None:
        """Nothing comes from now on; what breaks again before it is mended is one break."""
        window, now_ns = self._engine.strikes.window, self._engine.market_ns
        if self._break:
            self._break.over, self._break.until_ns = False, None
        elif now_ns and window:
            self._break = _Break(window, now_ns)

    def mended(self) -> None:
        """The stream is back."""
        if self._break:
            self._break.over = True

    def heard(self) -> None:
        """The stream has brought events."""
        if self._break and self._break.over and self._break.until_ns is None:
            self._break.until_ns = self._engine.market_ns

    def finish(self, until_ns: int) -> None:
        """The session is over: ask for what is missing of contracts that are no longer followed."""
        for contract, since_ns in self._covered_until.items():
            if since_ns < until_ns:
                self._ask(contract, max(self._engine.session.open_ns, since_ns - OVERLAP_NS))
                self._covered_until[contract] = until_ns
        self._over_ns = until_ns
        for contract in sorted(self._followed - self._undone):
            self._intake.whole(contract, until_ns)

    @property
    def idle(self) -> bool:
        """Whether nothing is missing, as far as known."""
        return not self._undone

    async def run(self) -> None:
        """Fill gaps as they are told, nearest strikes first."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._asked.wait()
                self._asked.clear()
                gaps, self._gaps = self._gaps, {}
                until = self._engine.market_ns
                requests = {contract: self._requests[contract] for contract in gaps}
                filled = await self._fill(gaps)
                if filled:
                    tasks.create_task(self._look_again(filled, until - OVERLAP_NS, requests))
                if len(filled) < len(gaps):
                    await asyncio.sleep(RETRY_S)
                elif self._break and self._break.over and not self._gaps:
                    await self._follow(self._break)

    async def _follow(self, gap: _Break) -> None:
        """Ask for what spot has passed meanwhile, as far as what is held tells; or be done."""
        engine = self._engine
        prints = engine.flow.prints
        until_ns = gap.until_ns or int(prints["ts"].max(initial=0))
        passed: set[float] = set()
        for strikes in strikes_between(engine, gap.window, gap.since_ns, until_ns):
            passed |= strikes
            await asyncio.sleep(0)  # the path of hours takes a while
        more = set(engine.contracts_of(tuple(passed))) - gap.asked - self._followed
        gap.asked |= more
        if more:
            self.passed(more)
        elif gap is self._break and gap.over:
            self._break = None

    async def _fill(self, gaps: Mapping[int, int]) -> dict[int, int]:
        """Fill some gaps; those that are filled, the others have to be tried again."""
        async with asyncio.TaskGroup() as tasks:
            running = {
                contract: tasks.create_task(self._fill_one(contract, gaps[contract]))
                for contract in sorted(gaps, key=self._distance)
            }
        added = {contract: task.result() for contract, task in running.items()}
        filled = {contract: gaps[contract] for contract in added if added[contract] is not None}
        prints = sum(count for count in added.values() if count is not None)
        logger.info("Back-filled %d prints of %d contracts", prints, len(filled))
        self._health.refilled(prints, len(filled))
        if len(filled) == len(gaps):
            self._health.note("back-fill", None)
        return filled

    async def _look_again(
        self, gaps: Mapping[int, int], since_ns: int, requests: Mapping[int, int]
    ) -> None:
        """Once more over the ends of the gaps, for what REST did not have yet."""
        await asyncio.sleep(SECOND_LOOK_S)
        added = []
        for contract, since in gaps.items():
            added.append(await self._fill_one(contract, max(since, since_ns)) or 0)
            if self._requests[contract] == requests[contract]:
                self._undone.discard(contract)
                self._health.contracts_owed = len(self._undone)
                now_ns = max(self._engine.market_ns, self._over_ns)
                self._intake.whole(contract, self._covered_until.get(contract, now_ns))
        self._health.refilled(sum(added), sum(count > 0 for count in added))

    async def _fill_one(self, contract: int, since_ns: int) -> int | None:
        """Fill one gap; how many rows were missing, or None if REST has to be asked again."""
        ticker = self._engine.table[contract].ticker
        end_ns = self._engine.session.end_ns + OVERLAP_NS
        async with self._slots:
            try:
                trades = await self._rest.trades(ticker, contract, since_ns, end_ns)
                async with self._turn:
                    missing = self._engine.missing(contract, trades)
                    await asyncio.sleep(0)
                quotes = await self._quotes(ticker, contract, missing, since_ns)
            except VendorError as exc:
                self._health.note("back-fill", f"back-fill waits: {exc}")
                logger.warning("Back-fill of %s waits: %s", ticker, exc)
                self._ask(contract, since_ns)
                return None
        # Past the last quote that was fetched nothing is known, and an old quote signs nothing.
        end = int(quotes.ts_event[-1]) if len(quotes) == QUOTE_ROWS else end_ns
        # By whole milliseconds: rows of one key must not be torn apart.
        signed = trades.ts_event // _MS <= end // _MS
        added = 0
        for rows, known in ((trades.take(signed), quotes), (trades.take(~signed), NO_QUOTES)):
            for piece in pieces(rows):
                async with self._turn:
                    added += self._intake.refill(contract, piece, known)
                    await asyncio.sleep(0)
        return added

    async def _quotes(
        self, ticker: str, contract: int, missing: TradeBatch, since_ns: int
    ) -> QuoteBatch:
        if not len(missing):
            return NO_QUOTES
        last_ns = int(missing.ts_event.max()) + 1
        return await self._rest.quotes(ticker, contract, since_ns, last_ns, QUOTE_ROWS)

    def _ask(self, contract: int, since_ns: int) -> None:
        self._gaps[contract] = min(since_ns, self._gaps.get(contract, since_ns))
        self._requests[contract] = self._requests.get(contract, 0) + 1
        self._undone.add(contract)
        self._health.contracts_owed = len(self._undone)
        self._asked.set()

    def _distance(self, contract: int) -> float:
        spot = self._engine.spot.price
        return abs(self._engine.table[contract].strike - spot) if spot else 0.0


def pieces(trades: TradeBatch) -> Iterator[TradeBatch]:
    """Prints of one contract, oldest first, in parts of `PIECE_ROWS` at most.

    They are cut where the tape pauses longest, which no parent order outlasts; never within a
    millisecond, since rows of one key belong together.
    """
    ms = trades.ts_event // _MS
    start = 0
    while len(trades) - start > PIECE_ROWS:
        middle = start + PIECE_ROWS // 2
        pauses = np.diff(ms[middle - 1 : start + PIECE_ROWS])
        if not pauses.any():
            break
        end = middle + int(pauses.argmax())
        yield trades.take(slice(start, end))
        start = end
    yield trades.take(slice(start, None))
