"""One simulated day, and the market of all days that one seed makes.

Theory of operation: a `SimulatedDay` draws its hidden path once. Quotes are a pure function of
contract and time (`quoting`). Prints are drawn a minute at a time, each minute from its own seed
(`prints`), and kept. So the same seed and date give the same day, bit for bit, whichever parts are
asked for, in whatever order and at whatever speed.
"""

import datetime as dt
import math
import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Floats, Ints
from spymaster.core.sessions import Session, SessionCalendar, default_calendar
from spymaster.simulator.chain import Chain, Listing, make_chain
from spymaster.simulator.orders import BLOCK_S
from spymaster.simulator.path import NS, DayPath, make_path
from spymaster.simulator.prints import Prints, make_prints
from spymaster.simulator.quoting import (
    QuoteModel,
    Quotes,
    deviation,
    greeks_at,
    make_quote_model,
    quotes_at,
    quotes_between,
)

_DAYS_KEPT = 4


@dataclass(frozen=True, slots=True)
class MarketModel:
    """What shapes every day."""

    seed: int = 1
    listing: Listing = field(default_factory=Listing)
    volume_scale: float = 1.0
    """Prints and open interest relative to a normal day of 560,000 prints."""
    quote_scale: float = 1.0
    """Frequency of size refreshes relative to the default."""


class SimulatedDay:
    """Everything that happens on one day; safe to ask from several threads."""

    def __init__(self, session: Session, following: dt.date, model: MarketModel) -> None:
        self.session = session
        self.model = model
        self.path: DayPath = make_path(session, model.seed)
        self.chain: Chain = make_chain(
            model.listing, session.date, following, model.seed, model.volume_scale
        )
        self.quote_model: QuoteModel = make_quote_model(
            self.path, self.chain, model.seed, model.quote_scale
        )
        self.blocks = math.ceil((session.end_ns - session.open_ns) / (BLOCK_S * NS))
        self.all_rows = np.arange(len(self.chain), dtype=np.int32)
        self._prints: dict[int, Prints] = {}
        self._merged: tuple[int, Prints] | None = None
        self._by_row: tuple[int, Ints, Ints] | None = None
        self._lock = threading.Lock()

    def spot(self, at_ns: int) -> float:
        """True spot, dollars a share."""
        return float(self.path.spot[self.path.index(at_ns)])

    def atm_vol(self, at_ns: int) -> float:
        """True at-the-money volatility to the close, decimal, calendar year."""
        return float(self.path.atm_vol[self.path.index(at_ns)])

    def block(self, number: int) -> Prints:
        """Prints of one block of `BLOCK_S` seconds, from 0 at the open."""
        with self._lock:
            found = self._prints.get(number)
            if found is None:
                scale = self.model.volume_scale
                found = make_prints(
                    self.path, self.chain, self.quote_model, self.model.seed, number, scale
                )
                self._prints[number] = found
            return found

    def _number(self, at_ns: int) -> int:
        return (at_ns - self.session.open_ns) // (BLOCK_S * NS)

    def prints_between(self, start_ns: int, end_ns: int) -> Prints:
        """Prints of every contract with ``start_ns <= ts < end_ns``, in time order."""
        first = min(max(self._number(start_ns), 0), self.blocks - 1)
        last = min(max(self._number(end_ns - 1), first), self.blocks - 1)
        parts = []
        for number in range(first, last + 1):
            part = self.block(number)
            low, high = np.searchsorted(part.ts, (start_ns, end_ns))
            parts.append(part.take(slice(int(low), int(max(low, high)))))
        return Prints.concat(parts)

    def prints_until(self, end_ns: int) -> Prints:
        """Prints from the open with ``ts < end_ns``; keeps whole blocks merged between calls."""
        whole = min(max(self._number(end_ns), 0), self.blocks)
        merged = self._merged
        if whole and (merged is None or merged[0] < whole):
            # Block by block, so that the stream never waits for more than one of them.
            start = merged[0] if merged else 0
            parts = [merged[1]] if merged else []
            parts += [self.block(number) for number in range(start, whole)]
            merged = (whole, Prints.concat(parts))
            self._merged = merged
        if merged is None:
            return self.prints_between(self.session.open_ns, end_ns)
        if merged[0] > whole:
            return merged[1].take(slice(0, int(np.searchsorted(merged[1].ts, end_ns))))
        tail_ns = self.session.open_ns + whole * BLOCK_S * NS
        if whole >= self.blocks or end_ns <= tail_ns:
            return merged[1]
        return Prints.concat([merged[1], self.prints_between(tail_ns, end_ns)])

    def prints_of(self, row: int, start_ns: int, end_ns: int) -> Prints:
        """Prints of one contract with ``start_ns <= ts < end_ns``; quick when asked for many."""
        whole = min(max(self._number(end_ns), 0), self.blocks)
        edge_ns = self.session.open_ns + whole * BLOCK_S * NS
        self.prints_until(min(end_ns, edge_ns))
        merged, index = self._merged, self._by_row
        if merged is None:
            tail = self.prints_between(start_ns, end_ns)
            return tail.take(np.flatnonzero(tail.row == row))
        if index is None or index[0] != merged[0]:
            order = np.argsort(merged[1].row, kind="stable")
            starts = np.searchsorted(merged[1].row[order], np.arange(len(self.chain) + 1))
            index = self._by_row = (merged[0], order, starts)
        mine = merged[1].take(index[1][index[2][row] : index[2][row + 1]])
        low, high = np.searchsorted(mine.ts, (start_ns, end_ns)).tolist()
        found = mine.take(slice(low, max(low, high)))
        reached_ns = self.session.open_ns + merged[0] * BLOCK_S * NS
        if end_ns <= reached_ns or merged[0] >= self.blocks:
            return found
        tail = self.prints_between(max(start_ns, reached_ns), end_ns)
        return Prints.concat([found, tail.take(np.flatnonzero(tail.row == row))])

    def quotes_between(
        self, start_ns: int, end_ns: int, rows: NDArray[np.int32] | None = None
    ) -> Quotes:
        """Quote events with ``start_ns <= ts < end_ns``, of some rows or the whole chain."""
        chosen = self.all_rows if rows is None else rows
        return quotes_between(self.quote_model, chosen, start_ns, end_ns)

    def quotes_at(self, at_ns: int, rows: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Quotes in force, as `spymaster.simulator.quoting.quotes_at`."""
        chosen = self.all_rows if rows is None else rows
        return quotes_at(self.quote_model, chosen, np.full(len(chosen), at_ns, np.int64))

    def greeks_of(self, prints: Prints) -> tuple[Floats, Floats, Floats]:
        """True spot (dollars), delta and gamma (per $1) at each print's own time."""
        return greeks_at(self.quote_model, prints.row, prints.ts)

    def deviations(self, at_ns: int, rows: NDArray[np.int32]) -> Floats:
        """Standard deviation of log spot to the expiry of each row, smile included."""
        step = self.path.index(at_ns)
        return np.array([deviation(self.quote_model, int(row), step) for row in rows])


class SimulatedMarket:
    """All days of one seed; the latest few are kept."""

    def __init__(self, model: MarketModel, calendar: SessionCalendar | None = None) -> None:
        self.model = model
        self.calendar = calendar or default_calendar()
        self._days: dict[dt.date, SimulatedDay] = {}
        self._lock = threading.Lock()

    def day(self, date: dt.date) -> SimulatedDay:
        """The day of a session.

        Raises:
            CalendarError: The exchange does not trade on that date.
        """
        with self._lock:
            found = self._days.pop(date, None)
            if found is None:
                session = self.calendar.session(date)
                found = SimulatedDay(session, self.calendar.following(date).date, self.model)
            self._days[date] = found
            while len(self._days) > _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            return found
