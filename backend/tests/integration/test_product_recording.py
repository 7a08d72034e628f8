"""The running product: killed, started again, and replayed; and with a disk that refuses."""

import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from processes import (
    DATE,
    START_S,
    Product,
    agreed,
    following,
    free_ports,
    let_run,
    product,
    simulator,
)

type Until = Callable[..., Awaitable[None]]

RESTORED = re.compile(r"Restored (\d+) prints of the day")
ENDED = re.compile(r"Replay complete")


async def rows(desk: Product) -> dict[str, dict[str, Any]]:
    _, body = await desk.get("/api/contracts")
    found: dict[str, dict[str, Any]] = body["contracts"]
    return found


async def settled(desk: Product, until: Until) -> dict[str, dict[str, Any]]:
    """What the desk shows once a held market has nothing more to say."""
    seen: list[dict[str, dict[str, Any]]] = []

    async def same_again() -> bool:
        seen.append(await rows(desk))
        return len(seen) > 25 and seen[-1] == seen[-25]

    await until(same_again, 40)
    return seen[-1]


async def test_a_killed_product_shows_its_day_again_and_replays_it_as_it_was(
    tmp_path: Path, until: Until
) -> None:
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    settings["DATA_DIR"] = str(tmp_path)
    async with simulator(*ports, "--start", "10:00:00", "--speed", "20") as sim:
        async with product(**settings) as (desk, process):
            await until(desk.ready, START_S)
            await let_run(sim, 30, until)
            await until(lambda: agreed(desk, sim))
            shown = await settled(desk, until)
            await process.end(signal.SIGKILL)
        await sim.set_speed(20)
        async with product(**settings) as (desk, process):
            await process.find(RESTORED)
            await until(desk.ready, START_S)
            again = await rows(desk)
            assert all(
                again[ticker]["cumulative_volume"] >= row["cumulative_volume"]
                for ticker, row in shown.items()
            )
            await let_run(sim, 30, until)
            await until(lambda: agreed(desk, sim))
            live = await settled(desk, until)
            await process.end(signal.SIGKILL)
    replay = {"REPLAY_MODE": "true", "REPLAY_DATE": DATE, "REPLAY_SPEED": "max"}
    async with product(**replay, DATA_DIR=str(tmp_path)) as (desk, process):
        await process.find(ENDED)
        assert await rows(desk) == live


async def test_a_folder_that_cannot_be_written_is_said_and_live_goes_on(
    tmp_path: Path, until: Until
) -> None:
    place = tmp_path / "journal"
    place.write_text("not a folder")
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    async with (
        simulator(*ports, "--start", "10:00:00") as sim,
        product(**settings, DATA_DIR=str(tmp_path)) as (desk, _),
    ):

        async def followed() -> bool:
            return await desk.state() == "ok" and bool(await desk.totals())

        async def not_recording() -> bool:
            status, body = await desk.get("/readyz")
            return status == 503 and "not recording" in body["reasons"][0]

        await until(followed, START_S)
        await until(not_recording)
        assert "cannot be written" in (await desk.session())["feed"]["message"]
        assert await sim.market_ns()
        place.unlink()
        await until(desk.ready)
        assert (await desk.session())["feed"]["message"] is None
    assert list(place.glob(f"{DATE}/*/*.journal"))
