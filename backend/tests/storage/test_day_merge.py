"""A day's rows come out in one order, however they are read, and few are held at once."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.batches import (
    QUOTE,
    TRADE,
    EventBatch,
    Gathered,
    QuoteBatch,
    TradeBatch,
    quote_batch,
    trade_batch,
)
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import DataError
from spymaster.storage import day_merge, day_rows
from spymaster.storage.day_files import DayFiles
from spymaster.storage.scratch import ScratchMemory

from .test_day_files import CALL, DAY, QUOTE_TYPES, TRADE_TYPES, T, path_of, write_trades

DERIVER = Path(__file__).with_name("day_deriver.py")
TICKERS = [f"O:SPY251216C{1000 * strike:08d}" for strike in range(597, 605)]


def write_file(data_dir: Path, ticker: str, kind: str, columns: dict) -> None:
    """Write rows as they are."""
    types = pa.schema(TRADE_TYPES if kind == "trades" else QUOTE_TYPES)
    rows = len(columns["sip_timestamp"])
    table = pa.table(
        [
            pa.array(columns[field.name]).cast(field.type)
            if field.name in columns
            else pa.nulls(rows, field.type)
            for field in types
        ],
        schema=types,
    )
    pq.write_table(table, path_of(data_dir, ticker, kind))


def write_day(data_dir: Path, random: np.random.Generator, arrivals: str) -> None:
    """Files of all lengths, half of them in order; times and arrivals that are equal at times."""
    for number, ticker in enumerate(TICKERS):
        for kind in ("trades", "quotes"):
            length = int(random.integers(1, 400))
            times = T + random.integers(0, 2_000, length)
            if number % 2 == 0:
                times.sort()
            arrival = random.integers(0, 2_000, length).astype(object)
            if arrivals == "none":
                arrival[:] = None
            elif arrivals == "some":
                arrival[:1] = None
            columns = {"sip_timestamp": times, "arrival": arrival.tolist()}
            if kind == "trades":
                columns |= {"price": random.integers(1, 500, length) / 100}
                columns |= {"size": random.integers(1, 20, length)}
            else:
                for side in ("bid", "ask"):
                    columns[f"{side}_price"] = random.integers(0, 500, length) / 100
                    columns[f"{side}_size"] = random.integers(0, 20, length)
            write_file(data_dir, ticker, kind, columns)


def expected(data_dir: Path, arrivals: str) -> EventBatch:
    """The same by sorting all rows at once."""
    table = ContractTable("SPY", DAY)
    rows: list = [[], []]
    for of_kind, kind in zip(rows, ("trades", "quotes"), strict=True):
        for ticker in TICKERS:
            found = pq.read_table(path_of(data_dir, ticker, kind)).to_pydict()
            found["arrival"] = [-1 if one is None else one for one in found["arrival"]]
            unknown = np.zeros(len(found["arrival"]))
            contract = np.full(len(unknown), table.number(ticker))
            if kind == "trades":
                columns = [found[name] for name in ("sip_timestamp", "price", "size")]
                columns += [unknown, unknown, unknown, found["arrival"]]
                of_kind.append(trade_batch(contract, *columns)[0])
            else:
                names = ("sip_timestamp", "bid_price", "ask_price", "bid_size", "ask_size")
                columns = [found[name] for name in names] + [unknown, unknown, found["arrival"]]
                of_kind.append(quote_batch(contract, *columns))
    trades, quotes = TradeBatch.concat(rows[0]), QuoteBatch.concat(rows[1])
    times = np.concatenate([quotes.ts_event, trades.ts_event])
    arrival = np.concatenate([quotes.arrival, trades.arrival])
    order = np.lexsort((times, arrival) if arrivals == "all" else (times,))
    of_trades = order >= len(quotes)
    return EventBatch(trades.take(order[of_trades] - len(quotes)), quotes.take(order[~of_trades]))


@pytest.mark.parametrize("arrivals", ["all", "some", "none"])
@pytest.mark.parametrize("kind", [None, ScratchMemory])
@pytest.mark.parametrize("part", [64, 500, 100_000])
def test_parts_are_what_sorting_all_at_once_gives(tmp_path, monkeypatch, kind, arrivals, part):
    monkeypatch.setattr(day_merge, "PART", part)
    write_day(tmp_path / "data", np.random.default_rng(part), arrivals)
    scratch = tmp_path / "scratch"
    memory = kind and kind(scratch)
    day = DayFiles(tmp_path / "data", DAY).merged(ContractTable("SPY", DAY), 0, memory=memory)
    gathered = Gathered(day.prints, day.quotes)
    for some in day.parts():
        gathered.add(some)
    found, wanted = gathered.events(0), expected(tmp_path / "data", arrivals)
    for ours, theirs in ((found.trades, wanted.trades), (found.quotes, wanted.quotes)):
        for name in set(ours.DTYPE.names) - {"arrival"}:
            assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    places = np.concatenate([found.trades.arrival, found.quotes.arrival])
    assert np.array_equal(np.sort(places), np.arange(len(found)))
    assert not scratch.exists() or list(scratch.iterdir()) == []


def test_rows_of_one_instant_come_out_as_their_file_has_them(tmp_path, monkeypatch):
    monkeypatch.setattr(day_merge, "PART", 64)
    times = np.full(1_000, T)
    rows = {"sip_timestamp": times, "price": np.full(len(times), 1.2)}
    rows |= {"size": np.arange(1, 1 + len(times))}
    write_file(tmp_path, CALL, "trades", rows)
    trades = DayFiles(tmp_path, DAY).load(ContractTable("SPY", DAY), 0).trades
    assert trades.size.tolist() == list(range(1, 1_001))


def test_a_file_that_has_grown_since_it_was_looked_at_is_refused(tmp_path):
    write_trades(tmp_path, CALL, {})
    day = DayFiles(tmp_path, DAY).merged(ContractTable("SPY", DAY), 0)
    write_trades(tmp_path, CALL, {}, {})
    with pytest.raises(DataError, match="changed while they were read"):
        list(day.parts())


def test_columns_of_all_sorts_are_of_one_type_for_compiled_code(tmp_path):
    write_trades(tmp_path, CALL, {"exchange": 302, "conditions": [209]}, {"price": None})
    DayFiles(tmp_path, DAY).load(ContractTable("SPY", DAY), 0)
    known = len(day_rows.write_trades.signatures)
    plain = {"sip_timestamp": [T], "price": [1.25], "size": [1.0], "arrival": [3]}
    pq.write_table(pa.table(plain), path_of(tmp_path, CALL))
    DayFiles(tmp_path, DAY).load(ContractTable("SPY", DAY), 0)
    assert len(day_rows.write_trades.signatures) == known


odd = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.25, 0.00004, 0.00006, 1e5, 1e5 + 1e-6, 1.5, 1e7, 1e7 + 1]),
)
whole = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-1, 2**15))
time = whole.filter(lambda ns: ns < 2**63 - 1)  # "until" the last instant leaves that one out
size = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, 1, 10**7, 10**7 + 1]))
venue = st.integers(-(2**15), 2**15 - 1)


@settings(deadline=None)  # the first call loads compiled code
@given(st.lists(st.tuples(time, odd, size, venue, whole, whole), max_size=6))
def test_prints_are_what_trade_batch_has_for_them(rows):
    kinds = (np.int64, np.float64, np.int32, np.int16, np.int64, np.int64)
    columns = tuple(
        np.array([row[place] for row in rows], dtype=kind) for place, kind in enumerate(kinds)
    )
    for column in columns:
        column.setflags(write=False)  # as they come from a file
    contract, sequence = np.full(len(rows), 7), np.zeros(len(rows), np.int64)
    wanted, rejected = trade_batch(contract, *columns[:-1], sequence, columns[-1])
    records = np.zeros(len(rows), TRADE)
    found = day_rows.write_trades(records, 7, columns, -(2**63), 2**63 - 1)
    assert found == (len(wanted), rejected)
    for name in wanted.DTYPE.names:
        assert np.array_equal(records[name][: len(wanted)], getattr(wanted, name)), name


@settings(deadline=None)  # the first call loads compiled code
@given(st.lists(st.tuples(st.integers(0, 2**62), odd, odd, size, size, venue, venue, whole)))
def test_quotes_are_what_quote_batch_has_for_them(rows):
    kinds = (np.int64, *(np.float64,) * 2, *(np.int32,) * 2, *(np.int16,) * 2, np.int64)
    columns = tuple(
        np.array([row[place] for row in rows], dtype=kind) for place, kind in enumerate(kinds)
    )
    for column in columns:
        column.setflags(write=False)  # as they come from a file
    wanted = quote_batch(np.full(len(rows), 7), *columns)
    records = np.zeros(len(rows), QUOTE)
    assert day_rows.write_quotes(records, 7, columns, 0, 2**63 - 1) == (len(rows), 0)
    for name in wanted.DTYPE.names:
        assert np.array_equal(records[name], getattr(wanted, name)), name


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.int16(), pa.int32()])
def test_sizes_and_venues_of_any_type_are_what_they_say(tmp_path, kind):
    sizes = [1, 0, -1, 7, None] + ([1.5, 2e7, math.nan] if pa.types.is_floating(kind) else [])
    rows = len(sizes)
    trades = {"sip_timestamp": [T] * rows, "price": [1.25] * rows}
    venues = {"exchange": pa.array([302, -5, None, 1, 0, *(sizes[5:] and [7] * 3)])}
    if kind == pa.int64():
        venues = {"exchange": pa.array([302, 2**15, -(2**40), 1, 0])}
    pq.write_table(
        pa.table(trades | venues | {"size": pa.array(sizes, kind)}), path_of(tmp_path, CALL)
    )
    found = DayFiles(tmp_path, DAY).load(ContractTable("SPY", DAY), 0)
    assert found.trades.size.tolist() == [1, 7]
    assert found.trades.exchange.tolist() == [302, 1]
    assert found.trades_rejected == rows - 2


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
        [sys.executable, DERIVER, tmp_path, DAY.isoformat()],
        check=True,
        capture_output=True,
        text=True,
    )
    quotes, grown = map(int, done.stdout.split())
    assert quotes == 8 * rows
    assert grown < quotes * QUOTE.itemsize
