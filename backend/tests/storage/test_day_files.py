"""A day's files, read into batches in the order in which they are replayed."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.core.batches import EventBatch
from spymaster.core.conditions import pack
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import DataError, DayNotCachedError
from spymaster.storage.day_files import DayFiles, cached_dates

DAY = dt.date(2025, 12, 16)
CALL, PUT = "O:SPY251216C00600000", "O:SPY251216P00600000"
T = 1_765_895_400_000_000_123  # no float64 holds it
TRADE_TYPES = {
    "sip_timestamp": pa.int64(),
    "participant_timestamp": pa.int64(),
    "price": pa.float64(),
    "size": pa.int32(),
    "exchange": pa.int16(),
    "conditions": pa.list_(pa.int16()),
    "sequence_number": pa.int64(),
    "correction": pa.int8(),
    "arrival": pa.int64(),
}
QUOTE_TYPES = {
    "sip_timestamp": pa.int64(),
    "bid_price": pa.float64(),
    "ask_price": pa.float64(),
    "bid_size": pa.int32(),
    "ask_size": pa.int32(),
    "bid_exchange": pa.int16(),
    "ask_exchange": pa.int16(),
    "arrival": pa.int64(),
}


def path_of(data_dir: Path, ticker: str, kind: str = "trades") -> Path:
    folder = data_dir / "historical" / kind / DAY.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{ticker.replace(':', '_')}.parquet"


def write_trades(data_dir: Path, ticker: str, *rows: dict) -> None:
    filled = [{"sip_timestamp": T, "price": 1.25, "size": 1} | row for row in rows]
    table = pa.Table.from_pylist(filled, schema=pa.schema(TRADE_TYPES))
    pq.write_table(table, path_of(data_dir, ticker))


def write_quotes(data_dir: Path, ticker: str, *rows: dict) -> None:
    usual = {"sip_timestamp": T, "bid_price": 1.2, "ask_price": 1.3, "bid_size": 5, "ask_size": 7}
    table = pa.Table.from_pylist([usual | row for row in rows], schema=pa.schema(QUOTE_TYPES))
    pq.write_table(table, path_of(data_dir, ticker, "quotes"))


def load(data_dir: Path, since_ns: int = 0, **limits: int) -> EventBatch:
    return DayFiles(data_dir, DAY).load(ContractTable("SPY", DAY), since_ns, **limits)


def test_columns_come_back_as_they_were_written(tmp_path):
    row = {"sip_timestamp": T, "price": 1.2345, "size": 7, "exchange": 302}
    write_trades(tmp_path, CALL, row | {"conditions": [209, 219]})
    trades = load(tmp_path).trades
    assert [int(column[0]) for column in (trades.ts_event, trades.price, trades.size)] == [
        T, 12_345, 7,
    ]  # fmt: skip
    assert trades.exchange[0] == 302
    assert trades.conditions[0] == pack([209, 219])


def test_nulls_are_unknown(tmp_path):
    write_trades(tmp_path, CALL, {}, {"conditions": [209]})
    trades = load(tmp_path).trades
    assert list(trades.conditions) == [0, 209]
    assert list(trades.exchange) == [0, 0]


@pytest.mark.parametrize("column", ["exchange", "conditions", "sequence_number", "arrival"])
def test_columns_that_a_source_has_none_of_may_be_absent(tmp_path, column):
    write_trades(tmp_path, CALL, {"exchange": 302})
    table = pq.read_table(path_of(tmp_path, CALL)).drop_columns([column])
    pq.write_table(table, path_of(tmp_path, CALL))
    assert len(load(tmp_path).trades) == 1


def test_columns_may_hold_nothing_but_untyped_nulls(tmp_path):
    columns = {"sip_timestamp": [T], "price": [1.25], "size": [1]}
    absent = ("exchange", "conditions", "sequence_number", "arrival")
    nothing = {name: [None] for name in absent}
    pq.write_table(pa.table(columns | nothing), path_of(tmp_path, CALL))
    assert len(load(tmp_path).trades) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"sip_timestamp": None},
        {"price": None},
        {"price": float("nan")},
        {"price": 0.0},
        {"size": None},
        {"size": 0},
    ],
)
def test_a_row_that_is_no_print_is_rejected_and_its_neighbours_are_exact(tmp_path, bad):
    write_trades(tmp_path, CALL, {"sip_timestamp": T}, bad, {"sip_timestamp": T + 1})
    batch = load(tmp_path)
    assert list(batch.trades.ts_event) == [T, T + 1]
    assert batch.trades_rejected == 1


def test_quotes_with_missing_sides_have_price_zero_there(tmp_path):
    write_trades(tmp_path, CALL)
    write_quotes(tmp_path, CALL, {"bid_price": None, "bid_size": None}, {"ask_price": 0.0})
    quotes = load(tmp_path).quotes
    assert (list(quotes.bid), list(quotes.ask)) == ([0, 12_000], [13_000, 0])
    assert (list(quotes.bid_size), list(quotes.ask_size)) == ([0, 5], [7, 7])


def test_without_arrival_time_decides_and_quotes_come_before_prints(tmp_path):
    write_trades(tmp_path, CALL, {"sip_timestamp": T + 5}, {"sip_timestamp": T + 9})
    write_trades(tmp_path, PUT, {"sip_timestamp": T + 7})
    write_quotes(tmp_path, CALL, {"sip_timestamp": T + 5}, {"sip_timestamp": T + 8})
    batch = load(tmp_path)
    assert list(batch.trades.ts_event - T) == [5, 7, 9]
    assert list(batch.trades.arrival) == [1, 2, 4]
    assert list(batch.quotes.arrival) == [0, 3]


def test_recorded_arrival_decides_where_there_is_one(tmp_path):
    late = {"sip_timestamp": T + 1, "arrival": 30}
    write_trades(tmp_path, CALL, late, {"sip_timestamp": T + 9, "arrival": 10})
    write_quotes(tmp_path, CALL, {"sip_timestamp": T + 12, "arrival": 20})
    batch = load(tmp_path)
    assert list(batch.trades.ts_event - T) == [9, 1]
    assert (list(batch.trades.arrival), list(batch.quotes.arrival)) == ([0, 2], [1])


def test_arrival_that_not_all_have_decides_nothing(tmp_path):
    write_trades(tmp_path, CALL, {"sip_timestamp": T + 9, "arrival": 1}, {"sip_timestamp": T})
    assert list(load(tmp_path).trades.ts_event - T) == [0, 9]


def test_events_before_the_start_are_not_loaded(tmp_path):
    write_trades(tmp_path, CALL, *({"sip_timestamp": T + later} for later in (-1, 0, 1)))
    write_quotes(tmp_path, CALL, *({"sip_timestamp": T + later} for later in (-1, 0)))
    batch = load(tmp_path, since_ns=T)
    assert list(batch.trades.ts_event - T) == [0, 1]
    assert list(batch.quotes.ts_event - T) == [0]


def test_events_from_the_end_on_are_not_loaded(tmp_path):
    write_trades(tmp_path, CALL, *({"sip_timestamp": T + later} for later in (0, 1, 2)))
    assert list(load(tmp_path, until_ns=T + 1).trades.ts_event - T) == [0]


def test_each_file_is_of_the_contract_it_is_named_after(tmp_path):
    for ticker, size in ((CALL, 3), (PUT, 4)):
        write_trades(tmp_path, ticker, {"size": size})
    table = ContractTable("SPY", DAY)
    trades = DayFiles(tmp_path, DAY).load(table, 0).trades
    sizes = {table[int(row)].ticker: int(size) for row, size in zip(*_two(trades), strict=True)}
    assert sizes == {CALL: 3, PUT: 4}


def _two(trades):
    return trades.contract, trades.size


@pytest.mark.parametrize("name", ["notes", "O:QQQ251216C00600000", "O:SPY251217C00600000"])
def test_files_of_something_else_are_passed_over(tmp_path, name):
    write_trades(tmp_path, CALL, {})
    write_trades(tmp_path, name, {}, {})
    assert len(load(tmp_path).trades) == 1


def test_a_contract_without_prints_is_known_all_the_same(tmp_path):
    write_trades(tmp_path, CALL)
    table = ContractTable("SPY", DAY)
    assert len(DayFiles(tmp_path, DAY).load(table, 0)) == 0
    assert table.find(CALL) is not None


@pytest.mark.parametrize("kind", ["trades", "quotes"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"PAR1 cut short"])
def test_a_file_that_is_unreadable_is_named(tmp_path, kind, content):
    write_trades(tmp_path, PUT, {})
    path_of(tmp_path, CALL, kind).write_bytes(content)
    with pytest.raises(DataError, match=path_of(tmp_path, CALL, kind).name):
        load(tmp_path)


def test_a_truncated_file_is_named(tmp_path):
    write_trades(tmp_path, CALL, *[{}] * 1_000)
    path = path_of(tmp_path, CALL)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=path.name):
        load(tmp_path)


@pytest.mark.parametrize("column", ["sip_timestamp", "price", "size"])
def test_a_file_that_lacks_a_column_is_named_with_it(tmp_path, column):
    write_trades(tmp_path, CALL, {})
    path = path_of(tmp_path, CALL)
    pq.write_table(pq.read_table(path).drop_columns([column]), path)
    with pytest.raises(DataError, match=f"{path.name}.*{column}"):
        load(tmp_path)


def test_a_column_of_text_is_named(tmp_path):
    columns = {"sip_timestamp": [T], "price": ["1.25"], "size": [1]}
    pq.write_table(pa.table(columns), path_of(tmp_path, CALL))
    with pytest.raises(DataError, match="price"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("conditions", pa.array(["209"])),
        ("conditions", pa.array([209])),
        ("conditions", pa.array([["209"]])),
        ("conditions", pa.array([[209]], pa.list_(pa.int16(), 1))),
        ("exchange", pa.array(["N"])),
        ("exchange", pa.array([[1]])),
        ("arrival", pa.array(["first"])),
    ],
)
def test_a_column_that_may_be_absent_is_named_where_it_is_of_another_kind(tmp_path, column, values):
    columns = {"sip_timestamp": [T], "price": [1.25], "size": [1], column: values}
    pq.write_table(pa.table(columns), path_of(tmp_path, CALL))
    with pytest.raises(DataError, match=f"column '{column}' of .*{CALL[2:]}.* holds no"):
        load(tmp_path)


def test_each_file_is_looked_at_where_those_before_are_of_another_kind(tmp_path):
    write_trades(tmp_path, CALL, {"exchange": 302})
    columns = {"sip_timestamp": [T], "price": [1.25], "size": [1]}
    pq.write_table(pa.table(columns), path_of(tmp_path, PUT))
    assert sorted(load(tmp_path).trades.exchange.tolist()) == [0, 302]
    pq.write_table(pa.table(columns | {"price": ["1.25"]}), path_of(tmp_path, PUT))
    with pytest.raises(DataError, match=f"'price' of .*{PUT[2:]}.* holds no numbers"):
        load(tmp_path)


@pytest.mark.parametrize("column", ["bid_exchange", "arrival"])
def test_such_a_column_of_quotes_is_named_too(tmp_path, column):
    write_trades(tmp_path, CALL, {})
    write_quotes(tmp_path, CALL, {})
    path = path_of(tmp_path, CALL, "quotes")
    table = pq.read_table(path).drop_columns([column])
    pq.write_table(table.append_column(column, pa.array(["N"])), path)
    with pytest.raises(DataError, match=f"column '{column}' of .* holds no numbers"):
        load(tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        pa.nulls(1),
        pa.array([[209]], pa.large_list(pa.int64())),
        pa.array([[209.0]]),
        pa.array([[]], pa.list_(pa.null())),
    ],
)
def test_conditions_of_other_makers_are_read(tmp_path, values):
    columns = {"sip_timestamp": [T], "price": [1.25], "size": [1], "conditions": values}
    pq.write_table(pa.table(columns), path_of(tmp_path, CALL))
    assert list(load(tmp_path).trades.conditions) == [209 if values[0].as_py() else 0]


def test_a_day_without_files_says_how_to_get_them(tmp_path):
    with pytest.raises(DayNotCachedError, match="fetch 2025-12-16"):
        load(tmp_path)


def test_cached_dates_are_those_with_trade_files(tmp_path):
    write_trades(tmp_path, CALL, {})
    folders = tmp_path / "historical" / "trades"
    for name in ("2025-12-15", "2025-99-99", "not-a-date"):
        (folders / name).mkdir()
    for name in ("2025-12-25", "2009-01-05"):
        (folders / name).mkdir()
        (folders / name / path_of(tmp_path, CALL).name).write_bytes(b"no session traded then")
    assert cached_dates(tmp_path) == [DAY]
    assert cached_dates(tmp_path / "absent") == []


def test_a_thousand_rows_of_many_files_are_in_one_order(tmp_path):
    random = np.random.default_rng(7)
    for strike in range(590, 600):
        times = T + random.integers(0, 10**9, 100)
        write_trades(
            tmp_path,
            f"O:SPY251216C{strike * 1000:08d}",
            *({"sip_timestamp": int(time)} for time in times),
        )
    trades = load(tmp_path).trades
    assert (np.diff(trades.ts_event) >= 0).all()
    assert list(trades.arrival) == list(range(1_000))
