"""The derived file of a day gives what the contracts' files give, block by block."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.core import day_events
from spymaster.core.batches import EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.day_events import DayEvents
from spymaster.core.errors import DataError
from spymaster.storage import sorted_day
from spymaster.storage.day_files import DayFiles

from .test_day_files import CALL, DAY, PUT, T, load, path_of, write_quotes, write_trades

DERIVED = "historical/days/2025-12-16.SPY.parquet"
SECOND = 1_000_000_000


def write_day(data_dir: Path) -> None:
    """Prints and quotes of two contracts, and a row that is no print."""
    random = np.random.default_rng(1)
    for ticker in (CALL, PUT):
        trades = [
            {
                "sip_timestamp": T + int(at) * SECOND,
                "price": float(random.integers(1, 500)) / 100,
                "size": int(random.integers(1, 20)),
                "exchange": 302,
                "conditions": [209, 219],
            }
            for at in random.integers(0, 600, 40)
        ]
        write_trades(data_dir, ticker, *trades, {"size": 0})
        quotes = [
            {"sip_timestamp": T + int(at) * SECOND, "bid_exchange": 303, "ask_exchange": 304}
            for at in random.integers(0, 600, 120)
        ]
        write_quotes(data_dir, ticker, *quotes)


def events(data_dir: Path, table: ContractTable | None = None, since_ns: int = 0) -> DayEvents:
    return DayFiles(data_dir, DAY).events(table or ContractTable("SPY", DAY), since_ns)


def check_same(found: EventBatch, expected: EventBatch) -> None:
    for rows, others in ((found.trades, expected.trades), (found.quotes, expected.quotes)):
        for name in rows.DTYPE.names:
            ours, theirs = getattr(rows, name), getattr(others, name)
            assert ours.dtype == theirs.dtype, name
            assert np.array_equal(ours, theirs), name


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(day_events, "BLOCK", 50)
    monkeypatch.setattr(sorted_day, "BLOCK", 50)


@pytest.mark.usefixtures("small_blocks")
def test_it_gives_what_the_contracts_files_give(tmp_path):
    write_day(tmp_path)
    expected = load(tmp_path)
    for _ in ("made", "read"):
        found = events(tmp_path)
        assert (found.prints, found.quotes, found.rejected) == (80, 240, 2)
        check_same(found.between(0, 320), expected)
        for start, stop in ((0, 1), (49, 51), (100, 100), (130, 290), (310, 320)):
            found.begin(start)
            check_same(found.between(start, stop), DayEvents.of(expected).between(start, stop))
    assert (tmp_path / DERIVED).exists()


def test_how_far_it_is_made_is_told_until_it_is_and_not_again(tmp_path):
    write_day(tmp_path)
    told: list[float] = []
    for _ in ("made", "read"):
        DayFiles(tmp_path, DAY).events(ContractTable("SPY", DAY), 0, told.append)
    # A row of each file of prints is none, so that it is read and never put in order.
    assert told == sorted(told)
    assert told[:4] == [120 / 644, 240 / 644, 281 / 644, 322 / 644]
    assert told[4:] == [642 / 644]


def test_a_day_of_files_without_a_row_is_told_to_be_nothing(tmp_path):
    write_trades(tmp_path, CALL)
    told: list[float] = []
    assert len(DayFiles(tmp_path, DAY).events(ContractTable("SPY", DAY), 0, told.append)) == 0
    assert told == []


@pytest.mark.usefixtures("small_blocks")
def test_times_are_found_as_by_looking_at_every_event(tmp_path):
    write_day(tmp_path)
    rows = load(tmp_path)
    places = np.concatenate([rows.trades.arrival, rows.quotes.arrival])
    times = np.concatenate([rows.trades.ts_event, rows.quotes.ts_event])[np.argsort(places)]
    newest = np.maximum.accumulate(times)
    for found in (events(tmp_path), DayEvents.of(rows)):
        assert (found.first_ns, found.end_ns) == (newest[0], newest[-1])
        for ns in range(T - SECOND, T + 601 * SECOND, 7 * SECOND):
            later = np.flatnonzero(newest > ns)
            assert found.first_later(ns) == (later[0] if len(later) else None)
        assert found.newest_before(0) is None
        for place in (1, 49, 50, 51, 319, 320):
            assert found.newest_before(place) == newest[place - 1]
        for place in (0, 50, 99, 319):
            later = rows.trades.arrival[rows.trades.arrival >= place]
            assert found.next_print(place) == (later[0] if len(later) else None)


def test_it_is_read_the_second_time_and_made_again_when_stale(tmp_path):
    write_day(tmp_path)
    events(tmp_path)
    made = (tmp_path / DERIVED).stat().st_ino
    events(tmp_path)
    assert (tmp_path / DERIVED).stat().st_ino == made
    write_trades(tmp_path, CALL, {})
    assert events(tmp_path).prints == 41
    assert (tmp_path / DERIVED).stat().st_ino != made


@pytest.mark.parametrize("change", ["touched", "added", "removed", "later"])
def test_what_makes_it_stale(tmp_path, change):
    write_day(tmp_path)
    events(tmp_path)
    made = (tmp_path / DERIVED).stat().st_ino
    if change == "touched":
        os.utime(path_of(tmp_path, PUT), ns=(T, T))
    elif change == "added":
        write_trades(tmp_path, "O:SPY251216C00601000", {})
    elif change == "removed":
        path_of(tmp_path, PUT, "quotes").unlink()
    events(tmp_path, since_ns=T if change == "later" else 0)
    assert (tmp_path / DERIVED).stat().st_ino != made


def test_a_damaged_one_is_made_again(tmp_path, caplog):
    write_day(tmp_path)
    events(tmp_path)
    (tmp_path / DERIVED).write_bytes(b"PAR1 no file PAR1")
    check_same(events(tmp_path).between(0, 320), load(tmp_path))
    assert "is unreadable" in caplog.text


def test_a_number_that_no_contract_has_is_refused(tmp_path):
    write_day(tmp_path)
    events(tmp_path)
    whole = pq.read_table(tmp_path / DERIVED)
    wrong = pa.array(np.full(whole.num_rows, 10_000, dtype=np.int32))
    place = whole.column_names.index("contract")
    note = pq.read_metadata(tmp_path / DERIVED).metadata
    damaged = whole.set_column(place, whole.field(place), wrong).replace_schema_metadata(note)
    pq.write_table(damaged, tmp_path / DERIVED)
    with pytest.raises(DataError, match=r"is damaged .*; delete it and replay"):
        events(tmp_path).between(0, 320)


def test_numbers_of_contracts_are_those_of_the_table(tmp_path):
    write_day(tmp_path)
    events(tmp_path)
    table = ContractTable("SPY", DAY)
    put = table.number(PUT)
    found = events(tmp_path, table).between(0, 320).trades
    expected = load(tmp_path).trades
    assert np.array_equal(found.contract == put, expected.contract == 1)
    assert table.find(CALL) == 1


def test_where_it_cannot_be_written_the_day_is_held_in_memory(tmp_path, caplog):
    write_day(tmp_path)
    (tmp_path / "historical" / "days").write_text("in the way")
    check_same(events(tmp_path).between(0, 320), load(tmp_path))
    assert "held in memory" in caplog.text
