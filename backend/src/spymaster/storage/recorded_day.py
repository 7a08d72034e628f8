"""A recorded day as replay plays it: its events, and what came between them.

Everything has a place, from 0, in the one order in which the live engine took it.
"""

import datetime as dt
import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.day_events import DayEvents
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
from spymaster.storage import coverage
from spymaster.storage.recordings import Recording, recordings
from spymaster.storage.segments import Reading

logger = logging.getLogger(__name__)


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


def load_recorded(recording: Recording) -> RecordedDay:
    """Read a recording.

    Raises:
        DataError: It cannot be read, or holds nothing.
    """
    trades: list[TradeBatch] = []
    quotes: list[QuoteBatch] = []
    others: list[tuple[int, Input]] = []
    rejected = place = 0
    nothing = True
    for entry in recording.read(Reading()):
        match entry:
            case Events(batch):
                numbered = _numbered(batch, place)
                trades.append(numbered.trades)
                quotes.append(numbered.quotes)
                rejected += batch.trades_rejected
                place += len(batch)
                nothing = nothing and not len(batch)
            case (
                ContractsListed()
                | ChainSeen()
                | Refilled()
                | SpanChosen()
                | RuleChosen()
                | Started()
            ):
                others.append((place, entry))
                nothing = nothing and isinstance(entry, Started)
                place += 1
            case Streaming() | Whole() | Lost():
                pass
    if nothing:
        raise DataError(f"the recording of {recording.date} holds nothing yet")
    events = EventBatch(TradeBatch.concat(trades), QuoteBatch.concat(quotes), rejected)
    logger.info("Loaded %d historical trades", len(events.trades) + _refilled(others))
    return RecordedDay(DayEvents.of(events), tuple(others))


def _numbered(batch: EventBatch, first: int) -> EventBatch:
    """The same events with their places, in the order of their arrival."""
    arrival = np.concatenate([batch.trades.arrival, batch.quotes.arrival])
    place = np.empty(len(arrival), dtype=np.int64)
    place[np.argsort(arrival, kind="stable")] = np.arange(first, first + len(arrival))
    count = len(batch.trades)
    return EventBatch(batch.trades.numbered(place[:count]), batch.quotes.numbered(place[count:]))


def _refilled(others: list[tuple[int, Input]]) -> int:
    return sum(len(entry.trades) for _, entry in others if isinstance(entry, Refilled))
