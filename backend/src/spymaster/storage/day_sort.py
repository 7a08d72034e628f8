"""The rows of a day's files in the one order in which they are replayed, in bounded memory.

Prints and quotes go in batch by batch, from any thread, and are laid down as they came. Then they
come out part by part. Every so-manieth key of a run (rows that went in together) is remembered: it
tells nearly where the rows of a part begin and end in it, so that no more is looked at than comes
out.

The key is the recorded arrival where every row has one, then event time where two are equal; else
it is event time. Rows of equal keys come out as they went in, quotes before prints.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.errors import DataError
from spymaster.engine.store import Memory
from spymaster.storage.threads import worked_ahead

PART: Final = 60_000
"""Rows sorted at once, about."""
_STEP: Final = 32
"""Every so-manieth key is remembered."""
_LET_GO: Final = 200_000
"""Rows that go in before what is resident of them may go."""

type _Key = Literal["ts_event", "arrival"]
type _Columns = dict[str, NDArray[Any]]


@dataclass(slots=True)
class _Run:
    """Rows that went in together."""

    turn: int
    start: int
    end: int
    in_order: dict[_Key, bool]
    """By which keys its rows are where they belong."""
    sampled: dict[_Key, NDArray[np.int64]]
    """Every `_STEP`th key, from the first."""


class _RunColumns(NamedTuple):
    """The runs of one kind for compiled code."""

    start: NDArray[np.int64]
    """Where the rows of each lie."""
    end: NDArray[np.int64]
    sampled: NDArray[np.int64]
    """The remembered keys of all runs."""
    first: NDArray[np.int64]
    """Where those of each begin, and where the last ones end."""


class DaySort:
    """Takes the rows of a day, then gives them in order.

    Args:
        memory: Where they lie in between.
        prints: How many prints will go in, at most.
        quotes: Likewise.
    """

    def __init__(self, memory: Memory, prints: int, quotes: int) -> None:
        self._memory = memory
        self._trades = _Runs(memory, TradeBatch, prints)
        self._quotes = _Runs(memory, QuoteBatch, quotes)
        self.rejected = 0
        """Rows that claimed to be prints but were unreadable or impossible."""

    @property
    def prints(self) -> int:
        """How many prints went in."""
        return self._trades.filled

    @property
    def quotes(self) -> int:
        """How many quotes went in."""
        return self._quotes.filled

    def add(self, batch: TradeBatch | QuoteBatch, turn: int) -> None:
        """Take some rows, those of equal keys in the order in which they are to come out.

        Any thread may. Of equal keys in two batches those of the lower ``turn`` come out first, and
        where the turns are equal as well, those of the batch that came first.

        Raises:
            DataError: There is no room: more rows came than were told of.
        """
        if len(batch):
            (self._trades if isinstance(batch, TradeBatch) else self._quotes).add(batch, turn)

    def parts(self) -> Iterator[EventBatch]:
        """All rows in order, some at a time; `arrival` is the place of each, from 0."""
        both = (self._quotes, self._trades)
        self._memory.let_go()
        key: _Key = "arrival" if all(runs.all_arrived for runs in both) else "ts_event"
        quotes, trades = (runs.in_order(key) for runs in both)
        sampled = np.sort(np.concatenate([quotes.sampled, trades.sampled]))
        limits = np.unique(sampled[PART // _STEP :: PART // _STEP]).tolist()
        edges = pairwise([None, *limits, None])

        def merged(span: tuple[int | None, int | None]) -> tuple[_Columns, _Columns]:
            of_quotes = self._quotes.within(quotes, key, span)
            of_trades = self._trades.within(trades, key, span)
            return _merged(self._quotes, of_quotes, self._trades, of_trades, key)

        place = 0
        for of_trades, of_quotes in worked_ahead(merged, edges):
            of_trades["arrival"] += place
            of_quotes["arrival"] += place
            part = EventBatch(TradeBatch(**of_trades), QuoteBatch(**of_quotes))
            place += len(part)
            self._memory.let_go()
            if len(part):
                yield part


class _Runs:
    """What went in of one kind."""

    def __init__(self, memory: Memory, kind: type[TradeBatch | QuoteBatch], most: int) -> None:
        self.filled = 0
        """How many rows."""
        self.all_arrived = True
        """Whether every row tells when it arrived."""
        self.rows = memory.room(most, list(zip(kind.__match_args__, kind.DTYPES, strict=True)))
        self._memory = memory
        self._lock = threading.Lock()
        self._runs: list[_Run] = []

    def add(self, batch: TradeBatch | QuoteBatch, turn: int) -> None:
        times, arrival = batch.ts_event, batch.arrival
        arrived = bool((arrival >= 0).all())
        in_order: dict[_Key, bool] = {
            "ts_event": bool((times[1:] >= times[:-1]).all()),
            "arrival": bool((arrival[1:] > arrival[:-1]).all()),
        }
        sampled: dict[_Key, NDArray[np.int64]] = {
            "ts_event": times[::_STEP].copy(),
            "arrival": arrival[::_STEP].copy(),
        }
        with self._lock:
            start, self.filled = self.filled, self.filled + len(batch)
            if self.filled > len(self.rows):
                raise DataError("the day's files changed while they were read; try again")
            self._runs.append(_Run(turn, start, self.filled, in_order, sampled))
            self.all_arrived = self.all_arrived and arrived
        rows = self.rows[start : start + len(batch)]
        for name in batch.__match_args__:
            rows[name] = getattr(batch, name)
        if start // _LET_GO < (start + len(batch)) // _LET_GO:
            self._memory.let_go()

    def in_order(self, key: _Key) -> _RunColumns:
        """Sort each run by itself; where they lie, in the order in which equal keys come out."""
        self._runs.sort(key=lambda run: run.turn)
        for run in self._runs:
            if not run.in_order[key]:
                self._sort(run, key)
        sampled = [run.sampled[key] for run in self._runs]
        return _RunColumns(
            np.array([run.start for run in self._runs], dtype=np.int64),
            np.array([run.end for run in self._runs], dtype=np.int64),
            np.concatenate([np.empty(0, dtype=np.int64), *sampled]),
            np.cumsum([0, *map(len, sampled)]),
        )

    def _sort(self, run: _Run, key: _Key) -> None:
        rows = self.rows[run.start : run.end]
        rows[:] = rows[_order(rows["ts_event"], rows[key], key)]
        run.sampled[key] = rows[key][::_STEP].copy()

    def within(
        self, runs: _RunColumns, key: _Key, span: tuple[int | None, int | None]
    ) -> NDArray[np.int64]:
        """Places of the rows whose keys are from one on and below another, run after run."""
        low, high = (None if edge is None else _ends(runs, self.rows[key], edge) for edge in span)
        places: NDArray[np.int64] = _places(
            runs.start if low is None else low, runs.end if high is None else high
        )
        return places


def _merged(
    quotes: _Runs,
    of_quotes: NDArray[np.int64],
    trades: _Runs,
    of_trades: NDArray[np.int64],
    key: _Key,
) -> tuple[_Columns, _Columns]:
    """Prints and quotes at some places, both in one order, numbered from 0."""
    sides = ((quotes.rows, of_quotes), (trades.rows, of_trades))
    times = np.concatenate([rows["ts_event"][places] for rows, places in sides])
    keys = times
    if key != "ts_event":
        keys = np.concatenate([rows[key][places] for rows, places in sides])
    order = _order(times, keys, key)
    trade_columns = _room(TradeBatch, len(of_trades))
    quote_columns = _room(QuoteBatch, len(of_quotes))
    _lay_out(
        quotes.rows,
        of_quotes,
        trades.rows,
        of_trades,
        order,
        tuple(quote_columns.values()),
        tuple(trade_columns.values()),
    )
    return trade_columns, quote_columns


def _room(kind: type[TradeBatch | QuoteBatch], rows: int) -> _Columns:
    types = zip(kind.__match_args__, kind.DTYPES, strict=True)
    return {name: np.empty(rows, dtype) for name, dtype in types}


def _order(times: NDArray[np.int64], keys: NDArray[np.int64], key: _Key) -> NDArray[np.intp]:
    """Places of rows in order; a stable sort leaves equals as they are."""
    return np.lexsort((times, keys)) if key == "arrival" else np.argsort(times, kind="stable")


@njit(cache=True, nogil=True)
def _ends(runs, keys, limit):  # type: ignore[no-untyped-def]
    """Where the rows with keys below a limit end in each run."""
    ends = np.empty(len(runs.start), dtype=np.int64)
    for run in range(len(ends)):
        sampled = runs.sampled[runs.first[run] : runs.first[run + 1]]
        known = np.searchsorted(sampled, limit)
        place = runs.start[run] + max(known - 1, 0) * _STEP
        while place < runs.end[run] and keys[place] < limit:
            place += 1
        ends[run] = place
    return ends


@njit(cache=True, nogil=True)
def _places(starts, ends):  # type: ignore[no-untyped-def]
    """All places from each start to before its end."""
    places = np.empty((ends - starts).sum(), dtype=np.int64)
    count = 0
    for run in range(len(starts)):
        for place in range(starts[run], ends[run]):
            places[count] = place
            count += 1
    return places


@njit(cache=True, nogil=True)
def _lay_out(quotes, of_quotes, trades, of_trades, order, quote_columns, trade_columns):  # type: ignore[no-untyped-def]
    """Write rows into the columns of their kind, as ``order`` has it of the quotes and trades."""
    prints = 0
    for place in range(len(order)):
        row = order[place]
        if row < len(of_quotes):
            quote, at = quotes[of_quotes[row]], place - prints
            quote_columns[0][at] = quote.contract
            quote_columns[1][at] = quote.ts_event
            quote_columns[2][at] = quote.bid
            quote_columns[3][at] = quote.ask
            quote_columns[4][at] = quote.bid_size
            quote_columns[5][at] = quote.ask_size
            quote_columns[6][at] = quote.bid_exchange
            quote_columns[7][at] = quote.ask_exchange
            quote_columns[8][at] = place
        else:
            trade = trades[of_trades[row - len(of_quotes)]]
            trade_columns[0][prints] = trade.contract
            trade_columns[1][prints] = trade.ts_event
            trade_columns[2][prints] = trade.price
            trade_columns[3][prints] = trade.size
            trade_columns[4][prints] = trade.exchange
            trade_columns[5][prints] = trade.conditions
            trade_columns[6][prints] = trade.sequence
            trade_columns[7][prints] = place
            prints += 1
