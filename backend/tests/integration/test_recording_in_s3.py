"""A recorded day goes to S3 after its close, and comes back to be replayed as it was."""

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
import pytest
from pydantic import SecretStr

from processes import product_here
from spymaster.core.clock import SystemClock
from spymaster.core.errors import DataError, DayNotCachedError
from spymaster.core.sessions import default_calendar
from spymaster.mirror_keeper import MirrorKeeper
from spymaster.replay_command import play
from spymaster.replay_mode import ReplayMode
from spymaster.settings import Settings
from spymaster.storage import coverage
from spymaster.storage.coverage import Other
from spymaster.storage.day_store import DayStore
from spymaster.storage.flow_files import FlowFiles
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.object_store import S3Settings
from spymaster.storage.places import key_of, snapshots_file
from storage.s3_server import Server, mirror_of
from storage.test_cache_support import SESSION, FakeSource, fetched, ticker, trades

from .followers import DATE, Follower, differing, session, simulator, state_of
from .test_recording import follow

type Until = Callable[..., Awaitable[None]]

RECORDING = f"historical/days/{DATE}.SPY-live.recording"


@asynccontextmanager
async def kept_up(
    data_dir: Path, settings: S3Settings, retry_s: float = 0.05
) -> AsyncIterator[MirrorKeeper]:
    cache = HistoricalDataCache(data_dir)
    keeper = MirrorKeeper(mirror_of(settings, data_dir), cache, retry_s)
    task = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def in_s3(server: Server, bucket: str, data_dir: Path, secret: str = "SK") -> dict[str, Any]:
    """Settings of a machine with this mirror."""
    return {
        "data_dir": data_dir,
        "s3_bucket": bucket,
        "s3_endpoint": server.endpoint,
        "s3_access_key": SecretStr("AK"),
        "s3_secret_key": SecretStr(secret),
    }


def replaying(server: Server, bucket: str, data_dir: Path, secret: str = "SK") -> Settings:
    return Settings(
        replay_mode=True,
        replay_date=DATE,
        replay_speed="max",
        **in_s3(server, bucket, data_dir, secret),
    )


async def test_a_recorded_day_comes_back_from_s3_bit_for_bit(
    server: Server, bucket: str, tmp_path: Path, until: Until
) -> None:
    here = tmp_path / "here"
    async with simulator(dt.time(15, 59)) as sim, Follower(here).following(sim) as live:
        assert live.ingestor is not None
        await follow(sim, until, live)
        while sim.clock.now_ns() < session().end_ns:
            await sim.advance_by(60.0)
        await until(lambda: live.engine.market_ns > session().close_ns)
        live.ingestor.finish(session().end_ns + 1)
        await until(lambda: live.ingestor.complete, seconds=40)
        await asyncio.to_thread(live.persistence.keep)
        before = state_of(live.engine)
    async with kept_up(here, server.settings(bucket)) as keeper:
        await until(lambda: keeper.dates == [DATE])
    keys = {
        one["path"] for page in obstore.list(server.store(bucket), "historical") for one in page
    }
    files = {
        path.relative_to(here).as_posix()
        for path in (here / "historical").rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }
    assert RECORDING in keys
    assert f"historical/snapshots/{DATE}.parquet" in keys
    assert keys == files

    again = ReplayMode(replaying(server, bucket, tmp_path / "b"), SystemClock(), session(), None)
    task = asyncio.create_task(again.run())
    try:
        await until(lambda: again.showing.health.state(0) == "ended", seconds=40)
        assert differing(state_of(again.showing.engine), before) == {}
        flows = FlowFiles(tmp_path / "b", "SPY", 3, simulated=False)
        (flow,) = flows.before(DATE + dt.timedelta(1)).sessions
        in_session = again.showing.engine.flow.prints["ts"] < session().close_ns
        assert 0 < flow.trade_count.sum() <= in_session.sum()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    played = await play(replaying(server, bucket, tmp_path / "c"), session())
    assert differing(state_of(played), before) == {}

    source = FakeSource(name="rest")
    mirror = mirror_of(server.settings(bucket), tmp_path / "d")
    async with mirror.running():
        report = await fetched(tmp_path / "d", source, mirror=mirror)
    assert report.restored == len(files) - 1, "everything but the coverage file"
    assert (tmp_path / "d" / RECORDING).read_bytes() == (here / RECORDING).read_bytes()

    whole = bytes(obstore.get(server.store(bucket), RECORDING).bytes())
    obstore.put(server.store(bucket), RECORDING, whole[:-100])
    for _ in range(2):  # what came of it is not taken for the day the next time
        with pytest.raises(DataError, match=f"damaged in S3.*spymaster fetch {DATE}"):
            await play(replaying(server, bucket, tmp_path / "e"), session())
    obstore.put(server.store(bucket), RECORDING, whole)
    played = await play(replaying(server, bucket, tmp_path / "e"), session())
    assert differing(state_of(played), before) == {}


async def test_what_a_stopped_server_missed_is_copied_when_it_is_back(
    server: Server, bucket: str, tmp_path: Path, until: Until
) -> None:
    await fetched(tmp_path, FakeSource())
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    stopped = S3Settings(bucket, f"http://127.0.0.1:{port}", SecretStr("AK"), SecretStr("SK"))
    async with kept_up(tmp_path, stopped) as keeper:
        await until(lambda: keeper.trouble)
        assert keeper.trouble is not None
        assert "S3_ENDPOINT" in keeper.trouble
        async with forwarded(port, server):
            await until(lambda: keeper.dates)
            assert keeper.trouble is None
    found = coverage.decoded(
        bytes(obstore.get(server.store(bucket), f"historical/{DATE}.json").bytes())
    )
    assert found.complete


async def test_a_day_that_cannot_be_read_is_told_and_holds_up_no_later_one(
    server: Server, bucket: str, tmp_path: Path, until: Until
) -> None:
    earlier = default_calendar().session(DATE - dt.timedelta(1))
    in_the_way = snapshots_file(tmp_path, earlier.date)
    in_the_way.mkdir(parents=True)
    with DayStore.opened(tmp_path, earlier) as store:
        contract = ticker(600, "C", earlier.date)
        store.put("trades", contract, trades([earlier.open_ns]), [], "rest")
        store.coverage.others[key_of(tmp_path, in_the_way)] = Other(1, "sha256:")
    await fetched(tmp_path, FakeSource())
    async with kept_up(tmp_path, server.settings(bucket)) as keeper:
        await until(lambda: keeper.dates == [DATE] and keeper.trouble)
        assert keeper.trouble is not None
        assert f"{earlier.date} is not copied to S3" in keeper.trouble
        in_the_way.rmdir()
        await until(lambda: keeper.dates == [earlier.date, DATE])
        await until(lambda: keeper.trouble is None)


async def test_a_bucket_that_is_shared_keeps_what_others_have(
    server: Server, bucket: str, tmp_path: Path, until: Until
) -> None:
    await fetched(tmp_path / "a", FakeSource(), "all")
    await fetched(tmp_path / "b", FakeSource(), 1)
    await fetched(tmp_path / "sim", FakeSource(name="simulator"), 2)
    for name in ("a", "b", "sim"):
        await mirror_of(server.settings(bucket), tmp_path / name).catch_up(SESSION)
    there = await mirror_of(server.settings(bucket), tmp_path).look_up(SESSION)
    assert there is not None
    assert len(there.contracts) == 42
    assert not there.is_simulated
    assert await mirror_of(server.settings(bucket), tmp_path / "b").catch_up(SESSION) == 0


async def test_a_missing_day_says_what_s3_said_and_how_to_fetch_it(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    command = f"uv run spymaster fetch {DATE}"
    with pytest.raises(DayNotCachedError, match=f"nor in bucket {bucket}.*{command}"):
        await play(replaying(server, bucket, tmp_path), session())
    with pytest.raises(DayNotCachedError, match=f"S3_SECRET_KEY.*{command}") as caught:
        await play(replaying(server, bucket, tmp_path, secret="wr0ng"), session())
    assert "wr0ng" not in str(caught.value)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        gone = Server(f"http://127.0.0.1:{held.getsockname()[1]}")
        with pytest.raises(DayNotCachedError, match=f"S3_ENDPOINT.*{command}"):
            await play(replaying(gone, bucket, tmp_path), session())
    assert HistoricalDataCache(tmp_path).days() == [], "nothing is held of a day that is nowhere"


@pytest.mark.usefixtures("logging_as_before")
async def test_the_product_lists_and_replays_a_day_that_is_only_in_s3(
    server: Server, bucket: str, tmp_path: Path, until: Until
) -> None:
    await fetched(tmp_path / "a", FakeSource())
    await mirror_of(server.settings(bucket), tmp_path / "a").catch_up(SESSION)
    settings = {
        "REPLAY_MODE": "true",
        "REPLAY_SPEED": "max",
        "S3_BUCKET": bucket,
        "S3_ENDPOINT": server.endpoint,
        "S3_ACCESS_KEY": "AK",
        "S3_SECRET_KEY": "SK",
    }

    # Without a date: the latest day is the one in S3.
    async with product_here(**settings, DATA_DIR=str(tmp_path / "b")) as desk:

        async def ended() -> bool:
            return await desk.state() == "ended"

        await until(ended, 40)
        assert (await desk.session())["date"] == str(DATE)
        _, body = await desk.get("/api/contracts")
        assert all(row["trade_count"] for row in body["contracts"].values())

    settings |= {"REPLAY_MODE": "false", "POLYGON_API_KEY": "key", "SESSION_DATE": "2025-12-17"}
    settings |= {"POLYGON_REST_URL": "http://127.0.0.1:1", "POLYGON_WS_URL": "ws://127.0.0.1:1"}
    replay = {"mode": "replay", "date": str(DATE), "speed": "max"}
    async with product_here(**settings, DATA_DIR=str(tmp_path / "c")) as desk:

        async def days() -> Any:
            found = (await desk.get("/api/cache"))[1]["days"]
            return [day for day in found if day["date"] == str(DATE)]

        await until(days)
        in_s3 = {"date": str(DATE), "contracts": None, "remote": True, "complete": None}
        assert in_s3 in await days()
        async with desk.http.post(f"{desk.url}/api/mode", json=replay) as answer:
            assert answer.status == 200, await answer.text()
        assert [day["remote"] for day in await days()] == [False]

    settings["S3_SECRET_KEY"] = "wr0ng"
    async with product_here(**settings, DATA_DIR=str(tmp_path / "d")) as desk:

        async def trouble() -> Any:
            return (await desk.get("/api/cache"))[1]["mirror_trouble"]

        await until(trouble)
        assert "S3_SECRET_KEY" in await trouble()
        async with desk.http.post(f"{desk.url}/api/mode", json=replay) as answer:
            assert answer.status == 404
            detail = (await answer.json())["detail"]
        assert "S3_SECRET_KEY" in detail
        assert f"spymaster fetch {DATE}" in detail
        assert not any("wr0ng" in text for text in desk.answers)


@pytest.mark.usefixtures("logging_as_before")
async def test_s3_may_go_away_under_the_product_and_gets_what_it_missed(
    server: Server,
    bucket: str,
    tmp_path: Path,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spymaster.mirror_keeper.RETRY_S", 0.2)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    settings = {
        "SESSION_DATE": str(DATE),
        "STRIKE_SPAN": "1",
        "DATA_DIR": str(tmp_path),
        "S3_BUCKET": bucket,
        "S3_ENDPOINT": f"http://127.0.0.1:{port}",
        "S3_ACCESS_KEY": "AK",
        "S3_SECRET_KEY": "SK",
    }
    async with contextlib.AsyncExitStack() as s3, product_here(**settings) as desk:
        await s3.enter_async_context(forwarded(port, server))
        await until(desk.ready, 60)

        async def cache() -> Any:
            return (await desk.get("/api/cache"))[1]

        async def kept_up() -> bool:
            return (await cache())["mirror_trouble"] is None

        async def fetched_here() -> bool:
            return (await desk.get("/api/fetch"))[1]["state"] == "done"

        async def told() -> bool:
            return "S3_ENDPOINT" in ((await cache())["mirror_trouble"] or "")

        await until(kept_up)
        await s3.aclose()
        counted = (await desk.session())["counters"]["trades_counted"]
        async with desk.http.post(f"{desk.url}/api/fetch", json={"date": str(DATE)}) as answer:
            assert answer.status == 200, await answer.text()
        await until(fetched_here, 60)
        await until(told)
        (day,) = (await cache())["days"]
        assert (day["date"], day["contracts"] > 0, day["remote"]) == (str(DATE), True, False)

        async def goes_on() -> bool:
            return (await desk.session())["counters"]["trades_counted"] > counted

        await until(goes_on)
        assert await desk.ready()
        await s3.enter_async_context(forwarded(port, server))
        await until(kept_up)
    keys = {
        one["path"] for page in obstore.list(server.store(bucket), "historical") for one in page
    }
    here = {
        path.relative_to(tmp_path).as_posix()
        for path in (tmp_path / "historical" / "trades").rglob("*.parquet")
    }
    assert here
    assert here <= keys
    assert f"historical/{DATE}.json" in keys


@asynccontextmanager
async def forwarded(port: int, server: Server) -> AsyncIterator[None]:
    """The server, reachable at another port too while the block lasts."""
    target = urlsplit(server.endpoint)
    handlers: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        there, back = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)
        await asyncio.gather(back.wait_closed(), writer.wait_closed(), return_exceptions=True)

    listener = await asyncio.start_server(forward, "127.0.0.1", port)
    try:
        yield
    finally:
        listener.close()
        listener.close_clients()
        await asyncio.gather(*handlers, return_exceptions=True)
