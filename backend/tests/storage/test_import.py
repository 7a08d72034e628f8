"""Import of the vendor's flat files."""

import csv
import datetime as dt
import gzip
import io
import random
from pathlib import Path

import pytest

from spymaster.core.errors import DataError
from spymaster.core.sessions import default_calendar
from spymaster.storage import contract_files, coverage
from spymaster.storage.flat_files import Imported, import_file
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.places import day_folder

from .test_cache_support import DATE, SESSION, FakeSource, fetched, file_of, run, ticker

CALL, PUT = ticker(600, "C"), ticker(600, "P")
TOMORROW = ticker(600, "C", dt.date(2025, 12, 17))
OTHERS = ["O:AAPL251216C00200000", "O:SPYG251216C00080000", TOMORROW]
TRADES = (
    *("ticker", "conditions", "correction", "exchange"),
    *("participant_timestamp", "price", "sip_timestamp", "size"),
)


def trade(name: str, second: int, **changes: object) -> dict[str, object]:
    ts = SESSION.open_ns + second * 1_000_000_000
    row = {
        "ticker": name,
        "conditions": 209,
        "correction": 0,
        "exchange": 302,
        "participant_timestamp": ts - 5,
        "price": 1.25,
        "sip_timestamp": ts,
        "size": 3,
    }
    return row | changes


def write(path: Path, names: tuple[str, ...], rows: list[dict[str, object]]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    return path


def bring(path: Path, data_dir: Path) -> Imported:
    return import_file(path, data_dir, "SPY", default_calendar())


def test_columns_are_found_by_name_and_rows_in_any_order(tmp_path: Path) -> None:
    rows = [trade(name, second) for name in (CALL, PUT, *OTHERS) for second in range(40)]
    random.Random(1).shuffle(rows)
    names = list(TRADES)
    random.Random(2).shuffle(names)
    done = bring(write(tmp_path / "a.csv.gz", tuple(names), rows), tmp_path)
    assert (done.date, done.kind, done.contracts, done.rows) == (DATE, "trades", 2, 80)
    assert len(list(day_folder(tmp_path, "trades", DATE).iterdir())) == 2
    stored = contract_files.read(file_of(tmp_path, CALL)).to_pylist()
    assert stored == [
        {
            **{name: trade(CALL, second)[name] for name in TRADES[2:]},
            "conditions": [209],
            "sequence_number": None,
            "arrival": None,
        }
        for second in range(40)
    ]
    assert HistoricalDataCache(tmp_path).verify() == []


def test_newer_files_lack_columns_and_fields(tmp_path: Path) -> None:
    names = ("ticker", "conditions", "correction", "exchange", "price", "sip_timestamp", "size")
    rows = [
        trade(CALL, 1, conditions=""),
        trade(CALL, 2, conditions="209,233", exchange="", correction=999),
        trade(CALL, 3, price=0),
        trade(CALL, 4, size=1.5),
    ]
    done = bring(write(tmp_path / "a.csv.gz", names, rows), tmp_path)
    assert (done.rows, done.rejected) == (2, 2)
    stored = contract_files.read(file_of(tmp_path, CALL))
    assert stored["conditions"].to_pylist() == [None, [209, 233]]
    assert stored["exchange"].to_pylist() == [302, None]
    assert stored["correction"].to_pylist() == [0, None]
    assert stored["participant_timestamp"].null_count == 2


def test_quotes_keep_the_missing_side_as_zeros(tmp_path: Path) -> None:
    ts = SESSION.open_ns + 1
    row = {
        "ticker": CALL,
        "ask_exchange": 0,
        "ask_price": 0,
        "ask_size": 0,
        "bid_exchange": 302,
        "bid_price": 1.1,
        "bid_size": 7,
        "sequence_number": 9,
        "sip_timestamp": ts,
    }
    done = bring(write(tmp_path / "q.csv.gz", tuple(row), [row]), tmp_path)
    assert (done.kind, done.rows) == ("quotes", 1)
    [stored] = contract_files.read(file_of(tmp_path, CALL, "quotes")).to_pylist()
    assert (stored["ask_price"], stored["bid_price"], stored["sequence_number"]) == (0.0, 1.1, 9)


async def test_an_imported_day_is_complete_and_asked_for_no_more(tmp_path: Path) -> None:
    market = FakeSource()
    window = [ticker(strike, right) for strike in range(590, 611) for right in "CP"]
    rows = [
        trade(name, 0, sip_timestamp=one["sip_timestamp"], price=one["price"])
        for name in window
        for one in market.rows("trades", name, (0, 2**62)).to_pylist()
    ]
    bring(write(tmp_path / "a.csv.gz", TRADES, rows), tmp_path)
    source = FakeSource()
    report = await fetched(tmp_path, source)
    assert source.asked == []
    assert report.complete
    found = coverage.load(tmp_path, DATE)
    assert found is not None
    assert found.chains["SPY"].atm == (599.0, 602.0)


async def test_an_imported_day_takes_the_place_of_a_simulated_one(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource(name="simulator"))
    bring(write(tmp_path / "a.csv.gz", TRADES, [trade(CALL, 1)]), tmp_path)
    found = coverage.load(tmp_path, DATE)
    assert found is not None
    assert not found.is_simulated
    assert list(found.contracts) == [CALL]
    assert found.chains["SPY"].listed == [CALL]
    assert [path.name for path in day_folder(tmp_path, "trades", DATE).iterdir()] == [
        file_of(tmp_path, CALL).name
    ]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "cannot be read"),
        (lambda data: b"no gzip, no csv", "no flat file|cannot be read"),
        (lambda data: gzip.compress(b"a,b\n1,2\n"), "no flat file of trades or quotes"),
        (lambda data: gzip.compress(b""), "cannot be read|holds no"),
    ],
)
def test_a_broken_file_imports_nothing(tmp_path: Path, damage: object, says: str) -> None:
    rows = [trade(CALL, second, price=1 + second / 7) for second in range(3000)]
    path = write(tmp_path / "a.csv.gz", TRADES, rows)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DataError, match=says):
        bring(path, tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))
    assert not list((tmp_path / "historical").glob(".import-*"))


def test_a_number_that_is_none_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", TRADES, [trade(CALL, 1, price="cheap")])
    with pytest.raises(DataError, match="column price holds what is no number"):
        bring(path, tmp_path)


def test_rows_without_a_time_are_no_prints_wherever_they_are(tmp_path: Path) -> None:
    rows = [trade(CALL, 1, sip_timestamp=""), trade(CALL, 2, sip_timestamp=0), trade(CALL, 3)]
    done = bring(write(tmp_path / "a.csv.gz", TRADES, rows), tmp_path)
    assert (done.date, done.rows, done.rejected) == (DATE, 1, 2)


def test_a_file_without_any_time_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", TRADES, [trade(CALL, 1, sip_timestamp="")])
    with pytest.raises(DataError, match="no SPY contract with a time; nothing was imported"):
        bring(path, tmp_path)


def test_a_file_without_our_contracts_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", TRADES, [trade(name, 1) for name in OTHERS[:2]])
    with pytest.raises(DataError, match="holds no SPY contract"):
        bring(path, tmp_path)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    path = write(tmp_path / "a.csv.gz", TRADES, [trade(CALL, 1)])
    code, output = run("import", str(path))
    assert code == 0, output
    assert f"{DATE}: 1 trades of 1 SPY contracts imported" in output
    code, output = run("import", str(tmp_path / "none.csv.gz"))
    assert code == 1
    assert "cannot be read" in output
