"""A day's events by their place in the one order in which they are replayed.

A day may be larger than memory should hold, so its events are read in blocks as they are played.
The newest time of each block is known beforehand: an instant is found by reading one block.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch

BLOCK: Final = 20_000
"""Places of a block: read in some milliseconds, held in some megabytes."""
_HELD: Final = 3


class DayEvents:
    """Events of a day; `arrival` is their place. A place that no event has is of another input."""

    def __init__(
        self,
        starts: Sequence[int],
        newest: Sequence[int],
        read: Callable[[int], EventBatch],
        *,
        begin: Callable[[int], None] | None = None,
        prints: int,
        quotes: int,
        rejected: int,
    ) -> None:
        """Tell what there is.

        Args:
            starts: The first place of each block, and where the last one ends.
            newest: Newest event time of each block, UNIX ns; 0 for a block without events.
            read: Gives a block's events by its number; asked for the same one many times.
            begin: Begins to read a block, and some that follow, while the caller does other things.
            prints: How many of the events are prints.
            quotes: How many are quotes.
            rejected: Rows that claimed to be prints but were unreadable or impossible.
        """
        self.prints = prints
        self.quotes = quotes
        self.rejected = rejected
        self._starts = np.array(starts, dtype=np.int64)
        self._newest = np.maximum.accumulate(np.array(newest, dtype=np.int64))
        self._begin = begin
        self._read = read
        self._timeline = lru_cache(_HELD)(lambda number: _timeline(self._read(number)))

    @classmethod
    def of(cls, events: EventBatch) -> Self:
        """Those of a batch, whose rows are in the order of their places."""
        both = (events.trades, events.quotes)
        end = max((int(rows.arrival[-1]) + 1 for rows in both if len(rows)), default=0)
        starts = [*range(0, end, BLOCK), end]
        of_trades, of_quotes = (np.searchsorted(rows.arrival, starts).tolist() for rows in both)

        def read(number: int) -> EventBatch:
            return _part(
                events,
                slice(*of_trades[number : number + 2]),
                slice(*of_quotes[number : number + 2]),
            )

        return cls(
            starts,
            [_newest(read(number)) for number in range(len(starts) - 1)],
            read,
            prints=len(events.trades),
            quotes=len(events.quotes),
            rejected=events.trades_rejected,
        )

    def __len__(self) -> int:
        return self.prints + self.quotes

    @property
    def first_ns(self) -> int:
        """Time of the first event, UNIX ns; 0 for none."""
        first = self.first_later(0)
        return 0 if first is None else self.newest_before(first + 1) or 0

    @property
    def end_ns(self) -> int:
        """Newest time of all events, UNIX ns; 0 for none."""
        return int(self._newest[-1]) if len(self._newest) else 0

    def between(self, start: int, stop: int) -> EventBatch:
        """Events at the places from ``start`` to before ``stop``."""
        first, end = max(self._number(start), 0), self._number(stop - 1) + 1
        parts = [_within(self._read(number), start, stop) for number in range(first, end)]
        return EventBatch(
            TradeBatch.concat([part.trades for part in parts]),
            QuoteBatch.concat([part.quotes for part in parts]),
        )

    def begin(self, place: int) -> None:
        """Begin to read what lies from a place on: it is wanted soon, in turn."""
        if self._begin and len(self._newest):
            self._begin(self._number(place))

    def first_later(self, ns: int) -> int | None:
        """Place of the first event that is later than a time; None if there is none."""
        number = int(np.searchsorted(self._newest, ns, side="right"))
        if number == len(self._newest):
            return None
        places, newest = self._timeline(number)
        return int(places[np.searchsorted(newest, ns, side="right")])

    def newest_before(self, place: int) -> int | None:
        """Newest time of the events below a place, UNIX ns; None if there are none."""
        if not len(self._newest) or place <= 0:
            return None
        number = self._number(place - 1)
        places, newest = self._timeline(number)
        count = int(np.searchsorted(places, place))
        within = int(newest[count - 1]) if count else 0
        return max(within, int(self._newest[number - 1]) if number else 0) or None

    def next_print(self, place: int) -> int | None:
        """Place of the first print from a place on; None if there is none."""
        for number in range(self._number(place), len(self._newest)):
            places = self._read(number).trades.arrival
            following = int(np.searchsorted(places, place))
            if following < len(places):
                return int(places[following])
        return None

    def _number(self, place: int) -> int:
        """The block of a place; the last one for what lies behind."""
        number = int(np.searchsorted(self._starts, place, side="right")) - 1
        return min(number, len(self._newest) - 1)


def _within(events: EventBatch, start: int, stop: int) -> EventBatch:
    of_trades, of_quotes = (
        slice(*np.searchsorted(rows.arrival, (start, stop)).tolist())
        for rows in (events.trades, events.quotes)
    )
    return _part(events, of_trades, of_quotes)


def _part(events: EventBatch, of_trades: slice, of_quotes: slice) -> EventBatch:
    """Views: to copy what is played at once would take a fifth of an unpaced replay's time."""
    return EventBatch(
        TradeBatch(events.trades.rows[of_trades]), QuoteBatch(events.quotes.rows[of_quotes])
    )


def _newest(events: EventBatch) -> int:
    return int(max(rows.ts_event.max(initial=0) for rows in (events.trades, events.quotes)))


def _timeline(events: EventBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of all events, rising, and the newest time up to each."""
    places = np.concatenate([events.trades.arrival, events.quotes.arrival])
    times = np.concatenate([events.trades.ts_event, events.quotes.ts_event])
    order = np.argsort(places, kind="stable")  # two runs that are sorted already
    return places[order], np.maximum.accumulate(times[order])
