import datetime as dt
import json
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from spymaster.cli import app
from spymaster.core.sessions import eastern_ns

pytestmark = pytest.mark.usefixtures("logging_as_before")

DAY = "2025-12-16"
runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def store(data_dir: Path, ticker: str, *rows: tuple[str, float, int]) -> None:
    """One contract's file: Eastern time, price and size of each print."""
    folder = data_dir / "historical" / "trades" / DAY
    folder.mkdir(parents=True, exist_ok=True)
    day = dt.date.fromisoformat(DAY)
    times = [eastern_ns(day, dt.time.fromisoformat(time)) for time, _, _ in rows]
    table = pa.table(
        {
            "sip_timestamp": pa.array(times, pa.int64()),
            "price": pa.array([price for _, price, _ in rows], pa.float64()),
            "size": pa.array([size for _, _, size in rows], pa.int32()),
        }
    )
    pq.write_table(table, folder / f"{ticker.replace(':', '_')}.parquet")


@pytest.fixture
def stored_day(data_dir: Path) -> None:
    store(
        data_dir,
        "O:SPY251216C00600000",
        ("09:29:00", 9.0, 900),  # before the open: never played
        ("09:31:00", 2.0, 10),
        ("12:00:00", 2.5, 4),
        ("15:59:00", 1.0, 1),
    )
    store(data_dir, "O:SPY251216P00600000", ("10:00:00", 1.5, 2), ("16:10:00", 3.0, 5))
    store(data_dir, "O:SPY251217C00600000", ("10:00:00", 1.0, 7))  # expires another day


def run(*arguments: str) -> Result:
    return runner.invoke(app, list(arguments))


def complaint(*arguments: str) -> str:
    """The one line on stderr of a command that fails."""
    result = run(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()[-1:]
    assert "Traceback" not in result.stderr
    assert line.startswith("spymaster: ")
    return line


def figures(table: str) -> dict[str, list[str]]:
    """First cells of each row that names contracts."""
    rows = [[cell.strip() for cell in re.split("[│┃|]", line)] for line in table.splitlines()]
    named = [[cell for cell in row if cell] for row in rows]
    return {row[0]: row[1:4] for row in named if row and ("O:" in row[0] or "contracts" in row[0])}


@pytest.mark.usefixtures("stored_day")
def test_a_replay_prints_the_totals_of_the_day() -> None:
    result = run("replay", DAY)
    assert result.exit_code == 0
    assert figures(result.stdout) == {
        "O:SPY251216C00600000": ["3", "15", "3,100"],
        "O:SPY251216P00600000": ["2", "7", "1,800"],
        "2 contracts": ["5", "22", "4,900"],
    }
    assert "Loaded 5 historical trades" in result.stderr
    assert "Replay complete" in result.stderr


@pytest.mark.usefixtures("stored_day")
def test_a_replay_of_a_part_of_the_day_counts_that_part() -> None:
    result = run("replay", DAY, "--from", "10:00", "--to", "15:59:00", "--speed", "100000")
    assert figures(result.stdout)["2 contracts"] == ["2", "6", "1,300"]


def test_a_day_that_is_not_stored_is_one_line(data_dir: Path) -> None:
    assert f"fetch {DAY}" in complaint("replay", DAY)


@pytest.mark.usefixtures("stored_day")
def test_a_day_of_another_underlying_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERLYING", "QQQ")
    assert "UNDERLYING" in complaint("replay", DAY)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay", "yesterday"), "YYYY-MM-DD"),
        (("replay", "2025-12-25"), "no trading day"),
        (("replay", DAY, "--from", "noon"), "HH:MM:SS"),
        (("replay", DAY, "--to", "10:00+02:00"), "Eastern"),
        (("replay", DAY, "--speed", "fast"), "REPLAY_SPEED"),
        (("simulate", "--date", "soon"), "YYYY-MM-DD"),
        (("simulate", "--start", "10:00:00Z"), "Eastern"),
        (("simulate", "--fault", "gremlins=1"), "gremlins"),
        (("serve", "--mode", "live"), "POLYGON_API_KEY"),
        (("serve", "--mode", "replay"), "REPLAY_MODE"),
    ],
)
@pytest.mark.usefixtures("data_dir")
def test_what_cannot_be_done_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    assert words in complaint(*arguments)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("STRIKE_SPAN", "0"),
        ("REPLAY_SPEED", "fast"),
        ("SESSION_DATE", "2026-11-26"),  # Thanksgiving
        ("SESSION_DATE", "1999-01-04"),
        ("BROADCAST_INTERVAL_MS", "x"),
        ("UNDERLYING", "?"),
    ],
)
def test_a_bad_setting_stops_the_server_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    assert complaint("serve").startswith(f"spymaster: {name}: ")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no folder, not even root's")
def test_a_fetch_that_the_disk_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/proc/nowhere")
    monkeypatch.setenv("POLYGON_API_KEY", "unused")
    assert "choose another DATA_DIR" in complaint("fetch", DAY)


def test_help_names_every_command() -> None:
    help_text = run("--help").stdout
    assert all(command in help_text for command in ("serve", "simulate", "replay"))


def test_a_simulated_day_is_scored_for_people_and_for_machines(data_dir):
    arguments = ("score", "--seed", "1", "--date", DAY, "--minutes", "1")
    shown = run(*arguments)
    assert shown.exit_code == 0
    for title in ("Sides: quotes", "Sides: prints only", "Hedging pressure", "Lee-Ready"):
        assert title in shown.stdout
    card = json.loads(run(*arguments, "--json").stdout)
    assert (card["date"], card["seed"], card["market_seconds"]) == (DAY, 1, 60)
    assert f"{card['prints']:,} prints" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seed", "-1"), "--seed -1 is below 0"),
        (("--minutes", "0"), "--minutes 0 is no stretch"),
        (("--date", "2025-12-25"), "no trading day"),
        (("--date", "soon"), "no date"),
    ],
)
def test_what_cannot_be_scored_is_told_in_one_line(data_dir, arguments, said):
    assert said in complaint("score", *arguments)
