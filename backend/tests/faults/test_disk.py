"""The disk refuses, the process is killed or ended, files are spoilt: what was counted stays."""

import contextlib
import datetime as dt
import random
import re
import resource
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from integration.followers import played
from processes import (
    DATE,
    READY,
    Product,
    Simulator,
    Until,
    agreed,
    following,
    free_ports,
    product,
    simulator,
)
from spymaster.gateway.views import totals
from spymaster.storage.recordings import recordings
from spymaster.storage.segments import Reading

from .desk import SPEED
from .witness import Witness

pytestmark = pytest.mark.asyncio(loop_scope="package")
"""One loop for all: who watches the product that several tests share must not stand still."""

RESTORED = re.compile(r"Restored (\d+) prints of the day")
SEED = 1816
PAGES = 20


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def vendor() -> AsyncIterator[tuple[Simulator, dict[str, str]]]:
    """A simulated vendor, and the settings that make a product follow it."""
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    async with simulator(*ports, "--start", "10:00:00", "--speed", str(SPEED)) as sim:
        await sim.process.find(READY)
        yield sim, settings


async def not_recording(desk: Product, witness: Witness) -> bool:
    """Whether page and `/readyz` say that live goes on without being recorded."""
    status, body = await desk.get("/readyz")
    shown = witness.feed.get("state") == "ok" and "not recording" in str(witness.feed["message"])
    return shown and status == 503 and "File too large" in str(body["reasons"])


async def all_counted(desk: Product, sim: Simulator, until: Until) -> None:
    await sim.set_speed(0)
    await until(lambda: agreed(desk, sim), 90)
    await sim.set_speed(SPEED)


def spoil(data_dir: Path, rng: random.Random) -> None:
    """Tear the newest segment of the journal, and overwrite something in the one before."""
    found = sorted(data_dir.glob(f"journal/{DATE}/*/*.journal"), reverse=True)
    if not found:
        return  # killed before anything was written
    newest, *older = found
    data = newest.read_bytes()
    newest.write_bytes(data[: rng.randrange(len(data) // 2, len(data))])
    if older:
        data = older[0].read_bytes()
        place = rng.randrange(len(data))
        older[0].write_bytes(data[:place] + rng.randbytes(16) + data[place + 16 :])


async def test_a_full_disk_is_said_and_what_waited_is_written(
    vendor: tuple[Simulator, dict[str, str]], tmp_path: Path, until: Until
) -> None:
    sim, settings = vendor[0], vendor[1] | {"DATA_DIR": str(tmp_path)}
    async with product(**settings) as (desk, process), Witness(desk).watching() as witness:
        await until(lambda: witness.says("ok"), 90)
        pid, unlimited = process.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        await until(lambda: not_recording(desk, witness))
        await all_counted(desk, sim, until)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        await until(lambda: witness.says("ok"))
        await until(lambda: witness.feed["message"] is None)
        _, metrics = await desk.get("/metrics")
        assert "spymaster_journal_lost_rows_total 0.0" in metrics
        counted = (await desk.session())["counters"]["trades_counted"]
        assert await process.end(timeout_s=10) is not None
    async with product(**settings) as (_, process):
        assert int((await process.find(RESTORED))[1]) >= counted


async def test_kills_at_any_moment_and_spoilt_files_lose_nothing_and_count_nothing_twice(
    vendor: tuple[Simulator, dict[str, str]], tmp_path: Path, until: Until
) -> None:
    sim, settings = vendor[0], vendor[1] | {"DATA_DIR": str(tmp_path)}
    rng = random.Random(SEED)
    for kill in range(3):
        async with product(**settings) as (desk, process):
            lives_until_ns = await sim.market_ns() + rng.randrange(1, 60) * 1_000_000_000

            async def lived(until_ns: int = lives_until_ns) -> bool:
                return await sim.market_ns() > until_ns

            await until(lived)
            assert "Traceback" not in process.text
            await process.end(signal.SIGKILL)
        if kill:
            spoil(tmp_path, rng)
    async with product(**settings) as (desk, process), Witness(desk).watching() as witness:
        await process.find(RESTORED)
        await until(lambda: witness.says("ok"), 90)
        await all_counted(desk, sim, until)
        assert "Traceback" not in process.text


async def test_an_end_under_load_is_in_order_and_keeps_what_was_shown(
    vendor: tuple[Simulator, dict[str, str]], tmp_path: Path, until: Until
) -> None:
    sim, settings = vendor[0], vendor[1] | {"DATA_DIR": str(tmp_path), "STRIKE_SPAN": "all"}
    await sim.set_faults(flood=10)
    async with product(**settings) as (desk, process), contextlib.AsyncExitStack() as pages:
        seen = [await pages.enter_async_context(Witness(desk).watching()) for _ in range(PAGES)]
        await until(lambda: all(page.volume for page in seen), 90)
        assert await process.end(timeout_s=60) == 0
        assert "Traceback" not in process.text
    [recording] = recordings(tmp_path, dt.date.fromisoformat(DATE), "SPY")
    engine = played(recording.read(Reading()))
    assert totals(engine).cumulative_volume >= max(page.volume for page in seen) > 0
