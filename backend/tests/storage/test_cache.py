"""What the cache holds, whether it is sound, and the commands over it."""

import importlib.util
import json
import logging
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spymaster.core.errors import DayNotCachedError, SettingsError
from spymaster.day_sources import s3_settings
from spymaster.settings import BACKEND, load_settings
from spymaster.storage import contract_files, coverage
from spymaster.storage.contract_files import Note
from spymaster.storage.day_store import DayStore
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.places import coverage_file, day_folder, historical

from .test_cache_support import DATE, SESSION, WHOLE, file_of, quotes, run, ticker, trades

NAMES = [ticker(strike, right) for strike in (599, 600, 601) for right in "CP"]
TIMES = [SESSION.open_ns + second * 1_000_000_000 for second in range(50)]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six contracts' trades, and quotes of one."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with DayStore.opened(tmp_path, SESSION) as store:
        for name in NAMES:
            store.put("trades", name, trades(TIMES), [WHOLE], "rest")
        store.put("quotes", NAMES[0], quotes(TIMES), [WHOLE], "rest")
    return tmp_path


def test_stats_count_files_and_rows(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stats = HistoricalDataCache(data_dir).get_cache_stats()
    assert "Cache: 7 files" in caplog.text
    assert (stats["files"], stats["contracts"], stats["days"]) == (7, 6, 1)
    assert (stats["trades"], stats["quotes"]) == (300, 50)
    assert stats["dates"] == [DATE.isoformat()]
    code, output = run("cache", "stats")
    assert code == 0
    assert "Cache: 7 files" in output


def test_the_thin_door_finds_the_same_cache(data_dir: Path) -> None:
    spec = importlib.util.spec_from_file_location("door", BACKEND / "src" / "historical_cache.py")
    assert spec is not None
    assert spec.loader is not None
    door = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(door)
    assert door.HistoricalDataCache().get_cache_stats()["files"] == 7


def test_an_empty_cache_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "none"))
    assert HistoricalDataCache(tmp_path / "none").get_cache_stats()["files"] == 0
    assert run("cache", "verify") == (0, "all files are sound\n")


def test_a_sound_cache_verifies(data_dir: Path) -> None:
    assert HistoricalDataCache(data_dir).verify() == []
    assert run("cache", "verify", str(DATE))[0] == 0


@pytest.mark.parametrize("with_coverage", [True, False])
def test_verify_names_each_broken_contract(data_dir: Path, with_coverage: bool) -> None:
    cut, empty, rubbish, unsorted, flipped, gone = NAMES
    file_of(data_dir, cut).write_bytes(file_of(data_dir, cut).read_bytes()[:-20])
    file_of(data_dir, empty).write_bytes(b"")
    file_of(data_dir, rubbish).write_bytes(b"rubbish" * 100)
    with DayStore.opened(data_dir / "other", SESSION) as store:
        store.put("trades", unsorted, trades(TIMES), [WHOLE], "rest")
    file = contract_files.TickFile(file_of(data_dir, unsorted), "trades")
    file.add(trades(TIMES[::-1]))
    file.close(Note([WHOLE], "rest"))
    data = bytearray(file_of(data_dir, flipped).read_bytes())
    times = pq.ParquetFile(file_of(data_dir, flipped)).metadata.row_group(0).column(0)
    data[times.data_page_offset + times.total_compressed_size - 4] ^= 0x55
    file_of(data_dir, flipped).write_bytes(data)
    file_of(data_dir, gone).unlink()
    if not with_coverage:
        coverage_file(data_dir, DATE).unlink()

    found = {one.ticker: one.reason.split(":")[0] for one in HistoricalDataCache(data_dir).verify()}
    expected = {
        cut: "truncated",
        empty: "truncated",
        rubbish: "corrupt",
        unsorted: "unsorted",
        flipped: "corrupt",
    }
    assert found == (expected | {gone: "missing"} if with_coverage else expected)
    code, output = run("cache", "verify")
    assert code == 1
    assert all(name in output for name in found)
    assert "uv run spymaster fetch 2025-12-16" in output


def test_a_file_that_was_exchanged_is_found(data_dir: Path) -> None:
    with DayStore.opened(data_dir / "other", SESSION) as store:
        store.put("trades", NAMES[0], trades(TIMES[:10]), [WHOLE], "rest")
    file_of(data_dir / "other", NAMES[0]).replace(file_of(data_dir, NAMES[0]))
    [problem] = HistoricalDataCache(data_dir).verify(DATE)
    assert problem.ticker == NAMES[0]
    assert "not the bytes" in problem.reason or "shorter" in problem.reason


def test_clear_drops_a_day_and_names_the_days_held_otherwise(data_dir: Path) -> None:
    derived = historical(data_dir) / "days" / f"{DATE}.trades.parquet"
    derived.parent.mkdir()
    derived.write_bytes(b"x")
    code, output = run("cache", "clear", str(DATE))
    assert code == 0
    assert "7 files" in output
    assert not derived.exists()
    assert HistoricalDataCache(data_dir).days() == []
    code, output = run("cache", "clear", str(DATE))
    assert code == 1
    assert "is not in the cache" in output


def test_coverage_is_made_again_from_the_files(data_dir: Path) -> None:
    before = coverage.load(data_dir, DATE)
    coverage_file(data_dir, DATE).write_bytes(b'{"date": "2025')
    found = HistoricalDataCache(data_dir).coverage(DATE)
    assert before is not None
    assert found.contracts == before.contracts
    assert found.complete


def test_files_of_another_maker_count_as_the_whole_day(data_dir: Path) -> None:
    coverage_file(data_dir, DATE).unlink()
    path = file_of(data_dir, NAMES[0])
    pq.write_table(pq.ParquetFile(path).read().replace_schema_metadata(None), path)
    held = HistoricalDataCache(data_dir).coverage(DATE).held(NAMES[0], "trades")
    assert held is not None
    assert (held.source, held.complete, held.rows) == ("found", True, 50)


def test_a_day_that_is_not_there_says_what_is(data_dir: Path) -> None:
    with pytest.raises(DayNotCachedError, match="held: 2025-12-16"):
        HistoricalDataCache(data_dir).coverage(DATE.replace(day=17))


def test_the_coverage_file_is_plain_to_read(data_dir: Path) -> None:
    found = json.loads(coverage_file(data_dir, DATE).read_bytes())
    entry = found["contracts"][NAMES[0]]["trades"]
    assert entry["intervals"] == [list(WHOLE)]
    assert entry["rows"] == 50
    assert entry["complete"] is True
    assert entry["checksum"].startswith("sha256:")


def test_export_writes_the_day_with_what_the_engine_made_of_it(data_dir: Path) -> None:
    out = data_dir / "out.csv"
    code, output = run("export", str(DATE), "--out", str(out))
    assert code == 0, output
    lines = out.read_text().splitlines()
    assert len(lines) == 301
    assert lines[0].startswith('"sip_timestamp","time_et","ticker"')
    code, _ = run("export", str(DATE), "--format", "parquet", "--out", str(data_dir / "o.parquet"))
    assert code == 0
    code, output = run("export", "2025-12-17")
    assert code == 1
    assert "spymaster fetch 2025-12-17" in output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("fetch", "2025-12-14"), "no trading day"),
        (("fetch", "2031-01-02"), "lies in the future"),
        (("fetch", "yesterday"), "write it as YYYY-MM-DD"),
        (("fetch", "2025-12-16", "2025-12-12"), "earlier day first"),
        (("fetch", "2025-12-16", "--strikes", "some"), "STRIKE_SPAN"),
        (("cache", "verify", "2025-12-17"), "is not in the cache"),
    ],
)
def test_mistakes_are_told_in_one_line(data_dir: Path, args: tuple[str, ...], says: str) -> None:
    code, output = run(*args)
    assert code == 1
    assert says in output
    assert output.count("\n") == 1


def test_half_an_s3_mirror_is_a_mistake() -> None:
    assert s3_settings(load_settings()) is None
    with pytest.raises(SettingsError, match="S3_ENDPOINT"):
        s3_settings(load_settings(s3_bucket="b", s3_access_key="a", s3_secret_key="s"))


def test_a_full_or_forbidden_disk_is_told(tmp_path: Path) -> None:
    from spymaster.core.errors import DataError

    folder = day_folder(tmp_path, "trades", DATE)
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b"a file where a folder should be")
    with (
        pytest.raises(DataError, match="cannot be made"),
        DayStore.opened(tmp_path, SESSION) as store,
    ):
        store.put("trades", NAMES[0], trades(TIMES), [WHOLE], "rest")
