import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.errors import DataError
from spymaster.core.inputs import (
    ContractsListed,
    Events,
    Input,
    Lost,
    Refilled,
    SpanChosen,
    Streaming,
    Whole,
)
from spymaster.storage import journal as module
from spymaster.storage.input_codec import encode
from spymaster.storage.journal import RETRY_S, SYNC_S
from spymaster.storage.segments import SUFFIX, Reading, frame, read_segments, segments

from .journal_support import (
    TICKERS,
    FailingDisk,
    events,
    journal,
    one_of_each,
    plain,
    read,
)


def written(folder: Path, inputs: list[Input], reading: Reading | None = None) -> Path:
    """One process's segment of some inputs, each written by itself."""
    reading = reading or Reading()
    number = len(segments(folder)) + 1
    made = journal(folder, reading, number)
    for entry in inputs:
        made.record(entry)
        made.step(0.0)
    made.step(SYNC_S)
    return folder / f"{number:08d}{SUFFIX}"


def without_listings(inputs: list[Input]) -> list[object]:
    return [plain(entry) for entry in inputs if not isinstance(entry, ContractsListed)]


def test_what_is_recorded_is_read_bit_for_bit(tmp_path: Path) -> None:
    written(tmp_path, one_of_each())
    assert without_listings(read(tmp_path)) == [plain(entry) for entry in one_of_each()]


def test_contracts_are_listed_before_the_first_input_that_needs_them(tmp_path: Path) -> None:
    written(tmp_path, [SpanChosen(3), events(0, [0], [])])
    span, listed, _ = read(tmp_path)
    assert span == SpanChosen(3)
    assert listed == ContractsListed(list(TICKERS))


def test_events_that_waited_together_are_one_record(tmp_path: Path) -> None:
    made = journal(tmp_path)
    for first in range(0, 30, 3):
        made.record(events(first, [0], [1, 2]))
    made.step(0.0)
    _, joined = read(tmp_path)
    assert isinstance(joined, Events)
    assert sorted([*joined.batch.trades.arrival, *joined.batch.quotes.arrival]) == list(range(30))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 3000))
def test_a_torn_tail_costs_only_what_was_torn(tmp_path_factory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    path = written(folder, one_of_each())
    whole = read(folder)
    path.write_bytes(path.read_bytes()[:cut])
    left = read(folder)
    assert [plain(entry) for entry in left] == [plain(entry) for entry in whole[: len(left)]]


@settings(max_examples=80, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_never_taken_for_data(tmp_path_factory, place: int, bit: int) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    path = written(folder, one_of_each())
    whole = [plain(entry) for entry in read(folder)]
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    left = [plain(entry) for entry in read(folder)]
    assert left == whole[: len(left)]
    assert len(left) < len(whole)


def test_a_new_process_goes_on_behind_a_torn_tail(tmp_path: Path) -> None:
    path = written(tmp_path, one_of_each())
    path.write_bytes(path.read_bytes()[:-1])
    reading = Reading()
    before = list(read_segments([path], reading))
    written(tmp_path, [events(7, [1], [])], reading)
    after = read(tmp_path)
    assert [plain(entry) for entry in after[: len(before)]] == [plain(entry) for entry in before]
    assert [plain(entry) for entry in after[len(before) :]] == [plain(events(7, [1], []))]


def test_a_segment_that_suffers_later_leaves_a_hole_that_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, one_of_each())
    reading = Reading()
    list(read_segments([path], reading))
    written(tmp_path, [events(7, [1], [])], reading)
    path.write_bytes(path.read_bytes()[:-20])
    assert [entry for entry in read(tmp_path) if isinstance(entry, Lost)] == [Lost(0)]
    assert plain(read(tmp_path)[-1]) == plain(events(7, [1], []))


@pytest.mark.parametrize(
    "entry",
    [
        events(0, [0, 3], [1]),
        events(0, [], [-1]),
        Refilled(3, events(0, [], []).batch.trades, events(0, [], []).batch.quotes),
        Refilled(1, events(0, [3], []).batch.trades, events(0, [], []).batch.quotes),
        Streaming([0, 2**64 - 1], True),
        Whole(3, 0),
    ],
)
def test_a_contract_that_was_not_listed_ends_the_reading_there(
    tmp_path: Path, entry: Input
) -> None:
    listed = ContractsListed(list(TICKERS))
    path = tmp_path / f"1{SUFFIX}"
    path.write_bytes(b"".join(frame(encode(one)) for one in (listed, SpanChosen(3), entry)))
    reading = read_segments([path], Reading())
    assert [next(reading), next(reading)] == [listed, SpanChosen(3)]
    with pytest.raises(DataError, match="a contract that was not listed before it"):
        next(reading)


def test_nothing_is_lost_while_the_disk_is_full_and_the_queue_is_not(tmp_path: Path) -> None:
    disk = FailingDisk()
    made = journal(tmp_path, disk=disk)
    made.record(SpanChosen(3))
    made.step(0.0)
    disk.full = True
    made.record(events(0, [0], [1]))
    made.step(1.0)
    assert made.trouble is not None
    assert "No space left on device" in made.trouble
    assert "2 events wait" in made.trouble
    made.step(1.0 + RETRY_S / 2)
    assert disk.failures == 1
    disk.full = False
    made.step(1.0 + RETRY_S)
    assert made.trouble is None
    assert made.remark is None
    assert without_listings(read(tmp_path)) == [plain(SpanChosen(3)), plain(events(0, [0], [1]))]


def test_what_a_full_queue_leaves_out_is_counted_and_its_place_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    disk = FailingDisk(full=True)
    made = journal(tmp_path, disk=disk)
    for first in (0, 2, 4, 6):
        made.record(events(first, [0], [1]))
    made.step(0.0)
    assert made.trouble is not None
    assert "4 events are lost" in made.trouble
    disk.full = False
    made.step(RETRY_S)
    made.record(events(8, [0], []))
    made.step(RETRY_S)
    assert made.trouble is None
    assert made.remark == "the recording has a hole: 4 events are lost to it"
    _, kept, lost, later = read(tmp_path)
    assert isinstance(kept, Events)
    assert len(kept.batch) == 4
    assert lost == Lost(4)
    assert plain(later) == plain(events(8, [0], []))


def test_a_file_in_place_of_the_folder_is_said_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.write_text("mine")
    made = journal(folder / "day")
    made.record(SpanChosen(3))
    made.step(0.0)
    assert made.trouble is not None
    assert "cannot be written" in made.trouble
    assert folder.read_text() == "mine"
    folder.unlink()
    made.step(RETRY_S)
    assert made.trouble is None
    assert read(folder / "day") == [SpanChosen(3)]


def test_a_file_that_may_not_grow_loses_nothing_that_it_holds(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.record(events(0, [0], [1]))
    made.step(0.0)
    held = read(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        made.record(events(2, [0] * 40, [1] * 40))
        made.step(1.0)
        assert made.trouble is not None
        assert "File too large" in made.trouble
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [plain(entry) for entry in read(tmp_path)] == [plain(entry) for entry in held]
    made.step(1.0 + RETRY_S)
    assert plain(read(tmp_path)[-1]) == plain(events(2, [0] * 40, [1] * 40))


def test_a_journal_that_is_deleted_while_it_is_written_goes_on_in_a_new_file(
    tmp_path: Path,
) -> None:
    made = journal(tmp_path)
    made.record(events(0, [0], []))
    made.step(0.0)
    (tmp_path / f"00000001{SUFFIX}").unlink()
    made.step(SYNC_S)
    assert made.trouble is not None
    assert "deleted" in made.trouble
    made.record(events(1, [0], []))
    made.step(SYNC_S + RETRY_S)
    lost, _, kept = read(tmp_path)
    assert lost == Lost(0)
    assert plain(kept) == plain(events(1, [0], []))
