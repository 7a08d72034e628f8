"""What leaves as a file is what the engine holds, however many rows are written at once."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from spymaster.core.batches import NO_QUOTES, EventBatch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.contracts import OptionContract
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.storage import exports

SESSION = default_calendar().session(dt.date(2025, 12, 16))
NEW_YORK = ZoneInfo("America/New_York")


def played(conditions: Sequence[Sequence[int]]) -> FlowEngine:
    """An engine that has taken a print a second, at rising prices."""
    engine = FlowEngine(SESSION, "SPY", 3)
    engine.list_contracts([OptionContract("SPY", SESSION.date, 600_000, "C").ticker])
    count = len(conditions)
    trades, _ = trade_batch(
        contract=[0] * count,
        ts_event=[SESSION.open_ns + second * 1_000_000_000 for second in range(count)],
        price=[1 + second / 100 for second in range(count)],
        size=range(1, count + 1),
        exchange=[302] * count,
        conditions=[pack(ids) for ids in conditions],
        sequence=[0] * count,
        arrival=range(count),
    )
    engine.apply(EventBatch(trades, NO_QUOTES))
    return engine


def test_a_file_is_the_same_however_many_rows_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = played([[], [209], [209, 219], [], [227], [], [209]])
    exports.write(engine, tmp_path / "whole.parquet", "parquet")
    exports.write(engine, tmp_path / "whole.csv", "csv")
    monkeypatch.setattr(exports, "_ROWS_AT_ONCE", 3)
    exports.write(engine, tmp_path / "parts.parquet", "parquet")
    exports.write(engine, tmp_path / "parts.csv", "csv")
    whole = pq.read_table(tmp_path / "whole.parquet")
    assert pq.read_table(tmp_path / "parts.parquet").equals(whole)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert whole["size"].to_pylist() == [1, 2, 3, 4, 5, 6, 7]
    assert whole["conditions"].to_pylist()[:3] == [[], [209], [209, 219]]
    assert csv.read_csv(tmp_path / "whole.csv")["conditions"].to_pylist()[:3] == [
        "", "209", "209 219",
    ]  # fmt: skip


def test_a_day_without_prints_has_a_head_alone(tmp_path: Path) -> None:
    exports.write(played([]), tmp_path / "none.csv", "csv")
    assert len((tmp_path / "none.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "date", [SESSION.date, dt.date(2025, 7, 1), dt.date(2025, 11, 2), dt.date(2026, 3, 8)]
)
def test_times_are_those_of_the_clocks_in_new_york(date: dt.date) -> None:
    midnight = dt.datetime.combine(date, dt.time(), NEW_YORK).astimezone(dt.UTC)
    moments = [midnight + dt.timedelta(minutes=20 * n, microseconds=n) for n in range(75)]
    engine = played([[]] * len(moments))
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    engine.flow.prints["ts"] = [
        (moment - epoch) // dt.timedelta(microseconds=1) * 1_000 for moment in moments
    ]
    (table,) = exports.enriched_trades(engine)
    assert table["time_et"].to_pylist() == [
        f"{moment.astimezone(NEW_YORK):%H:%M:%S.%f}" for moment in moments
    ]
