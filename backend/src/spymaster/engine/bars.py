"""Flow by second and part of the chain, in exact integers.

A print counts in the second of its own time, also when it comes late or is corrected: those before
the open in the first second, those after the session's end in the last. What a print adds is what
taking it back subtracts, so that bars depend on which prints count and not on how they came.

Source: analytics sheet, section 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.compiling import inlined
from spymaster.engine.columns import Flag, Rule
from spymaster.engine.measures import MEASURES, SUMS, add_measures, measures_of
from spymaster.engine.moments import chain_to, shared_by
from spymaster.engine.store import CLOSE_NS, OPEN_NS, BarColumns, Memory, Store

CALL_SINGLE, CALL_MULTI, PUT_SINGLE, PUT_MULTI = range(4)
"""Parts of the chain: calls and puts, each of single-leg and of multi-leg prints."""
PARTS: Final = 4
ALL_PARTS: Final = (CALL_SINGLE, CALL_MULTI, PUT_SINGLE, PUT_MULTI)

VOLUME, TRADE_COUNT, BUY_VOLUME, SELL_VOLUME = range(4)
"""Counts of a cell; buy and sell by aggressor."""
COUNTS: Final = 4

SECOND_NS: Final = 1_000_000_000
_SECONDS_AT_ONCE: Final = 8_192
_COMPLEX = int(Rule.COMPLEX)
_NOT_COUNTED = int(Flag.CANCEL | Flag.TAKEN_BACK)


def empty_bars(open_ns: int, end_ns: int, memory: Memory) -> BarColumns:
    """Bars of a session without prints."""
    seconds = max(1, -(-(end_ns - open_ns) // SECOND_NS))
    return BarColumns(
        memory.room((seconds, PARTS, COUNTS), np.int64),
        memory.room((seconds, PARTS, SUMS, len(MEASURES)), np.int64),
        np.zeros(seconds, dtype=np.int32),
        np.zeros(seconds, dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class BarsCheckpoint:
    """A moment of the bars: what changed since the checkpoint before, and that one."""

    before: "BarsCheckpoint | None"
    version: int
    """Of the state at this moment."""
    seconds: NDArray[np.intp]
    cells: BarColumns
    """Of these seconds."""


def checkpoint_bars(
    bars: BarColumns, version: int, before: BarsCheckpoint | None, memory: Memory
) -> BarsCheckpoint:
    """A moment of bars that were made, or last restored, at the checkpoint before."""
    seconds = np.flatnonzero(bars.version > (before.version if before else 0))
    counts = memory.room((len(seconds), *bars.counts.shape[1:]), np.int64)
    sums = memory.room((len(seconds), *bars.sums.shape[1:]), np.int64)
    counts[...], sums[...] = bars.counts[seconds], bars.sums[seconds]
    cells = BarColumns(counts, sums, bars.spot[seconds], bars.version[seconds])
    return BarsCheckpoint(before, version, seconds, cells)


def restore_bars(
    bars: BarColumns, now: BarsCheckpoint | None, past: BarsCheckpoint, memory: Memory
) -> None:
    """Bring bars to another moment; only seconds that differ are touched, and few at once.

    Args:
        bars: Since the moment ``now``, at which they were made or last restored, they may have
            changed.
        now: None where no moment has been kept.
        past: The moment to go to, earlier or later.
        memory: Where the bars lie.
    """
    differ = bars.version > (now.version if now else 0)
    ours, theirs = chain_to(now), chain_to(past)
    shared = shared_by(ours, theirs)
    for part in (*ours[shared:], *theirs[shared:]):
        differ[part.seconds] = True
    for part in reversed(theirs):  # the newest that has a second tells how it was
        wanted = differ[part.seconds]
        seconds = part.seconds[wanted]
        cells = part.cells
        bars.counts[seconds], bars.sums[seconds] = cells.counts[wanted], cells.sums[wanted]
        bars.spot[seconds], bars.version[seconds] = cells.spot[wanted], cells.version[wanted]
        differ[seconds] = False
    fresh = np.flatnonzero(differ)
    for first in range(0, len(fresh), _SECONDS_AT_ONCE):
        for column in bars:
            column[fresh[first : first + _SECONDS_AT_ONCE]] = 0
        memory.let_go()


@inlined
def second_of(ts, open_ns, seconds):  # type: ignore[no-untyped-def]
    """The second of the session that a time counts in."""
    return min(max((ts - open_ns) // SECOND_NS, 0), seconds - 1)


@inlined
def part_of(print_, record):  # type: ignore[no-untyped-def]
    """The part of the chain that a print belongs to."""
    return (0 if record.is_call else PUT_SINGLE) + (1 if print_.rule == _COMPLEX else 0)


@inlined
def add_to_cell(counts, sums, print_, record, close_ns, sign):  # type: ignore[no-untyped-def]
    """Add (sign +1) or take back (-1) one print in a cell."""
    counts[VOLUME] += sign * print_.size
    counts[TRADE_COUNT] += sign
    if print_.aggressor > 0:
        counts[BUY_VOLUME] += sign * print_.size
    elif print_.aggressor < 0:
        counts[SELL_VOLUME] += sign * print_.size
    add_measures(sums, measures_of(print_, record, close_ns), print_, sign)


@dataclass(frozen=True, slots=True)
class Bars:
    """Flow of equal intervals, oldest first; also of those without prints."""

    start_ns: NDArray[np.int64]
    """First instant of each."""
    spot: NDArray[np.int32]
    """Last known one by the end of each, 1/10,000 $; 0 for none."""
    counts: NDArray[np.int64]
    """``[bars, COUNTS]``: volume, trade count, volume bought and sold by aggressors."""
    sums: NDArray[np.int64]
    """``[bars, SUMS, len(MEASURES)]``; see `measures` for the units."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Flow of some prints."""

    counts: NDArray[np.int64]
    """``[COUNTS]``."""
    sums: NDArray[np.int64]
    """``[SUMS, len(MEASURES)]``."""


def bars_of(
    store: Store, interval_s: int, parts: Sequence[int] = ALL_PARTS, *, seconds: int | None = None
) -> Bars:
    """Bars over some parts of the chain.

    Args:
        store: The session's.
        interval_s: Length of each bar, from the open on; the last one may be shorter.
        parts: Which to add up.
        seconds: How many seconds from the open on; all of the session by default.
    """
    seconds = len(store.bars.version) if seconds is None else min(seconds, len(store.bars.version))
    starts = np.arange(0, seconds, interval_s)
    summed = _summed(store, 0, seconds, interval_s, parts)
    return Bars(
        int(store.counters[OPEN_NS]) + starts * SECOND_NS,
        _spot_by(store.bars.spot[:seconds], starts, interval_s),
        summed.counts,
        summed.sums,
    )


def sums_of_seconds(store: Store, first: int, end: int, parts: Sequence[int] = ALL_PARTS) -> Sums:
    """Flow of some parts of the chain from one second of the session to before another."""
    first, end = max(first, 0), min(end, len(store.bars.version))
    summed = _summed(store, first, max(end, first), max(end - first, 1), parts)
    return Sums(summed.counts.sum(axis=0), summed.sums.sum(axis=0))


def _summed(store: Store, first: int, end: int, interval_s: int, parts: Sequence[int]) -> Sums:
    """Cells of the seconds ``first`` to before ``end`` by interval: a row each."""
    count = -(-(end - first) // interval_s)
    summed = Sums(
        np.zeros((count, COUNTS), dtype=np.int64),
        np.zeros((count, SUMS, len(MEASURES)), dtype=np.int64),
    )
    wanted = np.isin(np.arange(PARTS), list(parts))
    cells = store.bars
    _sum_cells(
        cells.counts[:end], cells.sums[:end], first, interval_s, wanted, summed.counts, summed.sums
    )
    return summed


def bars_over(
    store: Store, places: NDArray[np.intp], interval_s: int, *, seconds: int | None = None
) -> Bars:
    """Bars of some prints, given by their places; cancels and what they took back count nothing."""
    spots = store.bars.spot
    seconds = len(spots) if seconds is None else min(seconds, len(spots))
    starts = np.arange(0, seconds, interval_s)
    counts = np.zeros((len(starts), COUNTS), dtype=np.int64)
    sums = np.zeros((len(starts), SUMS, len(MEASURES)), dtype=np.int64)
    _add_places(store, places, interval_s, counts, sums)
    return Bars(
        int(store.counters[OPEN_NS]) + starts * SECOND_NS,
        _spot_by(spots[:seconds], starts, interval_s),
        counts,
        sums,
    )


def sums_of(store: Store, places: NDArray[np.intp]) -> Sums:
    """Flow of some prints; cancels and what they took back count nothing."""
    found = bars_over(store, places, len(store.bars.version))
    return Sums(found.counts[0], found.sums[0])


@njit(cache=True)
def _sum_cells(counts, sums, first, interval_s, wanted, by_bar, sums_by_bar):  # type: ignore[no-untyped-def]
    """Add the cells of the wanted parts, from a second on, to the bars they belong to."""
    for second in range(first, len(counts)):
        bar = (second - first) // interval_s
        for part in range(PARTS):
            if wanted[part] and counts[second, part, TRADE_COUNT]:
                for count in range(COUNTS):
                    by_bar[bar, count] += counts[second, part, count]
                for sum_ in range(SUMS):
                    for measure in range(sums.shape[3]):
                        sums_by_bar[bar, sum_, measure] += sums[second, part, sum_, measure]


def _spot_by(
    spots: NDArray[np.int32], starts: NDArray[np.intp], interval_s: int
) -> NDArray[np.int32]:
    """The last known spot by the end of each interval."""
    if not len(starts):
        return spots[:0]
    known = np.maximum.accumulate(np.where(spots > 0, np.arange(len(spots)), -1))
    last = known[np.minimum(starts + interval_s, len(spots)) - 1]
    return np.where(last >= 0, spots[last], np.int32(0))


@njit(cache=True, nogil=True)
def _add_places(store, places, interval_s, counts, sums):  # type: ignore[no-untyped-def]
    open_ns, close_ns = store.counters[OPEN_NS], store.counters[CLOSE_NS]
    for place in places:
        print_ = store.prints[place]
        if print_.flags & _NOT_COUNTED:
            continue
        bar = second_of(print_.ts, open_ns, len(store.bars.version)) // interval_s
        if bar < len(counts):
            record = store.contracts[print_.contract]
            add_to_cell(counts[bar], sums[bar], print_, record, close_ns, 1)
