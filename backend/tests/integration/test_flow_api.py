"""Bars, tape and prints of the running product, over a simulated vendor."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from processes import (
    START_S,
    Product,
    agreed,
    following,
    free_ports,
    let_run,
    product_here,
    simulator,
)

pytestmark = pytest.mark.usefixtures("logging_as_before")

type Until = Callable[..., Awaitable[None]]

LENGTH_MS = {"5s": 5_000, "1m": 60_000}


async def ask(desk: Product, path: str) -> dict[str, Any]:
    status, body = await desk.get(path)
    assert status == 200, body
    assert isinstance(body, dict)
    return body


async def check_bars(desk: Product, interval: str, part: str) -> int:
    """Every bar against the prints behind it; how many prints those were."""
    query = f"interval={interval}&measures=all{part}"
    bars = (await ask(desk, f"/api/bars?{query}"))["bars"]
    checked = 0
    for bar in bars:
        if not bar["trade_count"]:
            continue
        end = bar["t"] + LENGTH_MS[interval]
        prints = await ask(desk, f"/api/prints?from={bar['t']}&to={end}&limit=10000{part}")
        for name in ("trade_count", "volume", "measures"):
            assert prints[name] == bar[name], (interval, part, bar["t"], name)
        assert len(prints["trades"]) == bar["trade_count"]
        assert sum(row["size"] for row in prints["trades"]) == bar["volume"]
        checked += bar["trade_count"]
    return checked


async def test_the_prints_behind_every_bar_add_up_to_it(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    ports = free_ports(2)
    settings = following(f"http://127.0.0.1:{ports[0]}", f"ws://127.0.0.1:{ports[0]}/options")
    async with (
        simulator(*ports, "--start", "09:40:00", "--speed", "20") as sim,
        product_here(**settings) as desk,
    ):
        await until(desk.ready, START_S)
        await let_run(sim, 30, until)
        await until(desk.nothing_owed, START_S)
        await until(lambda: agreed(desk, sim), START_S)

        # The day from the open on, most of which REST brought.
        contracts = (await ask(desk, "/api/contracts"))["contracts"]
        counted = sum(row["trade_count"] for row in contracts.values())
        assert await check_bars(desk, "1m", "") == counted
        assert 0 < await check_bars(desk, "5s", "&type=C&legs=single") < counted
        ticker, busiest = max(contracts.items(), key=lambda item: item[1]["trade_count"])
        assert await check_bars(desk, "1m", f"&ticker={quote(ticker)}") == busiest["trade_count"]
        strike = busiest["strike_price"]
        assert await check_bars(desk, "1m", f"&strike={strike}&type=P") > 0

        totals = (await ask(desk, "/api/bars?interval=1m"))["bars"][-1]
        async with desk.http.ws_connect(f"{desk.url}/ws/stream", max_msg_size=0) as stream:
            snapshot = await stream.receive_json(timeout=10)
        shown = snapshot["totals"]
        assert totals["hedging_pressure"] == shown["hedging_pressure"]
        assert totals["hedging_pressure_error"] == shown["hedging_pressure_error"]

        # The tape has them all too, page by page, and says which ones REST brought.
        seen: list[dict[str, Any]] = []
        query = "limit=3000"
        while page := (await ask(desk, f"/api/tape?{query}"))["trades"]:
            seen += page
            query = f"limit=3000&before={page[-1]['id']}"
        times = [row["t"] for row in seen]
        assert times == sorted(times, reverse=True)
        assert len({row["id"] for row in seen}) == len(seen)
        assert len([row for row in seen if "cancelled" not in row["tags"]]) == counted
        refilled = sum(row["refilled"] for row in seen)
        assert 0 < refilled < len(seen)

        events = (await ask(desk, "/api/events"))["events"]
        assert events[0]["kind"] == "feed"
        brought = sum(event["prints"] for event in events if event["kind"] == "refill")
        assert brought == (await desk.session())["counters"]["trades_backfilled"]
