"""The day's flow by contract: the memory around the compiled kernel.

Nothing here reads a clock or does I/O. A contract is known by its number in the session's
`ContractTable`; records are made when a number is first seen.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.contracts import SHARES_PER_CONTRACT
from spymaster.engine import bars, kernel
from spymaster.engine.cancels import match_anew
from spymaster.engine.columns import CONTRACT, PRINT, QUOTE, RING, Flag, GreeksSource, Rule
from spymaster.engine.counting import settle_waiting, weigh_new
from spymaster.engine.measures import DELTA_NOTIONAL, UNIT, VARIANCE_UNIT
from spymaster.engine.print_checkpoints import (
    KnownFlags,
    PrintsCheckpoint,
    checkpoint_prints,
    restore_prints,
)
from spymaster.engine.refill import evidence, missing_rows, places_since
from spymaster.engine.resident import ResidentAhead
from spymaster.engine.resigning import sign_anew
from spymaster.engine.store import (
    ALIKE,
    BY_SIZE,
    CANCELLED,
    CLOSE_NS,
    COUNTED,
    COUNTERS,
    LAG_MS,
    MARKET_NS,
    OPEN_NS,
    PREMIUM_BY_RULE,
    PRESSURE,
    PRESSURE_VARIANCE,
    PRINTS,
    VERSION,
    Memory,
    ProcessMemory,
    Store,
)
from spymaster.engine.ticks import TICK_MEMORY_NS

_MS = 1_000_000
_SECOND_NS = bars.SECOND_NS
_NOT_ON_TAPE = Flag.CANCEL | Flag.REFILLED
_SHOWN = ("delta", "gamma", "greeks_source")  # what a client sees of greeks


class Walked(NamedTuple):
    """How far a batch was taken."""

    trades: int
    """How many trades; likewise ``quotes``."""
    quotes: int
    disturbed: int
    """The contract whose cancels have to be matched anew before more is taken, -1 for none."""
    second_ns: int
    """The market second that came last: its first instant."""


type OnSecond = Callable[[NDArray[np.void], NDArray[np.void], int, int, int], Walked]
"""Called with a batch's trades and quotes, the places of the next of each, and the first instant of
the market second that the next event begins, before it is taken. It may take events, whole seconds
of them."""

type GreeksAt = Callable[
    [int, NDArray[np.int64]],
    tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
]
"""Delta, gamma and volatility of a contract in force at given times (ns), NaN where unknown."""


class FlowAggregator:
    """Prints and quotes in, exact totals out."""

    def __init__(
        self,
        contracts: int = 512,
        prints: int = 1 << 16,
        *,
        open_ns: int = 0,
        close_ns: int = 0,
        end_ns: int = 0,
        trade_size_rule: bool = False,
        quote_lag_ms: int = 0,
        memory: Memory | None = None,
    ) -> None:
        self.memory = memory or ProcessMemory()
        """Where prints, bars and checkpoints lie."""
        self.contracts = _fresh_contracts(contracts)
        """One `CONTRACT` record for each contract number."""
        self.ring = np.zeros((contracts, RING), dtype=QUOTE)
        self._prints = self.memory.room(0, PRINT)
        self._flags = KnownFlags()
        self._alike = np.full(ALIKE, -1, dtype=np.int32)
        self._make_room_for(prints)
        self._bars = bars.empty_bars(open_ns, end_ns, self.memory)
        self._seconds_ahead = ResidentAhead(self._bars.sums)
        self._bars_before: bars.BarsCheckpoint | None = None
        self._prints_before: PrintsCheckpoint | None = None
        self._counters = np.zeros(COUNTERS, dtype=np.int64)
        self._counters[OPEN_NS] = open_ns
        self._counters[CLOSE_NS] = close_ns
        self._counters[BY_SIZE] = trade_size_rule
        self._counters[LAG_MS] = quote_lag_ms
        self._market = np.full(1, np.nan)  # spot, dollars
        self.trades_received = 0
        self.trades_rejected = 0
        self.trades_backfilled = 0
        self.quotes_received = 0
        self._next_second = 0

    @property
    def store(self) -> Store:
        """What compiled code works on; holds until contracts or prints are added."""
        return Store(
            self.contracts,
            self.ring,
            self._prints,
            self._flags.altered,
            self._alike,
            self._counters,
            self._market,
            self._bars,
        )

    @property
    def prints(self) -> NDArray[np.void]:
        """All prints so far, in the order in which they were taken; one `PRINT` record each."""
        return self._prints[: self._counters[PRINTS]]

    @property
    def version(self) -> int:
        """Rises with every change; a contract whose record has a higher one changed since."""
        return int(self._counters[VERSION])

    @property
    def market_ns(self) -> int:
        """The newest event's time, UNIX ns; 0 before the first."""
        return int(self._counters[MARKET_NS])

    @property
    def trades_counted(self) -> int:
        """Prints counted, also those taken back later."""
        return int(self._counters[COUNTED])

    @property
    def trades_cancelled(self) -> int:
        """Cancels received, whether they found their trade or not."""
        return int(self._counters[CANCELLED])

    @property
    def hedging_pressure(self) -> float:
        """Weighted delta notional of the day, $; positive: dealers buy."""
        return int(self._counters[PRESSURE]) / UNIT

    @property
    def hedging_pressure_error(self) -> float | None:
        """Its standard error, $; None beyond what 64 bits hold."""
        variance = int(self._counters[PRESSURE_VARIANCE])
        if variance < 0:
            return None
        return math.sqrt(variance * float(VARIANCE_UNIT[DELTA_NOTIONAL]))

    @property
    def premium_by_rule(self) -> dict[Rule, int]:
        """Premium of the prints that each rule signed or left unsigned, 1/10,000 $."""
        counted = self._counters[PREMIUM_BY_RULE:]
        return {rule: int(counted[rule]) for rule in Rule if counted[rule]}

    def bars_of(self, interval_s: int, parts: Sequence[int] = bars.ALL_PARTS) -> bars.Bars:
        """Flow of some parts of the chain by intervals of the session so far."""
        return bars.bars_of(self.store, interval_s, parts, seconds=self.seconds)

    def bars_over(self, places: NDArray[np.intp], interval_s: int) -> bars.Bars:
        """Flow of some prints by intervals of the session so far."""
        return bars.bars_over(self.store, places, interval_s, seconds=self.seconds)

    def sums_of(self, places: NDArray[np.intp]) -> bars.Sums:
        """Flow of some prints, given by their places; equal to the bars that they are all of."""
        return bars.sums_of(self.store, places)

    @property
    def seconds(self) -> int:
        """Seconds of the session that have begun, those of the first print's before the open."""
        if not self.market_ns:  # nothing was streamed; what REST brought shows all the same
            traded = np.flatnonzero(self._bars.counts.any(axis=(1, 2)))
            return int(traded[-1]) + 1 if len(traded) else 0
        begun = (self.market_ns - int(self._counters[OPEN_NS])) // _SECOND_NS + 1
        return min(max(begun, 1), len(self._bars.version))

    def seconds_changed_since(self, version: int) -> NDArray[np.intp]:
        """Seconds of the session, from 0, whose bars changed after a version of the state."""
        return np.flatnonzero(self._bars.version > version)

    @property
    def trade_size_rule(self) -> bool:
        """Whether step 4 of the side sequence is on."""
        return bool(self._counters[BY_SIZE])

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the day so far, and what is to come, with that step or without."""
        if on != self.trade_size_rule:
            sign_anew(self.store, on, True)

    @property
    def quote_lag_ms(self) -> int:
        """Prints are signed by quotes older than this."""
        return int(self._counters[LAG_MS])

    def set_quote_lag(self, ms: int) -> None:
        """Sign the prints to come by quotes older than this."""
        self._counters[LAG_MS] = ms

    def set_spot(self, spot: float | None, now_ns: int) -> None:
        """Tell the price of the underlying (dollars) that holds from a market time on."""
        kernel.put_spot(self.store, np.nan if spot is None else spot, now_ns)

    def describe(self, strikes: NDArray[np.float64], is_call: NDArray[np.bool_]) -> None:
        """Tell what the first contracts are, by number; strikes in dollars."""
        self.contracts["strike"][: len(strikes)] = strikes
        self.contracts["is_call"][: len(strikes)] = is_call

    def touch(self, contract: int) -> None:
        """Mark a contract as changed by something other than a print or quote."""
        self._counters[VERSION] += 1
        self.contracts[contract]["version"] = self._counters[VERSION]

    def reserve(self, contracts: int) -> None:
        """Make sure that contract numbers below ``contracts`` have records."""
        if contracts > len(self.contracts):
            size = max(contracts, 2 * len(self.contracts))
            grown = _fresh_contracts(size)
            grown[: len(self.contracts)] = self.contracts
            ring = np.zeros((size, RING), dtype=QUOTE)
            ring[: len(self.ring)] = self.ring
            self.contracts, self.ring = grown, ring

    def reserve_prints(self, more: int) -> None:
        """Make room for ``more`` prints."""
        needed = int(self._counters[PRINTS]) + more
        if needed > len(self._prints):
            self._make_room_for(max(needed, len(self._prints) * 3 // 2))

    def _make_room_for(self, prints: int) -> None:
        grown = self.memory.room(prints, PRINT)
        grown[: len(self._prints)] = self._prints
        self._prints_ahead = ResidentAhead(grown, len(self._prints))
        self._prints = grown
        self._flags.reserve(prints)

    def apply(self, batch: EventBatch, on_second: OnSecond) -> None:
        """Take a batch in arrival order; ``on_second`` is called where market seconds begin."""
        self.trades_received += len(batch.trades) + batch.trades_rejected
        self.trades_rejected += batch.trades_rejected
        self.quotes_received += len(batch.quotes)
        self.reserve_prints(len(batch.trades))
        trades, quotes = batch.trades.rows, batch.quotes.rows
        i = j = 0
        while True:
            i, j, disturbed = kernel.advance(self.store, trades, quotes, i, j, self._next_second)
            if disturbed < 0:
                if i == len(trades) and j == len(quotes):
                    return
                begins = kernel.first_of_second(trades, quotes, i, j)
                self._prints_ahead.reach(len(self.prints) + len(trades) - i)
                self._seconds_ahead.reach((begins - int(self._counters[OPEN_NS])) // _SECOND_NS)
                i, j, disturbed, second_ns = on_second(trades, quotes, i, j, begins)
                self._next_second = second_ns + _SECOND_NS
            if disturbed >= 0:
                match_anew(self.store, disturbed, self.prints[-1]["spot"])

    def refill(
        self, contract: int, trades: TradeBatch, quotes: QuoteBatch, greeks_at: GreeksAt
    ) -> int:
        """Count the prints of one contract that REST has and the store lacks.

        Args:
            contract: Number of the contract that all rows are of.
            trades: What REST has for some interval, in any order.
            quotes: Quotes that cover what is missing, oldest first; may be empty.
            greeks_at: Where to find the greeks in force at an earlier time.

        Returns:
            How many rows were missing, cancels included.
        """
        if not len(trades):
            return 0
        self.reserve(contract + 1)
        held = self._held(contract, trades)
        missing = missing_rows(trades, held)
        greeks = (*greeks_at(contract, missing.ts_event), self._spot_at(missing.ts_event))
        self.reserve_prints(len(missing))
        kernel.refill(
            self.store,
            missing.rows,
            evidence(
                missing,
                quotes,
                held,
                by_size=self.trade_size_rule,
                lag_ms=self.quote_lag_ms,
            ),
            np.column_stack(greeks),
        )
        weigh_new(self.store)
        self.trades_backfilled += len(missing)
        return len(missing)

    def missing(self, contract: int, trades: TradeBatch) -> TradeBatch:
        """The prints of one contract that REST has and the store lacks, oldest first."""
        return missing_rows(trades, self._held(contract, trades)) if len(trades) else trades

    def _spot_at(self, ts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Spot in 1/10,000 $: the last known by each time, else the next known; NaN for none."""
        known = np.flatnonzero(self._bars.spot)
        if not len(known):
            return np.full(len(ts), np.nan)
        second = (ts - int(self._counters[OPEN_NS])) // _SECOND_NS
        last = np.maximum(np.searchsorted(known, second, side="right") - 1, 0)
        return self._bars.spot[known[last]].astype(np.float64)

    def _held(self, contract: int, trades: TradeBatch) -> NDArray[np.void]:
        """The contract's prints held from the first of ``trades`` on.

        They reach a tick test's memory further back, to sign the first missing ones.
        """
        since = int(trades.ts_event.min()) // _MS * _MS - TICK_MEMORY_NS
        newest = self.contracts[contract]["last_print"] if contract < len(self.contracts) else -1
        held: NDArray[np.void] = np.take(self.prints, places_since(self.prints, newest, since))
        return held

    def set_greeks(
        self,
        contract: int,
        delta: float,
        gamma: float,
        volatility: float = np.nan,
        source: GreeksSource = GreeksSource.VENDOR,
    ) -> None:
        """Put greeks in force for the prints to come, and for those that waited for some."""
        record = self.contracts[contract]
        before = [float(record[name]) for name in _SHOWN]
        record["delta"], record["gamma"] = delta, gamma
        record["greeks_volatility"] = np.nan if np.isnan(delta) else volatility
        record["shown_delta"] = delta
        record["greeks_source"] = GreeksSource.NONE if np.isnan(delta) else source
        if record["waiting"] and not np.isnan(delta):
            settle_waiting(self.store, contract, kernel.scaled_spot(self._market[0]))
            self.touch(contract)
        elif not np.array_equal(before, [float(record[name]) for name in _SHOWN], equal_nan=True):
            self.touch(contract)

    def checkpoint(self) -> "FlowCheckpoint":
        """The state now, small enough to keep many; only this very store can go back to it."""
        self._bars_before = bars.checkpoint_bars(
            self._bars, self.version, self._bars_before, self.memory
        )
        self._prints_before = checkpoint_prints(
            self.contracts,
            self.prints,
            self._flags,
            self._prints_before,
            self.memory,
            by_size=self.trade_size_rule,
        )
        return FlowCheckpoint(
            _kept(self.contracts, self.memory),
            _kept(self.ring, self.memory),
            _kept(self._alike, self.memory),
            self._counters.copy(),
            float(self._market[0]),
            self._bars_before,
            self._prints_before,
            (
                self.trades_received,
                self.trades_rejected,
                self.trades_backfilled,
                self.quotes_received,
                self._next_second,
            ),
        )

    def restore(self, past: "FlowCheckpoint") -> None:
        """Go back or forth to a checkpoint of this store, whose prints it still holds."""
        before = self.trade_size_rule
        self.contracts, self.ring = past.contracts.copy(), past.ring.copy()
        self._alike[:] = past.alike
        count = len(self.prints)
        self._counters = past.counters.copy()
        self._market[0] = past.spot
        bars.restore_bars(self._bars, self._bars_before, past.bars, self.memory)
        self._bars_before = past.bars
        same = restore_prints(self._prints, self._flags, count, self._prints_before, past.prints)
        self._prints_before = past.prints
        if not same or before != self.trade_size_rule:
            sign_anew(self.store, self.trade_size_rule, False)
        (
            self.trades_received,
            self.trades_rejected,
            self.trades_backfilled,
            self.quotes_received,
            self._next_second,
        ) = past.numbers

    def newest_quotes(self, contracts: NDArray[np.intp]) -> NDArray[np.void]:
        """The newest `QUOTE` of each contract; all zero before the first."""
        count = self.contracts["quotes"][contracts]
        quotes: NDArray[np.void] = self.ring[contracts, (count - 1) % RING]
        quotes[count == 0] = 0
        return quotes

    def forget_quotes(self, contract: int) -> None:
        """Treat a contract as one whose quotes have not come yet."""
        self.contracts[contract]["quotes"] = 0
        self.touch(contract)

    def changed_since(self, version: int, known: int) -> NDArray[np.intp]:
        """Numbers of the contracts, out of the first ``known``, that changed after ``version``."""
        return np.flatnonzero(self.contracts["version"][:known] > version)

    def tape(self, start: int, limit: int) -> NDArray[np.intp]:
        """Places of the newest prints from place ``start`` on that belong on the tape, in order.

        Cancels and prints that REST brought afterwards are left out; at most ``limit`` places.
        """
        prints = self.prints
        first, found = len(prints), np.empty(0, dtype=np.intp)
        wide = 2 * limit
        while first > start and len(found) < limit:
            first, wide = max(first - wide, start), 2 * wide
            found = first + np.flatnonzero(prints["flags"][first:] & _NOT_ON_TAPE == 0)
        return found[-limit:]


@dataclass(frozen=True, slots=True)
class FlowCheckpoint:
    """A moment of a `FlowAggregator`: of its prints, only what later events may change."""

    contracts: NDArray[np.void]
    ring: NDArray[np.void]
    alike: NDArray[np.int32]
    counters: NDArray[np.int64]
    spot: float
    bars: bars.BarsCheckpoint
    prints: PrintsCheckpoint
    numbers: tuple[int, int, int, int, int]


def _kept(records: NDArray[Any], memory: Memory) -> NDArray[Any]:
    """A copy for later."""
    kept: NDArray[Any] = memory.room(records.shape, records.dtype)
    kept[...] = records
    return kept


def _fresh_contracts(count: int) -> NDArray[np.void]:
    records = np.zeros(count, dtype=CONTRACT)
    records["delta"] = records["gamma"] = np.nan
    records["multiplier"] = SHARES_PER_CONTRACT
    for name in ("volatility", "greeks_volatility", "logged_delta", "logged_gamma", "shown_delta"):
        records[name] = np.nan
    records["last_print"] = records["last_cancel"] = records["run_first"] = -1
    records["refilled_until_ms"] = -1
    return records
