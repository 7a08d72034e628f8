"""A recorded day as replay plays it: its events, and what came between them.

Everything has a place, from 0, in the one order in which the live engine took it.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QUOTE, TRADE, EventBatch, QuoteBatch, TradeBatch
from spymaster.core.day_events import BLOCK, DayEvents
from spymaster.core.errors import DataError
from spymaster.core.inputs import (
    ChainSeen,
    ContractsListed,
    Events,
    Input,
    Lost,
    Refilled,
    RuleChosen,
    SpanChosen,
    Started,
    Streaming,
    Whole,
)
from spymaster.engine.store import Memory
from spymaster.storage import coverage
from spymaster.storage.recordings import Recording, recordings
from spymaster.storage.segments import Reading

logger = logging.getLogger(__name__)

_LET_GO_EVERY: Final = 10
"""Blocks that are read before they need not be resident any longer."""


class RecordedDay(NamedTuple):
    """The inputs of a session."""

    events: DayEvents
    """All prints and quotes; `arrival` is their place."""
    others: tuple[tuple[int, Input], ...]
    """What else changed the engine, with its place, in order of place."""


def recording_to_replay(data_dir: Path, date: dt.date, underlying: str) -> Recording | None:
    """The recording of a day, unless the cache has more of that day than was recorded."""
    found = recordings(data_dir, date, underlying)
    if not found:
        return None
    kept = coverage.load(data_dir, date)
    sources = {
        kinds["trades"].source
        for kinds in (kept.contracts if kept else {}).values()
        if "trades" in kinds
    }
    return found[0] if sources <= coverage.RECORDED else None


def load_recorded(
    recording: Recording, memory: Memory, tell: Callable[[int], None] | None = None
) -> RecordedDay:
    """Read a recording.

    Args:
        recording: Which one.
        memory: Where its events lie.
        tell: Told how far it is: the newest event's time, UNIX ns.

    Raises:
        DataError: It cannot be read, or holds nothing.
    """
    blocks = _Blocks(memory)
    others: list[tuple[int, Input]] = []
    nothing = True
    for entry in recording.read(Reading()):
        match entry:
            case Events(batch):
                blocks.add(batch)
                nothing = nothing and not len(batch)
                if tell and blocks.newest:
                    tell(blocks.newest[-1])
            case (
                ContractsListed()
                | ChainSeen()
                | Refilled()
                | SpanChosen()
                | RuleChosen()
                | Started()
            ):
                others.append((blocks.pass_place(), entry))
                nothing = nothing and isinstance(entry, Started)
            case Streaming() | Whole() | Lost():
                pass
    if nothing:
        raise DataError(f"the recording of {recording.date} holds nothing yet")
    events = blocks.events()
    logger.info("Loaded %d historical trades", events.prints + _refilled(others))
    return RecordedDay(events, tuple(others))


class _Blocks:
    """Events as they are read, in blocks that need not stay resident.

    Args:
        memory: Where they lie.
    """

    def __init__(self, memory: Memory) -> None:
        self.newest: list[int] = []
        """Newest event time of each whole block, UNIX ns."""
        self._memory = memory
        self._place = 0
        self._starts = [0]
        self._blocks: list[EventBatch] = []
        self._parts: list[EventBatch] = []
        self._waiting = 0
        self._rejected = 0

    def add(self, batch: EventBatch) -> None:
        """Put events behind those so far."""
        self._rejected += batch.trades_rejected
        self._parts.append(_numbered(batch, self._place))
        self._place += len(batch)
        self._waiting += len(batch)
        if self._waiting >= BLOCK:
            self._close()

    def pass_place(self) -> int:
        """The next place, which is another input's."""
        self._place += 1
        return self._place - 1

    def events(self) -> DayEvents:
        """All of them."""
        self._close()
        return DayEvents(
            self._starts,
            self.newest,
            self._blocks.__getitem__,
            prints=sum(len(block.trades) for block in self._blocks),
            quotes=sum(len(block.quotes) for block in self._blocks),
            rejected=self._rejected,
        )

    def _close(self) -> None:
        """Make a block of what has come since the last one."""
        block = EventBatch(
            TradeBatch(self._kept(TRADE, [part.trades for part in self._parts])),
            QuoteBatch(self._kept(QUOTE, [part.quotes for part in self._parts])),
        )
        self._blocks.append(block)
        self._starts.append(self._place)
        self.newest.append(block.newest_ns)
        self._parts, self._waiting = [], 0
        if len(self._blocks) % _LET_GO_EVERY == 0:
            self._memory.let_go()

    def _kept(
        self, kind: np.dtype[np.void], parts: Sequence[TradeBatch | QuoteBatch]
    ) -> NDArray[np.void]:
        rows: NDArray[np.void] = self._memory.room(sum(map(len, parts)), kind)
        if len(rows):
            np.concatenate([part.rows for part in parts], out=rows)
        return rows


def _numbered(batch: EventBatch, first: int) -> EventBatch:
    """The same events with their places, in the order of their arrival."""
    arrival = np.concatenate([batch.trades.arrival, batch.quotes.arrival])
    place = np.empty(len(arrival), dtype=np.int64)
    place[np.argsort(arrival, kind="stable")] = np.arange(first, first + len(arrival))
    count = len(batch.trades)
    return EventBatch(batch.trades.numbered(place[:count]), batch.quotes.numbered(place[count:]))


def _refilled(others: list[tuple[int, Input]]) -> int:
    return sum(len(entry.trades) for _, entry in others if isinstance(entry, Refilled))
