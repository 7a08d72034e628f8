"""The mirror in S3, against a real S3 server on loopback."""

import gc
import warnings
from pathlib import Path

import obstore
import pytest
from pydantic import SecretStr

from spymaster.storage import coverage
from spymaster.storage import mirror as mirrors
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.object_store import MirrorError, S3Settings
from spymaster.storage.places import coverage_file

from .s3_server import Server, free_ports, mirror_of
from .test_cache_support import DATE, LATER, SESSION, FakeSource, fetched, file_of, run, ticker
from .test_import import TRADES, trade, write

CALL = ticker(600, "C")
KEY = f"historical/trades/{DATE}/{CALL.replace(':', '_')}.parquet"


async def test_a_fetch_mirrors_itself_and_another_machine_gets_it_back(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    async with mirror_of(server.settings(bucket), tmp_path / "a").running() as mirror:
        report = await fetched(tmp_path / "a", FakeSource(), mirror=mirror)
        await mirror.drained()
        assert mirror.trouble is None
        assert mirror.copied == report.fetched
        assert await mirror.catch_up(SESSION) == 1, "the coverage file goes last"
        assert await mirror.catch_up(SESSION) == 0

    source = FakeSource()
    async with mirror_of(server.settings(bucket), tmp_path / "b").running() as mirror:
        report = await fetched(tmp_path / "b", source, mirror=mirror)
    assert source.asked == [], "all of it comes from the mirror"
    assert report.complete
    assert report.restored == report.contracts
    assert file_of(tmp_path / "a", CALL).read_bytes() == file_of(tmp_path / "b", CALL).read_bytes()
    assert HistoricalDataCache(tmp_path / "b").verify() == []


async def test_a_simulated_day_gives_way_to_the_real_one_in_s3(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    await fetched(tmp_path / "a", FakeSource())
    await mirror_of(server.settings(bucket), tmp_path / "a").catch_up(SESSION)
    await fetched(tmp_path / "b", FakeSource(name="simulator"))
    source = FakeSource()
    async with mirror_of(server.settings(bucket), tmp_path / "b").running() as mirror:
        report = await fetched(tmp_path / "b", source, mirror=mirror)
    assert source.asked == []
    assert report.restored == report.contracts
    found = coverage.load(tmp_path / "b", DATE)
    assert found is not None
    assert found.complete
    assert not found.is_simulated


async def test_a_copy_that_is_damaged_there_is_fetched_from_the_vendor_and_mended(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    async with mirror_of(server.settings(bucket), tmp_path / "a").running() as mirror:
        await fetched(tmp_path / "a", FakeSource(), mirror=mirror)
        await mirror.catch_up(SESSION)
    whole = file_of(tmp_path / "a", CALL).read_bytes()
    obstore.put(server.store(bucket), KEY, whole[: len(whole) // 2])

    source = FakeSource()
    async with mirror_of(server.settings(bucket), tmp_path / "b").running() as mirror:
        report = await fetched(tmp_path / "b", source, mirror=mirror)
        await mirror.drained()
    assert source.tickers() == [CALL]
    assert report.complete
    assert bytes(obstore.get(server.store(bucket), KEY).bytes()) == whole


async def test_an_upload_that_was_cut_off_is_made_again(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    """What a killed process left: some files there, one of them half, parts of another."""
    report = await fetched(tmp_path, FakeSource())
    store, whole = server.store(bucket), file_of(tmp_path, CALL).read_bytes()
    obstore.put(store, KEY, whole[:100])
    writer = obstore.open_writer(store, KEY.replace("C006", "P006"), buffer_size=5 << 20)
    writer.write(b"x" * (6 << 20))  # a multipart upload that nobody finishes
    async with mirror_of(server.settings(bucket), tmp_path).running() as mirror:
        assert await mirror.catch_up(SESSION) == report.fetched + 1, "none counts as held"
    assert bytes(obstore.get(store, KEY).bytes()) == whole
    local = HistoricalDataCache(tmp_path).get_cache_stats()["files"]
    there = [one for page in obstore.list(store, "historical/trades") for one in page]
    assert len(there) == local
    writer.close()


async def test_files_there_without_coverage_are_used(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    async with mirror_of(server.settings(bucket), tmp_path / "a").running() as mirror:
        await fetched(tmp_path / "a", FakeSource(), "all", mirror=mirror)
        await mirror.catch_up(SESSION)
    obstore.delete(server.store(bucket), f"historical/{DATE}.json")
    source = FakeSource()
    async with mirror_of(server.settings(bucket), tmp_path / "b").running() as mirror:
        report = await fetched(tmp_path / "b", source, "all", mirror=mirror)
    assert source.kinds() == ["contracts"]
    assert report.complete
    found = coverage.load(tmp_path / "b", DATE)
    assert found is not None
    assert found.complete


async def test_wrong_keys_stop_the_mirror_and_nothing_else(
    server: Server, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = server.settings(bucket, secret="wrong-secret")
    async with mirror_of(settings, tmp_path).running() as mirror:
        report = await fetched(tmp_path, FakeSource(), mirror=mirror)
        await mirror.drained()
        with pytest.raises(MirrorError, match="S3_ACCESS_KEY and S3_SECRET_KEY"):
            await mirror.catch_up(SESSION)
    assert report.complete
    assert mirror.trouble is not None
    warnings = [one for one in caplog.records if one.name == mirrors.__name__]
    assert len(warnings) == 1
    assert "wrong-secret" not in caplog.text


async def test_a_restore_that_is_refused_begins_nothing_that_it_does_not_end(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    await fetched(tmp_path / "a", FakeSource())
    theirs = coverage.load(tmp_path / "a", DATE)
    assert theirs is not None
    refused = mirror_of(server.settings(bucket, secret="wrong-secret"), tmp_path / "b")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with DayStore.opened(tmp_path / "b", SESSION) as store, pytest.raises(MirrorError):
            await refused.restore(store, theirs)
        gc.collect()
    assert [str(one.message) for one in told] == []


async def test_a_stopped_server_is_caught_up_with_later(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    [port] = free_ports(1)
    gone = S3Settings(bucket, f"http://127.0.0.1:{port}", SecretStr("AK"), SecretStr("SK"))
    async with mirror_of(gone, tmp_path).running() as mirror:
        report = await fetched(tmp_path, FakeSource(), mirror=mirror)
        await mirror.drained()
    assert report.complete
    assert mirror.trouble is not None
    assert "S3_ENDPOINT" in mirror.trouble
    async with mirror_of(server.settings(bucket), tmp_path).running() as mirror:
        assert await mirror.catch_up(SESSION) == report.fetched + 1


def test_the_command_copies_and_goes_on_without_the_server(
    server: Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("DATA_DIR", str(tmp_path)),
        ("S3_BUCKET", bucket),
        ("S3_ENDPOINT", server.endpoint),
        ("S3_ACCESS_KEY", "AK"),
        ("S3_SECRET_KEY", "SK"),
    ):
        monkeypatch.setenv(name, value)
    path = write(tmp_path / "a.csv.gz", TRADES, [trade(CALL, 1)])
    code, output = run("import", str(path))
    assert code == 0, output
    assert bytes(obstore.get(server.store(bucket), KEY).bytes())
    assert obstore.head(server.store(bucket), f"historical/{DATE}.json")["size"]

    monkeypatch.setenv("S3_SECRET_KEY", "wrong")
    coverage_file(tmp_path, DATE).unlink()
    code, output = run("import", str(path))
    assert code == 0, output
    assert "S3_SECRET_KEY" in output


async def test_a_broken_recording_is_named_and_comes_back_from_s3_or_not_at_all(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    key = f"historical/days/{DATE}.SPY-live.recording"
    recording = tmp_path / key
    await fetched(tmp_path, FakeSource())
    recording.parent.mkdir()
    recording.write_bytes(b"what was seen")
    with DayStore.opened(tmp_path, SESSION) as store:
        store.enter_others()
    cache = HistoricalDataCache(tmp_path)
    assert cache.verify() == []
    async with mirror_of(server.settings(bucket), tmp_path).running() as mirror:
        await mirror.catch_up(SESSION)
        for damage, named in ((b"what was sEEn", "corrupt"), (b"what", "truncated")):
            recording.write_bytes(damage)
            (problem,) = cache.verify(DATE)
            assert str(problem).startswith(f"{DATE} other {key}: {named}")
            with DayStore.opened(tmp_path, SESSION) as store:
                fetcher = DayFetcher(store, FakeSource(), LATER, "SPY", 1, mirror=mirror)
                assert await fetcher.repair([key]) == {}
            assert cache.verify() == []
            assert recording.read_bytes() == b"what was seen"
        obstore.put(server.store(bucket), key, b"damaged there")
        recording.unlink()
        (problem,) = cache.verify()
        assert problem.reason == "missing"
        with DayStore.opened(tmp_path, SESSION) as store:
            fetcher = DayFetcher(store, FakeSource(), LATER, "SPY", 1, mirror=mirror)
            assert "S3 has no sound copy" in (await fetcher.repair([key]))[key]
