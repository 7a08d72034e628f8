"""The running product fetches a past day from the simulated vendor, and replays it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from processes import DATE, KEY, START_S, Product, free_ports, product_here
from spymaster.storage.coverage_check import files_of
from spymaster.storage.places import ticker_of
from storage.test_cache_support import DATE as DAY
from storage.test_cache_support import CountingVendor, vendor_running

type Until = Callable[..., Awaitable[None]]

pytestmark = pytest.mark.usefixtures("logging_as_before")

FETCH_S = 120.0


@pytest.fixture(scope="module")
def running() -> Iterator[CountingVendor]:
    with vendor_running() as vendor:
        yield vendor


@pytest.fixture
def vendor(running: CountingVendor) -> CountingVendor:
    running.asked.clear()
    running.hold_after = None
    running.holding.clear()
    running.released.clear()
    return running


async def post(desk: Product, path: str, **body: object) -> tuple[int, Any]:
    async with desk.http.post(desk.url + path, json=body) as answer:
        return answer.status, await answer.json()


async def fetching(desk: Product) -> dict[str, Any]:
    status, body = await desk.get("/api/fetch")
    assert status == 200
    assert isinstance(body, dict)
    return body


async def ended(desk: Product, until: Until) -> dict[str, Any]:
    async def over() -> bool:
        return (await fetching(desk))["state"] != "running"

    await until(over, FETCH_S)
    return await fetching(desk)


async def replayed(desk: Product, until: Until) -> dict[str, Any]:
    """The contracts of the fetched day, once it has been played."""
    status, body = await post(desk, "/api/mode", mode="replay", date=DATE, speed="max")
    assert status == 200, body

    async def over() -> bool:
        return await desk.state() == "ended"

    await until(over, START_S)
    _, body = await desk.get("/api/contracts")
    rows: dict[str, Any] = body["contracts"]
    return rows


def of_the_vendor(vendor: CountingVendor, data_dir: Path) -> dict[str, str]:
    [nobody] = free_ports(1)
    return {
        "POLYGON_API_KEY": KEY,
        "POLYGON_REST_URL": vendor.url,
        "POLYGON_WS_URL": f"ws://127.0.0.1:{nobody}/options",
        "SESSION_DATE": DATE,
        "STRIKE_SPAN": "1",
        "DATA_DIR": str(data_dir),
    }


async def test_a_day_is_fetched_stopped_gone_on_with_and_replayed(
    vendor: CountingVendor, tmp_path: Path, until: Until
) -> None:
    async with product_here(**of_the_vendor(vendor, tmp_path)) as desk:
        assert (await fetching(desk))["state"] == "idle"
        vendor.hold_after = 5
        status, body = await post(desk, "/api/fetch", date=DATE)
        assert (status, body["state"], body["date"]) == (200, "running", DATE)
        assert await asyncio.to_thread(vendor.holding.wait, 60)

        async def stored() -> int:
            return (await fetching(desk))["contracts_done"]

        await until(stored, seconds=60)
        assert (await post(desk, "/api/fetch", date=DATE))[0] == 200, "it is that day already"
        status, body = await post(desk, "/api/fetch", date="2025-12-15")
        assert status == 409
        assert DATE in body["detail"]
        status, body = await post(desk, "/api/fetch", action="stop")
        assert (status, body["state"]) == (200, "stopped")
        assert body["contracts_done"] > 0
        assert body["rows"] > 0
        whole = {ticker_of(path): path.stat().st_size for path in files_of(tmp_path, "trades", DAY)}
        assert body["bytes"] == sum(whole.values())
        vendor.hold_after = None
        vendor.asked.clear()

        assert (await post(desk, "/api/fetch", date=DATE))[0] == 200
        body = await ended(desk, until)
        assert (body["state"], body["message"]) == ("done", None)
        assert body["contracts_done"] == body["contracts"] == len(vendor.whole_days)
        assert not set(whole) & set(vendor.whole_days)

        rows = await replayed(desk, until)
        day = vendor.market.day(DAY)
        prints = day.prints_until(day.session.end_ns + 1)
        for path in files_of(tmp_path, "trades", DAY):
            happened = int((prints.row == day.chain.rows[ticker_of(path)]).sum())
            assert rows[ticker_of(path)]["trade_count"] <= happened
        assert sum(row["trade_count"] for row in rows.values()) > 1000


async def test_a_vendor_that_fails_is_told_in_one_line(
    vendor: CountingVendor, tmp_path: Path, until: Until
) -> None:
    [nobody] = free_ports(1)
    settings = of_the_vendor(vendor, tmp_path) | {"POLYGON_REST_URL": f"http://127.0.0.1:{nobody}"}
    async with product_here(**settings) as desk:
        await post(desk, "/api/fetch", date=DATE)
        body = await ended(desk, until)
        assert body["state"] == "failed"
        assert "\n" not in body["message"]
        assert "connection failed" in body["message"]


async def test_without_a_key_the_simulator_is_asked_where_it_is_followed(
    tmp_path: Path, until: Until
) -> None:
    settings = {"SESSION_DATE": DATE, "STRIKE_SPAN": "1", "DATA_DIR": str(tmp_path)}
    async with product_here(**settings) as desk:
        status, body = await post(desk, "/api/fetch", date=DATE)
        assert status == 200, body
        body = await ended(desk, until)
        assert (body["state"], body["message"]) == ("done", None)
        rows = await replayed(desk, until)
        assert sum(row["trade_count"] for row in rows.values()) > 1000


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "date"),
        ({"date": "16.12.2025"}, "YYYY-MM-DD"),
        ({"date": "2025-12-14"}, "2025-12-14"),
        ({"date": "2199-01-07"}, "future"),
        ({"date": DATE, "action": "pause"}, "action"),
        ({"date": DATE}, "POLYGON_API_KEY"),
    ],
)
async def test_what_cannot_be_fetched_is_refused_in_one_line(
    tmp_path: Path, body: dict[str, str], word: str
) -> None:
    settings = {"REPLAY_MODE": "true", "REPLAY_DATE": DATE, "DATA_DIR": str(tmp_path)}
    if body != {"date": DATE}:
        settings["POLYGON_API_KEY"] = KEY
    async with product_here(**settings) as desk:
        status, answer = await post(desk, "/api/fetch", **body)
        assert status == 422
        assert word in answer["detail"]
        assert "\n" not in answer["detail"]
        assert (await fetching(desk))["state"] == "idle"
