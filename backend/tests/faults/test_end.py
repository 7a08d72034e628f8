"""SIGTERM while everything is busy: an end in order, and nothing lost of what was shown."""

import asyncio
import contextlib
import datetime as dt
from pathlib import Path

import pytest

from integration.followers import played
from processes import DATE, Until, following, free_ports, product, simulator
from spymaster.gateway.views import totals
from spymaster.storage.recordings import recordings
from spymaster.storage.segments import Reading

from .witness import Witness

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGES = 20
END_S = 5.0


async def test_an_end_under_load_is_quick_and_keeps_what_was_shown(
    tmp_path: Path, until: Until
) -> None:
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    settings |= {"DATA_DIR": str(tmp_path), "STRIKE_SPAN": "all"}
    options = ("--start", "10:00:00", "--speed", "20", "--fault", "flood=10")
    async with (
        simulator(*ports, *options) as sim,
        product(**settings) as (desk, process),
        contextlib.AsyncExitStack() as pages,
    ):
        seen = [await pages.enter_async_context(Witness(desk).watching()) for _ in range(PAGES)]
        await until(lambda: all(page.volume for page in seen), 90)
        asked_s = asyncio.get_running_loop().time()
        code = await process.end()
        assert asyncio.get_running_loop().time() - asked_s < END_S
        assert code == 0
        assert "Traceback" not in process.text
        assert await sim.market_ns()
    [recording] = recordings(tmp_path, dt.date.fromisoformat(DATE), "SPY")
    engine = played(recording.read(Reading()))
    assert totals(engine).cumulative_volume >= max(page.volume for page in seen) > 0
