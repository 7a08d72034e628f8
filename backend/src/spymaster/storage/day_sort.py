"""The rows of a day's files in the one order in which they are replayed, in bounded memory.

Prints and quotes go in file by file and are laid down as they came. Then they come out part by
part. Every so-manieth key of a run (rows that went in together) tells where the rows of a part may
lie in it, so that little more is read back than is sorted at once.

The key is the recorded arrival where every row has one, then event time where two are equal; else
it is event time. Rows of equal keys come out as they went in, quotes before prints.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.storage.row_store import RowStore
from spymaster.storage.threads import worked_ahead

PART: Final = 50_000
"""Rows sorted at once, about."""
_STEP: Final = 32
"""Every so-manieth key is remembered."""

type _Key = Literal["ts_event", "arrival"]
type _Span = tuple[int | None, int | None]
type _Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows that went in together."""

    turn: int
    place: int
    length: int
    in_order: dict[_Key, bool]
    """By which keys its rows are where they belong."""
    keys: dict[_Key, NDArray[np.int64]]
    """Every `_STEP`th one, from the first."""


class DaySort:
    """Takes the rows of a day, then gives them in order.

    Args:
        store: Where they lie in between.
    """

    def __init__(self, store: RowStore) -> None:
        self._quotes = _Runs(store, QuoteBatch)
        self._trades = _Runs(store, TradeBatch)
        self.rejected = 0
        """Rows that claimed to be prints but were unreadable or impossible."""

    @property
    def prints(self) -> int:
        """How many prints went in."""
        return self._trades.rows

    @property
    def quotes(self) -> int:
        """How many quotes went in."""
        return self._quotes.rows

    def add(self, batch: TradeBatch | QuoteBatch, turn: int) -> None:
        """Take some rows, those of equal keys in the order in which they are to come out.

        Any thread may. Of equal keys in two batches those of the lower ``turn`` come out first, and
        where the turns are equal as well, those of the batch that came first.
        """
        if len(batch):
            (self._trades if isinstance(batch, TradeBatch) else self._quotes).add(batch, turn)

    def parts(self) -> Iterator[EventBatch]:
        """All rows in order, some at a time; `arrival` is the place of each, from 0."""
        both = (self._quotes, self._trades)
        key: _Key = "arrival" if all(runs.all_arrived for runs in both) else "ts_event"
        keys = [part for runs in both for part in runs.put_in_order(key)]
        if not keys:
            return
        limits = np.unique(np.sort(np.concatenate(keys))[PART // _STEP :: PART // _STEP])
        for runs in both:
            runs.cut(key, limits)
        merged = partial(self._merged, key)
        place = 0
        for trades, quotes in worked_ahead(merged, list(enumerate(_spans(limits)))):
            trades["arrival"] += place
            quotes["arrival"] += place
            part = EventBatch(TradeBatch(**trades), QuoteBatch(**quotes))
            place += len(part)
            yield part

    def _merged(self, key: _Key, part: tuple[int, _Span]) -> tuple[_Columns, _Columns]:
        """The prints and quotes of a part in order, numbered from 0."""
        number, span = part
        return _merged(self._quotes.read(number), self._trades.read(number), key, span)


class _Runs:
    """What went in of one kind."""

    def __init__(self, store: RowStore, kind: type[TradeBatch | QuoteBatch]) -> None:
        self.rows = 0
        self.all_arrived = True
        """Whether every row tells when it arrived."""
        self._store = store
        self._dtype = np.dtype(list(zip(kind.__match_args__, kind.DTYPES, strict=True)))
        self._lock = threading.Lock()
        self._runs: list[_Run] = []
        self._slices: list[list[tuple[int, int]]] = []

    def add(self, batch: TradeBatch | QuoteBatch, turn: int) -> None:
        rows = np.empty(len(batch), dtype=self._dtype)
        for name in batch.__match_args__:
            rows[name] = getattr(batch, name)
        times, arrival = batch.ts_event, batch.arrival
        in_order: dict[_Key, bool] = {
            "ts_event": bool((np.diff(times) >= 0).all()),
            "arrival": bool((np.diff(arrival) > 0).all()),
        }
        keys: dict[_Key, NDArray[np.int64]] = {
            "ts_event": times[::_STEP].copy(),
            "arrival": arrival[::_STEP].copy(),
        }
        arrived = bool((arrival >= 0).all())
        with self._lock:
            self._runs.append(_Run(turn, self._store.put(rows), len(rows), in_order, keys))
            self.rows += len(rows)
            self.all_arrived = self.all_arrived and arrived

    def put_in_order(self, key: _Key) -> list[NDArray[np.int64]]:
        """Sort each run by itself; its keys of every so-manieth row."""
        self._runs.sort(key=lambda run: run.turn)
        self._runs = [run if run.in_order[key] else self._sorted(run, key) for run in self._runs]
        return [run.keys[key] for run in self._runs]

    def _sorted(self, run: _Run, key: _Key) -> _Run:
        rows = np.empty(run.length, dtype=self._dtype)
        self._store.read(run.place, 0, rows)
        rows = rows[_order(rows["ts_event"], rows[key], key)]
        self._store.put(rows, run.place)
        return replace(run, keys={key: rows[key][::_STEP].copy()})

    def cut(self, key: _Key, limits: NDArray[np.int64]) -> None:
        """Find where the rows of each part may lie, from the first key of each but the first."""
        self._slices = []
        for run in self._runs:
            places = np.searchsorted(run.keys[key], limits)
            starts = [0, *(np.maximum(places - 1, 0) * _STEP).tolist()]
            ends = [*np.minimum(places * _STEP, run.length).tolist(), run.length]
            self._slices.append(list(zip(starts, ends, strict=True)))

    def read(self, number: int) -> NDArray[np.void]:
        """The rows of a part, run after run, and some before and behind it."""
        slices = [
            (run.place, *of_run[number])
            for run, of_run in zip(self._runs, self._slices, strict=True)
        ]
        rows = np.empty(sum(end - start for _, start, end in slices), dtype=self._dtype)
        filled = 0
        for place, start, end in slices:
            if end > start:
                self._store.read(place, start, rows[filled : filled + end - start])
                filled += end - start
        return rows


def _spans(limits: NDArray[np.int64]) -> Iterator[_Span]:
    """From which key to before which each part goes; None for no limit."""
    edges = [None, *limits.tolist(), None]
    return pairwise(edges)


def _merged(
    quotes: NDArray[np.void], trades: NDArray[np.void], key: _Key, span: _Span
) -> tuple[_Columns, _Columns]:
    """The rows of one part in order: prints and quotes, numbered from 0."""
    times = np.concatenate([quotes["ts_event"], trades["ts_event"]])
    keys = np.concatenate([quotes[key], trades[key]]) if key != "ts_event" else times
    low, high = span
    within = np.ones(len(keys), dtype=np.bool_)
    if low is not None:
        within &= keys >= low
    if high is not None:
        within &= keys < high
    rows = np.flatnonzero(within)
    order = rows[_order(times[rows], keys[rows], key)]
    prints = int((order >= len(quotes)).sum())
    of_trades = _room(TradeBatch, prints)
    of_quotes = _room(QuoteBatch, len(order) - prints)
    _lay_out(quotes, trades, order, tuple(of_quotes.values()), tuple(of_trades.values()))
    return of_trades, of_quotes


def _room(kind: type[TradeBatch | QuoteBatch], rows: int) -> _Columns:
    types = zip(kind.__match_args__, kind.DTYPES, strict=True)
    return {name: np.empty(rows, dtype) for name, dtype in types}


@njit(cache=True, nogil=True)
def _lay_out(quotes, trades, order, of_quotes, of_trades):  # type: ignore[no-untyped-def]
    """Write the rows that ``order`` picks, quotes before trades, into the columns of each kind."""
    prints = 0
    for place in range(len(order)):
        row = order[place]
        if row < len(quotes):
            quote, at = quotes[row], place - prints
            of_quotes[0][at] = quote.contract
            of_quotes[1][at] = quote.ts_event
            of_quotes[2][at] = quote.bid
            of_quotes[3][at] = quote.ask
            of_quotes[4][at] = quote.bid_size
            of_quotes[5][at] = quote.ask_size
            of_quotes[6][at] = quote.bid_exchange
            of_quotes[7][at] = quote.ask_exchange
            of_quotes[8][at] = place
        else:
            trade = trades[row - len(quotes)]
            of_trades[0][prints] = trade.contract
            of_trades[1][prints] = trade.ts_event
            of_trades[2][prints] = trade.price
            of_trades[3][prints] = trade.size
            of_trades[4][prints] = trade.exchange
            of_trades[5][prints] = trade.conditions
            of_trades[6][prints] = trade.sequence
            of_trades[7][prints] = place
            prints += 1


def _order(times: NDArray[np.int64], keys: NDArray[np.int64], key: _Key) -> NDArray[np.intp]:
    """Places of rows in order; a stable sort leaves equals as they are."""
    return np.lexsort((times, keys)) if key == "arrival" else np.argsort(times, kind="stable")
