"""Which stored day the product plays when none is named, and what it refuses to do with it."""

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processes import Product, Until, product_here
from spymaster.core.clock import SystemClock
from spymaster.gateway.wire import ModeRequest
from spymaster.product import Product as Application
from spymaster.settings import load_settings
from spymaster.storage.places import coverage_file, day_folder
from storage.test_cache_support import DATE, FakeSource, fetched

NEXT = DATE.replace(day=DATE.day + 1)

pytestmark = pytest.mark.usefixtures("logging_as_before")


async def post(desk: Product, path: str, **body: Any) -> tuple[int, Any]:
    async with desk.http.post(desk.url + path, json=body) as answer:
        return answer.status, await answer.json()


def begin_next_day(data_dir: Path) -> None:
    """The day after is there in part: its fetch was stopped."""
    ticker = next(day_folder(data_dir, "trades", DATE).glob("*.parquet"))
    begun = day_folder(data_dir, "trades", NEXT) / ticker.name.replace("251216", "251217")
    begun.parent.mkdir(parents=True)
    begun.write_bytes(ticker.read_bytes())
    told = {"date": str(NEXT), "complete": False, "chains": {}, "contracts": {}}
    coverage_file(data_dir, NEXT).write_text(json.dumps(told))


async def test_the_latest_complete_day_is_played_and_only_at_a_speed(
    tmp_path: Path, until: Until
) -> None:
    await fetched(tmp_path, FakeSource())
    begin_next_day(tmp_path)
    settings = {"REPLAY_MODE": "true", "REPLAY_SPEED": "max", "DATA_DIR": str(tmp_path)}
    async with product_here(**settings) as desk:

        async def ended() -> bool:
            return await desk.state() == "ended"

        await until(ended, 60)
        before = await desk.session()
        assert before["date"] == str(DATE)
        for speed in (0, -1, 1e6):
            for body in ({"action": "speed"}, {"action": "seek", "at": "10:00:00"}):
                status, answer = await post(desk, "/api/replay", **body, speed=speed)
                assert (status, list(answer)) == (422, ["detail"])
                assert "speed" in answer["detail"]
        assert (await desk.session())["market_time"] == before["market_time"], "nothing was done"
        _, cache = await desk.get("/api/cache")
        assert [(day["date"], day["complete"]) for day in cache["days"]] == [
            (str(DATE), True),
            (str(NEXT), False),
        ]
        status, body = await post(desk, "/api/mode", mode="replay", date=str(NEXT))
        assert (status, body["date"]) == (200, str(NEXT)), "by its name it may be played"


@pytest.fixture
def _no_collection_by_chance() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("_no_collection_by_chance")
async def test_a_session_that_is_no_longer_shown_is_let_go(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spymaster.product.LET_GO_S", 0.1)
    await fetched(tmp_path, FakeSource())
    settings = load_settings(data_dir=tmp_path, replay_mode=True, replay_speed="max")
    product = Application(settings, SystemClock())
    running = asyncio.create_task(product.run())
    try:
        await until(lambda: product.showing.health.state(0) == "ended", 60)
        gc.freeze()  # as the loading of compiled code does, after the first session was made
        before = weakref.ref(product.showing.engine)
        await product.switch(ModeRequest("replay", str(DATE)))
        await until(lambda: before() is None)
        assert product.showing.engine.session.date == DATE
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
