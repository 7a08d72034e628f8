"""The quote lag that stored days tell."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.core.contracts import ContractTable, OptionContract
from spymaster.storage.day_files import DayFiles
from spymaster.storage.quote_lag import calibrated_lag_ms

SESSION = dt.date(2025, 12, 16)
MS = 1_000_000
START = 1_765_550_000_000 * MS
ROWS = 300


def write_day(data_dir: Path, date: dt.date, lag_ms: int, *, quotes: bool = True, strike=600):
    """A contract whose prints come so long after their quote was overtaken."""
    number = np.arange(ROWS)
    bid = 1 + number % 50 / 10
    stamped = START + number * 200 * MS
    ones = pa.array(np.ones(ROWS, dtype=np.int32))
    name = OptionContract("SPY", date, strike * 1000, "C").ticker.replace(":", "_") + ".parquet"
    tables = {
        "trades": {
            "sip_timestamp": stamped + 200 * MS + lag_ms * MS,
            "price": bid,
            "size": ones,
        },
        "quotes": {
            "sip_timestamp": stamped,
            "bid_price": bid,
            "ask_price": bid + 0.05,
            "bid_size": ones,
            "ask_size": ones,
        },
    }
    for kind in ("trades", "quotes") if quotes else ("trades",):
        folder = data_dir / "historical" / kind / date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(tables[kind]), folder / name)


def december(day: int) -> dt.date:
    return dt.date(2025, 12, day)


def test_the_newest_earlier_day_with_quotes_tells(tmp_path: Path) -> None:
    write_day(tmp_path, december(11), 20)
    write_day(tmp_path, december(12), 5)
    write_day(tmp_path, december(15), 10, quotes=False)
    write_day(tmp_path, december(16), 50)
    assert calibrated_lag_ms(tmp_path, "SPY", SESSION) == 5
    assert calibrated_lag_ms(tmp_path, "SPY", december(12)) == 20


def test_no_day_tells_of_no_lag(tmp_path: Path) -> None:
    assert calibrated_lag_ms(tmp_path, "SPY", SESSION) == 0
    write_day(tmp_path, december(15), 5)
    assert calibrated_lag_ms(tmp_path, "AAPL", SESSION) == 0


def test_a_broken_day_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_day(tmp_path, december(12), 5)
    write_day(tmp_path, december(15), 10)
    (broken,) = (tmp_path / "historical" / "quotes" / "2025-12-15").iterdir()
    broken.write_bytes(b"no parquet")
    assert calibrated_lag_ms(tmp_path, "SPY", SESSION) == 5
    assert "2025-12-15 tell no lag" in caplog.text


def test_a_sample_stops_where_there_are_enough_prints(tmp_path: Path) -> None:
    for strike in (600, 601, 602):
        write_day(tmp_path, SESSION, 0, strike=strike)
    write_day(tmp_path, SESSION, 0, quotes=False, strike=603)
    table = ContractTable("SPY", SESSION)
    sample = DayFiles(tmp_path, SESSION).sample(table, ROWS + 1)
    assert (len(sample.trades), len(sample.quotes)) == (2 * ROWS, 2 * ROWS)
    assert [contract.strike for contract in table] == [600.0, 601.0]
