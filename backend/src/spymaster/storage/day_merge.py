"""The rows of a day's files in the one order in which they are replayed, some at a time.

A file that was written by the cache is in order of time: it is read as its rows come due, some rows
ahead. The largest are; what is not read like that is read whole at the start and sorted by itself.
Rows up to the instant that every file has been read to are complete: they are sorted together and
given, so no more is held than that, and what was read beyond. All of it is done in threads, beside
whoever takes the rows.

The key is the recorded arrival where every row has one, then event time where two are equal; else
it is event time. Rows of equal keys come out as the files have them, quotes before prints.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.errors import DataError
from spymaster.engine.store import Memory, ProcessMemory
from spymaster.storage import day_rows
from spymaster.storage.contract_rows import Columns, ContractFile
from spymaster.storage.memory import give_back
from spymaster.storage.threads import AT_ONCE, made_ahead

PART: Final = 60_000
"""Rows that are read, or sorted, for a part, about."""
SLICES: Final = 3
"""A file is read in so many, of `LEAST` rows at least: threads take turns for each, which costs."""
LEAST: Final = 32_768
_AT_MOST: Final = 256
"""Files that are open at once: systems limit how many may be."""
_LET_GO: Final = 200_000
"""Rows that are read before what is resident of them may go."""
_STEP: Final = 32
"""Every so-manieth key of a file that was read whole tells how many rows lie below one."""
_LATEST: Final = 2**63 - 1

type _Key = Literal["ts_event", "arrival"]
type _Write = Callable[..., tuple[int, int]]


class DayMerge:
    """Reads the rows of a day's files, and gives them in order.

    Args:
        trades: Files of prints.
        quotes: Files of quotes.
        since_ns: Earlier rows are left out, UNIX ns.
        until_ns: So are these, from here on.
        memory: Where rows lie that are not due yet; None to leave them in their files, where those
            can be read as they come due.
    """

    def __init__(
        self,
        trades: Sequence[ContractFile],
        quotes: Sequence[ContractFile],
        since_ns: int,
        until_ns: int | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._files = [*quotes, *trades]
        self._key: _Key = "arrival" if all(file.arrived for file in self._files) else "ts_event"
        self._flowing = self._largest() if memory is None else set()
        self._memory = ProcessMemory() if memory is None else memory
        within = (since_ns, _LATEST if until_ns is None else until_ns)
        self._quotes = _Rows(day_rows.QUOTE, day_rows.write_quotes, within)
        self._trades = _Rows(day_rows.TRADE, day_rows.write_trades, within)
        self.prints = sum(file.rows for file in trades)
        """How many rows the files of prints have: there are no more prints than that."""
        self.quotes = sum(file.rows for file in quotes)
        """Likewise."""

    @property
    def rejected(self) -> int:
        """Rows so far that claimed to be prints but were unreadable or impossible."""
        return self._trades.rejected

    def parts(self) -> Iterator[EventBatch]:
        """All rows in order, some at a time; `arrival` is the place of each, from 0.

        Raises:
            DataError: A file is unreadable or lacks a column; the message names it.
        """
        return made_ahead(self._parts())

    def _largest(self) -> set[ContractFile]:
        """The files that are read as their rows come due."""
        if self._key == "arrival":
            return set()
        large = [file for file in self._files if file.rows > LEAST and file.in_order]
        large.sort(key=lambda file: -file.rows)
        return set(large[:_AT_MOST])

    def _streams(self, pool: ThreadPoolExecutor) -> list["_Stream"]:
        """All files, begun: quotes before prints."""
        streams = [self._stream(file, pool) for file in self._files]
        for rows in (self._quotes, self._trades):
            rows.make_room(self._memory)
        unseen = 0
        for count in pool.map(_read_on, streams):
            unseen += count
            if unseen > _LET_GO:
                unseen = 0
                self._memory.let_go()
        if not self._flowing:
            self._memory.let_go()
            give_back()
        return streams

    def _stream(self, file: ContractFile, pool: ThreadPoolExecutor) -> "_Stream":
        rows = self._quotes if file.kind == "quotes" else self._trades
        if file in self._flowing:
            return _Flowing(file, rows, max(LEAST, file.rows // SLICES), pool)
        return _Whole(file, rows, self._key)

    def _parts(self) -> Iterator[EventBatch]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from self._merged(self._streams(pool))

    def _merged(self, streams: list["_Stream"]) -> Iterator[EventBatch]:
        whole = [stream.sampled for stream in streams if isinstance(stream, _Whole)]
        sampled = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *whole]))
        limits = deque(np.unique(sampled[PART // _STEP :: max(PART // _STEP, 1)]).tolist())
        flowing = [stream for stream in streams if isinstance(stream, _Flowing)]
        place = 0
        for edge in self._edges(flowing):
            while limits and limits[0] < edge:
                part = self._below(limits.popleft(), place)
                place += len(part)
                if len(part):
                    yield part
            part = self._below(edge, place)
            place += len(part)
            if len(part):
                yield part

    def _edges(self, flowing: list["_Flowing"]) -> Iterator[int]:
        """Keys below which all rows are read, in turn, each once they are."""
        behind = [(stream.newest, number) for number, stream in enumerate(flowing)]
        heapq.heapify(behind)
        while behind:
            read = 0
            while behind and read < PART and flowing[behind[0][1]].has_room:
                number = behind[0][1]
                read += flowing[number].read_on()
                if flowing[number].rests:
                    heapq.heapreplace(behind, (flowing[number].newest, number))
                else:
                    heapq.heappop(behind)
            if behind:
                yield flowing[behind[0][1]].edge
        yield _LATEST

    def _below(self, edge: int, place: int) -> EventBatch:
        """The rows that were read and whose keys are below an edge, numbered from a place on."""
        of_quotes = self._quotes.take_below(self._key, edge)
        of_trades = self._trades.take_below(self._key, edge)

        def column(name: str) -> NDArray[np.int64]:
            quotes, trades = self._quotes.records[name], self._trades.records[name]
            return np.concatenate([quotes[of_quotes], trades[of_trades]])

        times = column("ts_event")
        keys = times if self._key == "ts_event" else column(self._key)
        quotes, trades = _room(QuoteBatch, len(of_quotes)), _room(TradeBatch, len(of_trades))
        day_rows.lay_out(
            self._quotes.records,
            of_quotes,
            self._trades.records,
            of_trades,
            _order(times, keys, self._key),
            quotes,
            trades,
            place,
        )
        self._memory.let_go()
        return EventBatch(TradeBatch(*trades), QuoteBatch(*quotes))


class _Rows:
    """The rows of one kind that were read and not taken: a stretch of records for each file."""

    def __init__(self, dtype: np.dtype[np.void], write: _Write, within: tuple[int, int]) -> None:
        self._dtype = dtype
        self._write = write
        self._within = within
        self._rooms: list[int] = []
        self._starts = np.zeros(1, dtype=np.int64)
        """Where the room of each file begins, and where that of the last one ends."""
        self.records = np.empty(0, dtype)
        self.first = np.empty(0, dtype=np.int64)
        """Where the stretch of each file begins."""
        self.end = np.empty(0, dtype=np.int64)
        self._rejected: list[int] = []
        """Of each file: threads read several at once."""

    @property
    def rejected(self) -> int:
        """Rows so far that claimed to be prints but were unreadable or impossible."""
        return sum(self._rejected)

    def add_file(self, room: int) -> int:
        """Plan a stretch for so many rows of one more file; its number."""
        self._rooms.append(room)
        self._rejected.append(0)
        return len(self._rooms) - 1

    def make_room(self, memory: Memory) -> None:
        """Make the stretches that were planned."""
        self._starts = np.cumsum([0, *self._rooms])
        self.records = memory.room(int(self._starts[-1]), self._dtype)
        self.first = self._starts[:-1].copy()
        self.end = self.first.copy()

    def room_of(self, number: int) -> int:
        """How many more rows fit behind those of a file, once they are moved to its start."""
        return self._rooms[number] - int(self.end[number] - self.first[number])

    def add(self, number: int, contract: int, columns: Columns) -> int:
        """Write rows behind those of a file; how many were of the time that is wanted.

        Raises:
            DataError: There is no room: the file has more rows than it had.
        """
        if len(columns[0]) > self.room_of(number):
            raise DataError("the day's files changed while they were read; try again")
        first, end, start = (int(of[number]) for of in (self.first, self.end, self._starts))
        if end + len(columns[0]) > self._starts[number + 1]:
            self.records[start : start + end - first] = self.records[first:end]
            self.first[number], end = start, start + end - first
        count, rejected = self._write(
            self.records[end : end + len(columns[0])], contract, columns, *self._within
        )
        self.end[number] = end + count
        self._rejected[number] += rejected
        return count

    def of(self, number: int) -> NDArray[np.void]:
        """The rows of a file."""
        return self.records[self.first[number] : self.end[number]]

    def take_below(self, key: _Key, edge: int) -> NDArray[np.int64]:
        """Places of the rows whose keys are below an edge, file after file; they are taken."""
        ends = day_rows.ends_below(self.records[key], self.first, self.end, edge)
        places: NDArray[np.int64] = day_rows.places_in(self.first, ends)
        self.first = ends
        return places


class _Whole:
    """A file that is read whole and sorted."""

    def __init__(self, file: ContractFile, rows: _Rows, key: _Key) -> None:
        self._file = file
        self._rows = rows
        self._key = key
        self._number = rows.add_file(file.rows)
        self.sampled = np.empty(0, dtype=np.int64)
        """Every `_STEP`th key."""

    def read_on(self) -> int:
        """Read the rows, once; how many."""
        for columns in self._file.batches():
            self._rows.add(self._number, self._file.contract, columns)
        rows = self._rows.of(self._number)
        if self._key == "arrival" or not _are_rising(rows["ts_event"]):
            rows[:] = rows[_order(rows["ts_event"], rows[self._key], self._key)]
        self.sampled = rows[self._key][::_STEP].copy()
        return len(rows)


class _Flowing:
    """A file that is read as its rows come due."""

    def __init__(
        self, file: ContractFile, rows: _Rows, at_once: int, pool: ThreadPoolExecutor
    ) -> None:
        self._file = file
        self._rows = rows
        self._at_once = at_once
        self._number = rows.add_file(at_once + at_once // 4)
        self._batches = file.batches(at_once)
        self._pool = pool
        self._coming: Future[Columns | None] | None = None
        self.rests = True
        """Whether some rows are not read yet, as far as is known."""
        self.newest = -(2**63)
        """Time of the last row that was read."""

    @property
    def has_room(self) -> bool:
        """Whether more may be read before some are taken."""
        return self._rows.room_of(self._number) >= self._at_once

    @property
    def edge(self) -> int:
        """Up to here all rows are read; all of one instant are taken where no more have room."""
        rows = self._rows.of(self._number)["ts_event"]
        stuck = not self.has_room and rows[0] == self.newest
        return self.newest + stuck

    def read_on(self) -> int:
        """Read some more rows; how many."""
        columns = self._coming.result() if self._coming else next(self._batches, None)
        if columns is None:
            self.rests = False
            return 0
        self._coming = self._pool.submit(next, self._batches, None)
        times = columns[0]
        if times[0] < self.newest or not _are_rising(times):
            raise DataError(f"{self._file.path} is not in order of time; fetch that day again")
        self.newest = int(times[-1])
        return self._rows.add(self._number, self._file.contract, columns)


type _Stream = _Whole | _Flowing


def _read_on(stream: _Stream) -> int:
    return stream.read_on()


def _are_rising(keys: NDArray[np.int64]) -> bool:
    return bool((keys[1:] >= keys[:-1]).all())


def _room(kind: type[TradeBatch | QuoteBatch], rows: int) -> tuple[NDArray[Any], ...]:
    return tuple(np.empty(rows, dtype) for dtype in kind.DTYPES)


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
