"""A day's rows come out in one order, whichever way they went in, and few are held at once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.core.batches import EventBatch, Gathered, QuoteBatch, TradeBatch, quote_batch
from spymaster.core.errors import DataError
from spymaster.engine.store import ProcessMemory
from spymaster.storage import day_sort
from spymaster.storage.day_sort import DaySort
from spymaster.storage.scratch import ScratchMemory

from .test_day_files import CALL, DAY, QUOTE_TYPES, T, path_of, write_trades

SORTER = Path(__file__).with_name("day_sorter.py")


def runs_of(random: np.random.Generator, arrivals: str) -> list[TradeBatch | QuoteBatch]:
    """Runs of all lengths; half of them by time, and times and arrivals that are equal at times."""
    runs: list[TradeBatch | QuoteBatch] = []
    for number, length in enumerate(random.integers(0, 300, 30).tolist()):
        kind = TradeBatch if number % 2 else QuoteBatch
        columns = {
            name: random.integers(0, 100, length).astype(dtype)
            for name, dtype in zip(kind.__match_args__, kind.DTYPES, strict=True)
        }
        columns["ts_event"] = T + random.integers(0, 2_000, length)
        columns["arrival"] = random.integers(0, 2_000, length)
        if number % 4 < 2:
            columns["ts_event"].sort()
            columns["arrival"].sort()
        if arrivals == "none":
            columns["arrival"][:] = -1
        elif arrivals == "some":
            columns["arrival"][:1] = -1
        runs.append(kind(**columns))
    return runs


def expected(runs: list[TradeBatch | QuoteBatch], arrivals: str) -> EventBatch:
    """The same by sorting all rows at once."""
    trades = TradeBatch.concat([run for run in runs if isinstance(run, TradeBatch)])
    quotes = QuoteBatch.concat([run for run in runs if isinstance(run, QuoteBatch)])
    times = np.concatenate([quotes.ts_event, trades.ts_event])
    arrival = np.concatenate([quotes.arrival, trades.arrival])
    keys = (times, arrival) if arrivals == "all" else (times,)
    order = np.lexsort(keys)
    of_trades = order >= len(quotes)
    return EventBatch(trades.take(order[of_trades] - len(quotes)), quotes.take(order[~of_trades]))


@pytest.mark.parametrize("arrivals", ["all", "some", "none"])
@pytest.mark.parametrize("kind", [ProcessMemory, ScratchMemory])
@pytest.mark.parametrize("part", [64, 500, 100_000])
def test_parts_are_what_sorting_all_at_once_gives(tmp_path, monkeypatch, kind, arrivals, part):
    monkeypatch.setattr(day_sort, "PART", part)
    runs = runs_of(np.random.default_rng(part), arrivals)
    memory = ScratchMemory(tmp_path) if kind is ScratchMemory else ProcessMemory()
    kinds = [type(run) for run in runs for _ in range(len(run))]
    day = DaySort(memory, kinds.count(TradeBatch), kinds.count(QuoteBatch))
    for run in runs:
        day.add(run, 0)
    gathered = Gathered(day.prints, day.quotes)
    for some in day.parts():
        gathered.add(some)
    found, wanted = gathered.events(0), expected(runs, arrivals)
    for ours, theirs in ((found.trades, wanted.trades), (found.quotes, wanted.quotes)):
        for name in ours.__match_args__[:-1]:
            assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    places = np.concatenate([found.trades.arrival, found.quotes.arrival])
    assert np.array_equal(np.sort(places), np.arange(len(found)))
    assert list(tmp_path.iterdir()) == []


def test_batches_come_out_by_their_turns_whoever_was_first_to_add_one():
    day = DaySort(ProcessMemory(), 0, 4)
    for turn, contract in ((2, 20), (0, 0), (2, 21), (1, 10)):
        rows = [[contract], [T], [0.9], [1.1], [10], [10], [302], [303], [-1]]
        day.add(quote_batch(*rows), turn)
    (part,) = day.parts()
    assert part.quotes.contract.tolist() == [0, 10, 20, 21]


def test_a_day_without_rows_has_no_parts():
    day = DaySort(ProcessMemory(), 0, 0)
    day.add(TradeBatch.empty(), 0)
    assert list(day.parts()) == []


def test_rows_that_nobody_told_of_are_refused():
    day = DaySort(ProcessMemory(), 0, 1)
    rows = [
        [0, 0],
        [T, T],
        [0.9, 0.9],
        [1.1, 1.1],
        [1, 1],
        [1, 1],
        [302, 302],
        [303, 303],
        [-1, -1],
    ]
    with pytest.raises(DataError, match="changed while they were read"):
        day.add(quote_batch(*rows), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_making_the_derived_file_takes_less_memory_than_its_rows(tmp_path):
    rows = 600_000
    write_trades(tmp_path, CALL, {})
    columns = {
        "sip_timestamp": T + np.arange(rows) * 1_000,
        "bid_price": np.full(rows, 1.2),
        "ask_price": np.full(rows, 1.3),
        "bid_size": np.full(rows, 5),
        "ask_size": np.full(rows, 7),
        "bid_exchange": np.full(rows, 303),
        "ask_exchange": np.full(rows, 304),
        "arrival": pa.nulls(rows),
    }
    table = pa.table(columns).cast(pa.schema(QUOTE_TYPES))
    for strike in range(597, 605):
        pq.write_table(table, path_of(tmp_path, f"O:SPY251216C{1000 * strike:08d}", "quotes"))
    done = subprocess.run(
        [sys.executable, SORTER, tmp_path, DAY.isoformat()],
        check=True,
        capture_output=True,
        text=True,
    )
    quotes, grown = map(int, done.stdout.split())
    assert quotes == 8 * rows
    assert grown < quotes * sum(np.dtype(kind).itemsize for kind in QuoteBatch.DTYPES)
