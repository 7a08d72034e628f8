import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from spymaster.engine.flow_history import SessionFlow
from spymaster.storage.flow_files import FlowFiles

DAY = dt.date(2025, 12, 16)


def session(value: float) -> SessionFlow:
    spot = np.full(6, 600.0)
    spot[0] = np.nan
    flow = np.full((6, 4), value)
    return SessionFlow(flow, -flow, spot, 10 * flow)


def files(folder: Path, underlying: str = "SPY", *, simulated: bool = False) -> FlowFiles:
    return FlowFiles(folder, underlying, 3, simulated)


def test_sessions_before_a_date_come_back_oldest_first(tmp_path: Path) -> None:
    for days, value in ((0, 9.0), (1, 1.0), (2, 2.0), (3, 3.0)):
        files(tmp_path).keep(DAY - dt.timedelta(days), session(value))
    files(tmp_path).keep(DAY - dt.timedelta(3), session(4.0))  # in place of the one before
    history = files(tmp_path).before(DAY)
    assert history.span == 3
    assert [one.trade_count[0, 0] for one in history.sessions] == [4.0, 2.0, 1.0]
    assert history.sessions[0].hedging_pressure.tolist() == [[-4.0] * 4] * 6
    assert np.array_equal(history.sessions[0].spot, session(0.0).spot, equal_nan=True)
    assert [one.volume is not None and one.volume[5, 3] for one in history.sessions] == [40, 20, 10]


def test_a_session_kept_before_volume_was_comes_back_without(tmp_path: Path) -> None:
    files(tmp_path).keep(DAY - dt.timedelta(1), session(1.0)._replace(volume=None))
    (one,) = files(tmp_path).before(DAY).sessions
    assert one.trade_count[0, 0] == 1.0
    assert one.volume is None


def test_twenty_sessions_are_enough(tmp_path: Path) -> None:
    for days in range(1, 25):
        files(tmp_path).keep(DAY - dt.timedelta(days), session(days))
    history = files(tmp_path).before(DAY)
    assert [one.trade_count[0, 0] for one in history.sessions] == list(range(20, 0, -1))


@pytest.mark.parametrize(
    "other",
    [
        FlowFiles(Path(), "SPY", 3, simulated=True),
        FlowFiles(Path(), "SPY", 30, simulated=False),
        FlowFiles(Path(), "SPY", "all", simulated=False),
        FlowFiles(Path(), "QQQ", 3, simulated=False),
        FlowFiles(Path(), "I:SPX", 3, simulated=False),
    ],
)
def test_other_markets_windows_and_simulations_tell_nothing(
    tmp_path: Path, other: FlowFiles
) -> None:
    others = FlowFiles(tmp_path, other.underlying, other.span, other.simulated)
    others.keep(DAY - dt.timedelta(1), session(1.0))
    assert files(tmp_path).before(DAY).sessions == ()
    assert len(others.before(DAY).sessions) == 1


def test_a_broken_file_costs_its_own_session_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for days in (1, 2):
        files(tmp_path).keep(DAY - dt.timedelta(days), session(days))
    (first, second) = sorted((tmp_path / "historical" / "flow").glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-50])
    assert [one.trade_count[0, 0] for one in files(tmp_path).before(DAY).sessions] == [1.0]
    assert first.name in caplog.text
    assert second.name not in caplog.text
