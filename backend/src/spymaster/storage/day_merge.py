"""The rows of a day's files in the one order in which they are replayed, some at a time.

All files are read to their ends first, into one stretch of records for each; a file that is not in
order is sorted by itself. Then all stretches are merged: what lies below an edge in time is taken
from each, sorted and given. Both are done in threads, the second beside whoever takes the rows.

The key is the recorded arrival where every row has one, then event time where two are equal; else
it is event time. Rows of equal keys come out as the files have them, quotes before prints.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QUOTE, TRADE, EventBatch, QuoteBatch, TradeBatch
from spymaster.core.errors import DataError
from spymaster.engine.store import Memory, ProcessMemory
from spymaster.storage import day_rows
from spymaster.storage.contract_rows import ContractFile
from spymaster.storage.memory import give_back
from spymaster.storage.threads import AT_ONCE, made_ahead

PART: Final = 60_000
"""Rows of a part, about."""
_LET_GO: Final = 200_000
"""Rows that are read before what is resident of them may go."""
_STEP: Final = 32
"""Every so-manieth key of a file tells how many rows lie below one."""
_LATEST: Final = 2**63 - 1

type _Key = Literal["ts_event", "arrival"]
type Tell = Callable[[float], None]
type _Write = Callable[..., tuple[int, int]]


class DayMerge:
    """Reads the rows of a day's files, and gives them in order.

    Args:
        trades: Files of prints.
        quotes: Files of quotes.
        since_ns: Earlier rows are left out, UNIX ns.
        until_ns: So are these, from here on.
        memory: Where rows lie that are not due yet; ordinary memory by default.
        tell: Told how far it is: the share of the work that is done. Called in any thread.
    """

    def __init__(
        self,
        trades: Sequence[ContractFile],
        quotes: Sequence[ContractFile],
        since_ns: int,
        until_ns: int | None = None,
        memory: Memory | None = None,
        tell: Tell | None = None,
    ) -> None:
        self._trades = [file for file in trades if file.rows]  # half of a chain may not have traded
        self._quotes = [file for file in quotes if file.rows]
        self._key: _Key = "ts_event"
        if all(file.arrived for file in (*quotes, *trades)):
            self._key = "arrival"
        self._within = (since_ns, _LATEST if until_ns is None else until_ns)
        self._memory = ProcessMemory() if memory is None else memory
        self._tell = tell
        self.rejected = 0
        """Rows so far that claimed to be prints but were unreadable or impossible."""

    @property
    def prints(self) -> int:
        """How many rows the files of prints have: there are no more prints than that."""
        return sum(file.rows for file in self._trades)

    @property
    def quotes(self) -> int:
        """Likewise."""
        return sum(file.rows for file in self._quotes)

    def parts(self) -> Iterator[EventBatch]:
        """All rows in order, some at a time; `arrival` is the place of each, from 0.

        Raises:
            DataError: A file is unreadable or lacks a column; the message names it.
        """
        return made_ahead(self._parts())

    def _parts(self) -> Iterator[EventBatch]:
        quotes = _Rows(self._quotes, QUOTE, day_rows.write_quotes, self._memory)
        trades = _Rows(self._trades, TRADE, day_rows.write_trades, self._memory)
        sampled = np.sort(np.concatenate([np.empty(0, np.int64), *self._read(quotes, trades)]))
        give_back()
        limits = np.unique(sampled[PART // _STEP :: max(PART // _STEP, 1)]).tolist()
        place = 0
        for edge in (*limits, _LATEST):
            part = self._part(
                quotes.take_below(self._key, edge), trades.take_below(self._key, edge), place
            )
            place += len(part)
            self._memory.let_go()
            self._done(self.prints + self.quotes + place)
            if len(part):
                yield part

    def _read(self, quotes: "_Rows", trades: "_Rows") -> Iterator[NDArray[np.int64]]:
        """Read all files; every `_STEP`th key of each."""
        files = [(rows, number) for rows in (quotes, trades) for number in range(len(rows.files))]
        unseen = done = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            read = pool.map(lambda of: of[0].read(of[1], self._key, self._within), files)
            for (rows, number), (sampled, rejected) in zip(files, read, strict=True):
                self.rejected += rejected
                done += rows.files[number].rows
                self._done(done)
                unseen += _STEP * len(sampled)
                if unseen > _LET_GO:
                    unseen = 0
                    self._memory.let_go()
                yield sampled

    def _done(self, rows: int) -> None:
        """Tell how far it is: each row is read once, and then put in order."""
        if self._tell and rows:
            self._tell(rows / (2 * (self.prints + self.quotes)))

    def _part(self, quotes: NDArray[np.void], trades: NDArray[np.void], place: int) -> EventBatch:
        """Some rows in order, numbered from a place on."""
        times = np.concatenate([quotes["ts_event"], trades["ts_event"]])
        keys = times
        if self._key == "arrival":
            keys = np.concatenate([quotes["arrival"], trades["arrival"]])
        in_order = np.empty_like(quotes), np.empty_like(trades)
        order = _order(times, keys, self._key)
        day_rows.put_in_order(quotes, trades, order, *in_order, place)
        return EventBatch(TradeBatch(in_order[1]), QuoteBatch(in_order[0]))


class _Rows:
    """The rows of one kind: a stretch of records for each file, in order of their keys."""

    def __init__(
        self,
        files: Sequence[ContractFile],
        dtype: np.dtype[np.void],
        write: _Write,
        memory: Memory,
    ) -> None:
        self.files = files
        self._write = write
        self._starts = np.cumsum([0, *(file.rows for file in files)])
        self._records = memory.room(int(self._starts[-1]), dtype)
        self._first = self._starts[:-1].copy()
        """Of each file, the first row that was not taken."""
        self._end = self._first.copy()

    def read(
        self, number: int, key: _Key, within: tuple[int, int]
    ) -> tuple[NDArray[np.int64], int]:
        """Read a file to its end: every `_STEP`th key of it, and how many rows were rejected.

        Raises:
            DataError: It is unreadable, or has more rows than it had.
        """
        file = self.files[number]
        first, limit = int(self._starts[number]), int(self._starts[number + 1])
        end, rejected = first, 0
        for columns in file.batches():
            if end + len(columns[0]) > limit:
                raise DataError("the day's files changed while they were read; try again")
            room = self._records[end : end + len(columns[0])]
            count, bad = self._write(room, file.contract, columns, *within)
            end += count
            rejected += bad
        self._end[number] = end
        rows = self._records[first:end]
        if key == "arrival" or not day_rows.are_rising(rows["ts_event"]):
            rows[:] = rows[_order(rows["ts_event"], rows[key], key)]
        return rows[key][::_STEP].copy(), rejected

    def take_below(self, key: _Key, edge: int) -> NDArray[np.void]:
        """The rows whose keys are below an edge, file after file; they are taken."""
        first = self._first
        self._first = day_rows.ends_below(self._records[key], first, self._end, edge)
        taken = np.empty(int((self._first - first).sum()), self._records.dtype)
        day_rows.copy_stretches(self._records, first, self._first, taken)
        return taken


def _order(times: NDArray[np.int64], keys: NDArray[np.int64], key: _Key) -> NDArray[np.int64]:
    """Places of rows in order; equals stay as they are."""
    if key == "arrival":
        return np.lexsort((times, keys))
    bits = len(keys).bit_length()
    if not len(keys) or int(keys.max()) - int(keys.min()) >= 1 << (63 - bits):
        return np.argsort(keys, kind="stable")
    # Key and place in one number: a plain sort of those takes half the time of a stable one.
    both = ((keys - keys.min()) << bits) | np.arange(len(keys))
    both.sort()
    return both & ((1 << bits) - 1)
