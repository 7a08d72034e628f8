from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.errors import DataError
from spymaster.core.inputs import ContractsListed, Input, SpanChosen, Started
from spymaster.engine.store import ProcessMemory
from spymaster.storage import recorded_day
from spymaster.storage.recorded_day import RecordedDay, load_recorded
from spymaster.storage.recordings import Recording
from spymaster.storage.scratch import ScratchMemory

from .journal_support import DAY, OPEN_NS, events, journal

SMALL = 7


def recorded(folder: Path, inputs: list[Input]) -> Recording:
    """A recording of some inputs, each written by itself."""
    recording = Recording(folder, DAY, "SPY-sim0")
    made = journal(recording.folder)
    for entry in inputs:
        made.record(entry)
        made.step(0.0)
    made.step(1.0)
    return recording


def inputs_of(sizes: list[int | None]) -> list[Input]:
    """Events of so many rows, prints and quotes in turn; None is a span that is chosen."""
    made: list[Input] = []
    first = 0
    for size in sizes:
        if size is None:
            made.append(SpanChosen(3))
            continue
        made.append(events(first, [0] * (size // 2), [1] * (size - size // 2), rejected=1))
        first += size
    return made


def rows_of(day: RecordedDay, end: int) -> list[tuple[int, int, int]]:
    """Place, contract and time of each event."""
    batch = day.events.between(0, end)
    rows = [
        *zip(batch.trades.arrival, batch.trades.contract, batch.trades.ts_event, strict=True),
        *zip(batch.quotes.arrival, batch.quotes.contract, batch.quotes.ts_event, strict=True),
    ]
    return sorted(tuple(map(int, row)) for row in rows)


@settings(deadline=None)
@given(sizes=st.lists(st.none() | st.integers(0, 2 * SMALL), min_size=1).filter(any))
def test_every_input_has_its_place_whatever_the_blocks(tmp_path_factory, sizes):
    recording = recorded(tmp_path_factory.mktemp("data"), inputs_of(sizes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded_day, "BLOCK", SMALL)
        patch.setattr(recorded_day, "_LET_GO_EVERY", 2)
        day = load_recorded(recording, ScratchMemory(recording.data_dir))
    whole = load_recorded(recording, ProcessMemory())
    assert [place for place, _ in day.others] == [place for place, _ in whole.others]
    count = sum(size or 0 for size in sizes)
    assert (len(day.events), day.events.rejected) == (count, whole.events.rejected)
    end = count + len(day.others)
    rows = rows_of(day, end)
    assert rows == rows_of(whole, end)
    places = {place for place, _, _ in rows} | {place for place, _ in day.others}
    assert places == set(range(end))
    times = [OPEN_NS + place for place in range(count)]
    for at in (OPEN_NS - 1, *times):
        assert day.events.first_later(at) == whole.events.first_later(at)
    assert [day.events.newest_before(place) for place in range(end + 1)] == [
        whole.events.newest_before(place) for place in range(end + 1)
    ]


def test_tells_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded_day, "BLOCK", SMALL)
    told: list[int] = []
    load_recorded(recorded(tmp_path, inputs_of([SMALL, 3, SMALL])), ProcessMemory(), told.append)
    assert told == [OPEN_NS + SMALL - 1, OPEN_NS + SMALL - 1, OPEN_NS + 2 * SMALL + 2]


@pytest.mark.parametrize("inputs", [[], [Started(3)]])
def test_an_empty_recording_is_none(tmp_path, inputs):
    with pytest.raises(DataError, match="holds nothing yet"):
        load_recorded(recorded(tmp_path, inputs), ProcessMemory())


def test_a_recording_without_events_has_other_inputs(tmp_path):
    day = load_recorded(recorded(tmp_path, [SpanChosen(3)]), ProcessMemory())
    assert (len(day.events), day.events.first_later(0), day.events.end_ns) == (0, None, 0)
    assert [type(entry) for _, entry in day.others] == [SpanChosen]
    assert np.size(day.events.between(0, 1).trades.rows) == 0


def test_what_was_listed_has_a_place_too(tmp_path):
    day = load_recorded(recorded(tmp_path, inputs_of([4])), ProcessMemory())
    assert [(place, type(entry)) for place, entry in day.others] == [(0, ContractsListed)]
    assert {place for place, _, _ in rows_of(day, 5)} == {1, 2, 3, 4}
