"""Recording, coming back, and keeping the day, without a feed."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spymaster.core.batches import NO_QUOTES, EventBatch, trade_batch
from spymaster.core.errors import DataError
from spymaster.core.inputs import Events, Input, SpanChosen, Started, Streaming, Whole
from spymaster.core.sessions import Session, default_calendar
from spymaster.storage import contract_files, coverage
from spymaster.storage.coverage_check import files_of
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.input_codec import encode
from spymaster.storage.persistence_engine import PersistenceEngine, keep_older
from spymaster.storage.places import contract_file, snapshots_file
from spymaster.storage.recorded_day import recording_to_replay
from spymaster.storage.recordings import recordings
from spymaster.storage.retention import drop_older
from spymaster.storage.schema import KINDS
from spymaster.storage.segments import Reading, frame, segments

from .journal_support import DAY, TICKERS, chain, events, one_of_each, plain, table


def session(date: dt.date = DAY) -> Session:
    return default_calendar().session(date)


def engine(data_dir: Path, source: str = "live", date: dt.date = DAY) -> PersistenceEngine:
    return PersistenceEngine(data_dir, session(date), "SPY", source)


def recorded(data_dir: Path, inputs: list[Input], source: str = "live") -> PersistenceEngine:
    made = engine(data_dir, source)
    made.load()
    made.start(table())
    for entry in inputs:
        made.record(entry)
    return made


def loaded(data_dir: Path, source: str = "live") -> list[object]:
    made = engine(data_dir, source)
    inputs = made.load()
    made.close()
    return [plain(entry) for entry in inputs]


def test_what_was_recorded_is_there_after_a_restart(tmp_path: Path) -> None:
    recorded(tmp_path, one_of_each()).close()
    first = loaded(tmp_path)
    assert plain(one_of_each()[-1]) == first[-1]
    recorded(tmp_path, [events(6, [1], [])]).close()
    assert loaded(tmp_path) == [*first, plain(events(6, [1], []))]


def test_what_was_recorded_before_an_unreadable_input_is_there(tmp_path: Path) -> None:
    recorded(tmp_path, [SpanChosen(3), Started(3)]).close()
    [recording] = recordings(tmp_path, DAY, "SPY")
    [(_, path)] = segments(recording.folder)
    with path.open("ab") as stream:
        stream.write(frame(encode(Whole(0, 0))))
    made = engine(tmp_path)
    assert made.load() == [SpanChosen(3), Started(3)]
    assert made.trouble is not None
    assert "a recorded input is unreadable" in made.trouble
    made.close()


def test_a_simulated_session_is_never_taken_for_a_live_one(tmp_path: Path) -> None:
    recorded(tmp_path, one_of_each(), "sim0").close()
    assert loaded(tmp_path, "live") == []
    assert loaded(tmp_path, "sim1") == []
    assert loaded(tmp_path, "sim0")


def test_two_processes_do_not_record_the_same_session(tmp_path: Path) -> None:
    first = recorded(tmp_path, [SpanChosen(3)])
    second = recorded(tmp_path, [SpanChosen(5)])
    assert second.trouble is not None
    assert "another SPYMASTER records this session" in second.trouble
    second.close()
    first.close()
    assert loaded(tmp_path) == [plain(SpanChosen(3))]


def test_events_of_another_day_are_not_recorded_and_the_clock_is_blamed(tmp_path: Path) -> None:
    made = PersistenceEngine(tmp_path, session(dt.date(2025, 12, 17)), "SPY", "live")
    made.load()
    made.start(table())
    made.record(events(0, [0], [1]))
    assert made.trouble is not None
    assert "events are of 2025-12-16, the session is 2025-12-17" in made.trouble
    made.close()
    assert not recordings(tmp_path, dt.date(2025, 12, 17), "SPY")


def test_a_file_in_place_of_the_data_folder_stops_nothing(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("not a folder")
    made = recorded(place, one_of_each())
    made.close()
    assert made.trouble is not None
    assert "cannot be written" in made.trouble
    assert place.read_text() == "not a folder"


DAY_LONG: list[Input] = [
    Started(3),
    chain(),
    Streaming([0, 1], True),
    events(0, [0, 1, 0], [1, 1]),
    Whole(0, session().end_ns + 1),
    Whole(1, session().open_ns + 60_000_000_000),
]


def test_the_day_is_kept_with_what_is_known_of_its_holes(tmp_path: Path) -> None:
    made = recorded(tmp_path, DAY_LONG)
    made.keep()
    made.close()
    kept = coverage.load(tmp_path, DAY)
    assert kept is not None
    whole, cut = kept.held(TICKERS[0], "trades"), kept.held(TICKERS[1], "trades")
    assert whole is not None
    assert cut is not None
    assert (whole.rows, whole.complete, whole.source) == (2, True, "live")
    assert (cut.rows, cut.complete) == (1, False)
    folder = tmp_path / "historical"
    rows = pq.read_table(folder / "trades" / f"{DAY}" / f"{TICKERS[0].replace(':', '_')}.parquet")
    assert rows["arrival"].to_pylist() == [0, 2]
    assert rows["sequence_number"].to_pylist() == [7, 7]
    snapshots = pq.read_table(folder / "snapshots" / f"{DAY}.parquet")
    assert snapshots["delta"].to_pylist() == [0.5, None, -0.25]


def test_quotes_are_held_from_where_the_stream_began(tmp_path: Path) -> None:
    late = events(60_000_000_000, [], [0, 0])
    made = recorded(tmp_path, [Started(3), chain(), Streaming([0], True), late])
    made.keep()
    made.close()
    kept = coverage.load(tmp_path, DAY)
    assert kept is not None
    held = kept.held(TICKERS[0], "quotes")
    begun = session().open_ns + 60_000_000_000
    assert held is not None
    assert (held.intervals, held.complete) == ([(begun, begun + 1)], False)


def test_a_sealed_day_reads_as_the_journal_did_and_goes_on(tmp_path: Path) -> None:
    made = recorded(tmp_path, DAY_LONG)
    made.keep()
    (recording,) = recordings(tmp_path, DAY, "SPY")
    assert segments(recording.folder) == []
    first = [plain(entry) for entry in recording.read(Reading())]
    made.record(events(5, [2], []))
    made.close()
    assert loaded(tmp_path) == [*first, plain(events(5, [2], []))]
    again = engine(tmp_path)
    again.load()
    again.start(table())
    again.keep()
    again.close()
    assert segments(recording.folder) == []
    assert loaded(tmp_path) == [*first, plain(events(5, [2], []))]


def test_a_kill_between_sealing_and_clearing_leaves_nothing_twice(tmp_path: Path) -> None:
    made = recorded(tmp_path, DAY_LONG)
    made.close()
    (recording,) = recordings(tmp_path, DAY, "SPY")
    before = loaded(tmp_path)
    ((_, path),) = segments(recording.folder)
    copy = path.read_bytes()
    recording.seal(recording.next_number())
    path.write_bytes(copy)
    assert loaded(tmp_path) == before


def test_days_whose_close_was_missed_are_kept_at_the_next_start(tmp_path: Path) -> None:
    recorded(tmp_path, DAY_LONG).close()
    keep_older(tmp_path, "SPY", dt.date(2025, 12, 17))
    assert coverage.load(tmp_path, DAY) is not None
    (recording,) = recordings(tmp_path, DAY, "SPY")
    assert segments(recording.folder) == []


def test_a_folder_of_no_session_keeps_no_other_day_from_being_kept(tmp_path: Path) -> None:
    recorded(tmp_path, DAY_LONG).close()
    (recording,) = recordings(tmp_path, DAY, "SPY")
    ((_, path),) = segments(recording.folder)
    stray = tmp_path / "journal" / "2009-01-05" / recording.name / path.name
    stray.parent.mkdir(parents=True)
    stray.write_bytes(path.read_bytes())
    keep_older(tmp_path, "SPY", dt.date(2025, 12, 17))
    assert coverage.load(tmp_path, DAY) is not None


def prints(price: float, size: int) -> Input:
    batch, _ = trade_batch(
        [0], [session().open_ns + 5_000_000_000], [price], [size], [302], [0], [7], [0]
    )
    return Events(EventBatch(batch, NO_QUOTES, 0))


def kept_prints(data_dir: Path) -> list[tuple[float, int]]:
    rows = contract_files.read(contract_file(data_dir, "trades", DAY, TICKERS[0])).to_pylist()
    return [(row["price"], row["size"]) for row in rows]


def snapshot_times(data_dir: Path) -> list[int]:
    path = snapshots_file(data_dir, DAY)
    return pq.read_table(path)["ts_received"].unique().to_pylist() if path.exists() else []


@pytest.mark.parametrize("real_first", [True, False])
def test_a_day_that_was_simulated_and_then_live_is_kept_as_the_live_one(
    tmp_path: Path, real_first: bool
) -> None:
    simulated = recorded(tmp_path, [chain(), prints(9.99, 777)], "sim0")
    live = recorded(tmp_path, [prints(1.25, 3)])
    for made in (live, simulated) if real_first else (simulated, live):
        made.keep()
        made.close()
    kept = coverage.load(tmp_path, DAY)
    assert kept is not None
    assert not kept.is_simulated
    assert kept.chains["SPY"].listed == []
    assert kept_prints(tmp_path) == [(1.25, 3)]
    assert snapshot_times(tmp_path) == []
    assert set(kept.others) == {
        f"historical/days/{DAY}.SPY-{name}.recording" for name in ("live", "sim0")
    }
    assert HistoricalDataCache(tmp_path).verify() == []
    assert loaded(tmp_path, "sim0")
    replayed = recording_to_replay(tmp_path, DAY, "SPY")
    assert replayed is not None
    assert replayed.is_live


def test_a_simulated_recording_of_a_real_day_is_sealed_once(tmp_path: Path) -> None:
    recorded(tmp_path, [prints(9.99, 777)], "sim0").close()
    recorded(tmp_path, [prints(1.25, 3)]).close()
    for _ in range(2):
        keep_older(tmp_path, "SPY", dt.date(2025, 12, 17))
    assert kept_prints(tmp_path) == [(1.25, 3)]
    assert [segments(one.folder) for one in recordings(tmp_path, DAY, "SPY")] == [[], []]


def test_a_cache_that_cannot_be_written_leaves_the_journal(tmp_path: Path) -> None:
    made = recorded(tmp_path, DAY_LONG)
    (tmp_path / "historical").write_text("in the way")
    with pytest.raises(DataError):
        made.keep()
    made.close()
    assert len(loaded(tmp_path)) >= len(DAY_LONG)


def test_an_ended_simulation_is_left_and_the_next_run_is_another(tmp_path: Path) -> None:
    late = session().close_ns - events(0, [0], []).batch.trades.ts_event[0]
    over = events(int(late), [0], [])
    recorded(tmp_path, [over], "sim0").close()
    made = recorded(tmp_path, [SpanChosen(3)], "sim0")
    made.close()
    assert loaded(tmp_path, "sim0") == [plain(SpanChosen(3))]
    assert len(recordings(tmp_path, DAY, "SPY")) == 2


def test_retention_drops_older_days_and_never_the_session_s(tmp_path: Path) -> None:
    recorded(tmp_path, DAY_LONG).close()
    drop_older(tmp_path, DAY, 1)
    drop_older(tmp_path, DAY + dt.timedelta(days=5), 5)
    assert loaded(tmp_path)
    drop_older(tmp_path, DAY + dt.timedelta(days=6), 5)
    assert not recordings(tmp_path, DAY, "SPY")


@pytest.mark.parametrize("limit", [100, 2_000, 4_000])
def test_a_disk_that_fills_up_at_the_close_costs_nothing(tmp_path: Path, limit: int) -> None:
    """In a process that really may write no more: in Parquet files, coverage or the seal."""
    recorded(tmp_path, DAY_LONG).close()
    before = loaded(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "storage.limited_keeper", str(tmp_path), str(limit)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be" in done.stdout
    assert done.stdout.count("\n") == 1
    assert not list(tmp_path.rglob("*.part"))
    assert loaded(tmp_path) == before
    for kind in KINDS:
        for path in files_of(tmp_path, kind, DAY):
            contract_files.inspect(path, kind)

    keep_older(tmp_path, "SPY", dt.date(2025, 12, 17))
    assert loaded(tmp_path) == before
    kept = coverage.load(tmp_path, DAY)
    assert kept is not None
    assert HistoricalDataCache(tmp_path).verify(DAY) == []
    held = kept.held(TICKERS[0], "trades")
    assert held is not None
    assert (held.rows, held.complete) == (2, True)
