"""The product as it is started, against the simulated vendor and a stored day."""

import asyncio
import datetime as dt
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from processes import (
    COMMAND,
    DATE,
    KEY,
    READY,
    SECOND_NS,
    START_S,
    agreed,
    alive,
    children,
    following,
    free_ports,
    let_run,
    product,
    product_here,
    running,
    simulator,
)
from spymaster.core.sessions import eastern
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

pytestmark = pytest.mark.usefixtures("logging_as_before")

type Until = Callable[..., Awaitable[None]]

SHARED = Path(__file__).parents[3].parent / "shared"
REAL_DAY = SHARED / "data" / "real" / "aapl-2014-06-06"
NOWHERE = following("http://127.0.0.1:9", "ws://127.0.0.1:9")


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing recorded before: a session is brought back from what is on the disk."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


async def test_totals_are_the_truth_also_after_the_vendor_was_killed(until: Until) -> None:
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    async with product(**settings) as (desk, process):
        async with simulator(*ports, "--start", "10:00:00", "--speed", "30") as sim:
            await until(desk.ready, START_S)
            await let_run(sim, 60, until)
            await until(lambda: agreed(desk, sim))
            session = await desk.session()
            assert (session["mode"], session["date"]) == ("live", DATE)
            assert session["feed"]["lag_ms"] is None
            assert session["spot_source"] in ("parity", "chain")
            assert len(session["strikes"]) == 7
            assert session["counters"]["trades_backfilled"] > 0
            assert session["counters"]["quotes_received"] > 0
            assert sum(volume for _, volume, _ in (await desk.totals()).values()) > 1000

            market_ns = await sim.market_ns()
            assert await sim.process.end(signal.SIGKILL) == -signal.SIGKILL

            async def reconnecting() -> bool:
                return await desk.state() == "reconnecting"

            await until(reconnecting)
            status, body = await desk.get("/readyz")
            assert (status, body["status"]) == (503, "not ready")
            assert "lost" in body["reasons"][0]

        start = eastern(market_ns + 300 * SECOND_NS).strftime("%H:%M:%S")
        async with simulator(*ports, "--start", start, "--speed", "30") as sim:
            await sim.process.find(READY)
            await until(desk.ready, 60)
            assert (await desk.session())["feed"]["reconnects"] == 1
            await let_run(sim, 30, until)
            await until(lambda: agreed(desk, sim), 30)
            assert "Traceback" not in process.text


@pytest.mark.parametrize("fault", ["auth_failed", "error_after_success"])
async def test_a_refused_key_is_named_never_shown_and_tried_slowly(
    until: Until, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    config = SimulatorConfig(date=dt.date.fromisoformat(DATE), start=dt.time(10), speed=5.0)
    async with SimulatorServer(config) as sim:
        sim.faults.update({fault: True, "key_refused": True})
        async with product_here(**following(sim.rest_url, sim.ws_url)) as desk:

            async def refused() -> bool:
                status, body = await desk.get("/readyz")
                return status == 503 and "POLYGON_API_KEY" in str(body)

            clock = asyncio.get_running_loop().time
            await until(lambda: sim.stream._accepted, START_S)
            since_s = clock()
            await until(refused, START_S)
            await until(lambda: sim.stream._accepted >= 3)
            assert clock() - since_s > 1.9  # two tries more, each at least a second after the last
            assert (await desk.get("/healthz"))[0] == 200
            assert await desk.state() == "refused"
            for path in ("/api/session", "/api/contracts", "/openapi.json"):
                assert (await desk.get(path))[0] == 200

            sim.faults.update({fault: False, "key_refused": False})
            await until(desk.ready, 60)
            assert KEY not in "".join(desk.answers)
    logged = capfd.readouterr().err
    assert "refused" in logged
    assert KEY not in logged
    assert "Traceback" not in logged


async def test_sim_mode_brings_its_own_vendor_and_takes_it_along(until: Until) -> None:
    settings = {"SESSION_DATE": DATE, "SIM_SPEED": "20", "SIM_START": "10:00:00"}
    async with product("--mode", "sim", **settings) as (desk, process):
        await until(desk.ready, START_S)
        own = process.process.pid
        ((first, command),) = children(own, "spymaster.simulator").items()
        assert "--exit-with-parent" in command
        status, text = await desk.get("/")
        assert (status, "SPYMASTER" in text) == (200, True) or "make build" in str(text)
        session = await desk.session()
        assert (session["mode"], session["speed"]) == ("sim", 20.0)
        assert session["feed"]["state"] == "ok"

        os.kill(first, signal.SIGKILL)

        async def recovered() -> bool:
            feed = (await desk.session())["feed"]
            return feed["state"] == "ok" and feed["reconnects"] == 1

        await until(recovered, 60)
        ((second, _),) = children(own, "spymaster.simulator").items()
        assert second != first
        async with desk.http.ws_connect(f"{desk.url}/ws/stream", max_msg_size=0) as stream:
            frame = await stream.receive_json(timeout=10)
            assert (frame["type"], frame["session"]["mode"]) == ("snapshot", "sim")
            loop = asyncio.get_running_loop()
            asked_s = loop.time()
            await process.end(signal.SIGTERM)
            assert loop.time() - asked_s < 5
        assert not alive(second)
        assert "Traceback" not in process.text


@pytest.fixture
def real_day(data_dir: Path) -> dict[str, str]:
    """Settings that replay a copy of a real day of AAPL."""
    if not REAL_DAY.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{REAL_DAY} is missing, and CI has to replay it")
        pytest.skip(f"{REAL_DAY} is not here: real days are kept apart")
    shutil.copytree(REAL_DAY / "historical", data_dir / "historical")
    return {
        "REPLAY_MODE": "true",
        "REPLAY_DATE": "2014-06-06",
        "UNDERLYING": "AAPL",
    }


async def test_a_real_day_replayed_at_once_ends_in_its_known_figures(
    until: Until, real_day: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    async with product_here(**real_day, REPLAY_SPEED="max") as desk:

        async def ended() -> bool:
            return await desk.state() == "ended"

        await until(ended, START_S)
        assert (await desk.session())["counters"]["trades_counted"] == 6471
        async with desk.http.ws_connect(f"{desk.url}/ws/stream", max_msg_size=0) as stream:
            frame = await stream.receive_json(timeout=10)
        assert frame["totals"]["cumulative_volume"] == 200_794
        rows = frame["contracts"].values()
        assert sum(row["cumulative_volume"] for row in rows) == 200_794
        assert sum(row["trade_count"] for row in rows) == 6471
        assert await desk.ready()
    logged = capfd.readouterr().err
    for line in ("Cache: ", "Loaded 6471 historical trades", "Replay complete"):
        assert line in logged


async def test_a_real_day_replayed_at_sixty_moves_on(
    until: Until, real_day: dict[str, str]
) -> None:
    async with product_here(**real_day, REPLAY_SPEED="60") as desk:

        async def stands_at() -> dt.datetime | None:
            ms = (await desk.session())["market_time"]
            return eastern(ms * 1_000_000) if ms else None

        await until(stands_at, START_S)
        first = await stands_at()
        assert first is not None
        assert (first.date(), first.hour) == (dt.date(2014, 6, 6), 9)

        async def two_minutes_later() -> bool:
            now = await stands_at()
            return now is not None and now >= first + dt.timedelta(minutes=2)

        since_s = asyncio.get_running_loop().time()
        await until(two_minutes_later)
        assert asyncio.get_running_loop().time() - since_s > 1
        assert await desk.state() == "ok"


async def test_the_asgi_door_opens_for_fastapi(until: Until) -> None:
    (port,) = free_ports(1)
    fastapi = str(Path(sys.executable).with_name("fastapi"))
    command = (fastapi, "dev", "src/main.py", "--host", "127.0.0.1", "--port", str(port))
    async with running(*command, **NOWHERE) as process, aiohttp.ClientSession() as http:

        async def healthy() -> bool:
            assert process.process.returncode is None, process.text
            try:
                async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(healthy, START_S)


async def complaint(*command: str, **settings: str) -> tuple[int | None, list[str]]:
    """How a start ends that cannot succeed: exit code, and the lines that it printed."""
    async with running(*command, **settings) as process:
        code = await asyncio.wait_for(process.process.wait(), START_S)
    return code, process.lines


async def test_a_start_that_cannot_succeed_is_one_line_and_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        in_use, by_console, by_door = await asyncio.gather(
            complaint(COMMAND, "serve", "--port", str(port), **NOWHERE),
            complaint(COMMAND, "serve", "--port", "0", STRIKE_SPAN="0"),
            complaint(sys.executable, "src/main.py", SESSION_DATE="2026-11-26"),  # Thanksgiving
        )
    assert in_use == (
        1,
        [f"spymaster: port {port} of 127.0.0.1 is in use; choose another with --port\n"],
    )
    for (code, lines), name in ((by_console, "STRIKE_SPAN"), (by_door, "SESSION_DATE")):
        assert (code, len(lines)) == (1, 1), lines
        assert lines[0].startswith(f"spymaster: {name}: ")
