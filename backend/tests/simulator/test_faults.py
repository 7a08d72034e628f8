import asyncio
import datetime as dt
import itertools
import json
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from spymaster.core.errors import SettingsError
from spymaster.simulator.faults import Faults
from spymaster.simulator.path import NS
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

from .client import StreamClient
from .conftest import ATM_CALL, DATE, Get

type Until = Callable[..., Awaitable[None]]


def test_switches_are_read_from_text() -> None:
    faults = Faults.parse(["auth_failed", "rest-status=429", "bad_trades=0.5", "stall=off"])
    assert faults == Faults(auth_failed=True, rest_status=429, bad_trades=0.5)


@pytest.mark.parametrize(
    "text", ["nope=1", "rest_status=many", "auth_failed=perhaps", "excess_quotes=never"]
)
def test_unknown_switches_and_values_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match=text.partition("=")[0]):
        Faults.parse([text])


async def test_authentication_can_fail(sim: SimulatorServer) -> None:
    sim.faults.auth_failed = True
    async with StreamClient(sim.ws_url) as client:
        answer = await client.authenticate()
        assert (answer["status"], answer["message"]) == ("auth_failed", "authentication failed")
        await client.closed()


async def test_authentication_can_time_out() -> None:
    config = SimulatorConfig(date=DATE, start=dt.time(10), auth_timeout_s=0.0)
    config.faults.auth_timeout = True
    async with SimulatorServer(config) as sim, StreamClient(sim.ws_url) as client:
        answer = await client.wait_for(lambda: client.statuses()[1:])
        assert answer["status"] == "auth_timeout"
        assert answer["message"] == "No authentication request received."
        await client.closed()


async def test_success_may_be_followed_by_a_refusal(sim: SimulatorServer) -> None:
    sim.faults.error_after_success = True
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        refusal = await client.wait_for(lambda: client.statuses()[2:])
        assert refusal["status"] == "error"
        assert refusal["message"].startswith("You don't have access real-time data.")


async def test_pings_may_come_before_the_greeting(sim: SimulatorServer) -> None:
    sim.faults.pings_before_connected = 2
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(sim.ws_url, autoping=False) as socket,
    ):
        kinds = [(await socket.receive()).type for _ in range(3)]
    assert kinds == [aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.TEXT]


async def listening(sim: SimulatorServer, client: StreamClient, elements: str = "T.*") -> None:
    await client.authenticate()
    await client.request("subscribe", elements)


async def test_events_can_be_deformed(sim: SimulatorServer) -> None:
    sim.faults.update({"omit_conditions": 0.3, "unknown_conditions": 0.3, "extra_keys": True})
    sim.faults.update({"float_ints": True, "repeat_sequence": 0.5, "unknown_exchanges": 0.2})
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client, "T.*,A.*")
        await sim.advance_by(20)
        await client.catch_up()
    trades = client.of("T")
    assert 0 < sum("c" not in trade for trade in trades) < len(trades)
    assert any(trade.get("c") == [299] for trade in trades)
    assert any(trade["x"] == 399 for trade in trades)
    assert all("dv" in trade for trade in trades)
    assert all(isinstance(trade["s"], float) for trade in trades)
    assert all(isinstance(bar["z"], float) for bar in client.of("A"))
    pairs = itertools.pairwise(trades)
    assert sum(a["q"] == b["q"] for a, b in pairs) > len(trades) / 4


async def test_bad_trades_are_never_part_of_the_truth(sim: SimulatorServer, get: Get) -> None:
    sim.faults.bad_trades = 1.0
    start = sim.clock.now_ns()
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        await sim.advance_by(20)
        await client.catch_up()
    prints = sim.day.prints_between(start, sim.clock.now_ns())
    assert len(client.of("T")) == 2 * len(prints)
    _, truth = await get(f"{sim.truth_url}/prints", **{"from": start})
    assert len(truth["prints"]) == len(prints)
    assert all(row["price"] > 0 and row["size"] > 0 for row in truth["prints"])


async def test_trades_can_come_twice_or_late(sim: SimulatorServer) -> None:
    sim.faults.duplicates = 1.0
    start = sim.clock.now_ns()
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        await sim.advance_by(10)
        await client.catch_up()
        doubled = client.of("T")
        assert doubled[::2] == doubled[1::2]
        sim.faults.update({"duplicates": 0, "late_delivery": 0.5})
        await sim.advance_by(10)
        sim.faults.late_delivery = 0.0
        await sim.advance_by(1)
        await client.catch_up()
    late = [trade["t"] for trade in client.of("T")[len(doubled) :]]
    assert late != sorted(late)
    assert len(late) == len(sim.day.prints_between(start + 10 * NS, start + 21 * NS))


async def test_broken_frames_come_between_good_ones(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.malformed_frames = 3
        await sim.advance_by(10)
        await client.catch_up()
        assert len(client.broken) == 3
        assert client.of("T")


async def test_spoilt_copies_come_between_good_frames(sim: SimulatorServer) -> None:
    start = sim.clock.now_ns()
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.mutated_frames = 7
        await sim.advance_by(10)
        await client.catch_up()
        assert len(client.broken) == 7
        assert len(client.of("T")) == len(sim.day.prints_between(start, sim.clock.now_ns()))


async def test_each_quote_can_be_said_several_times(sim: SimulatorServer) -> None:
    sim.faults.flood = 2
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client, f"Q.{ATM_CALL}")
        await sim.advance_by(10)
        await client.catch_up()
    quotes = client.of("Q")
    assert quotes[::3] == quotes[1::3] == quotes[2::3] != []


async def test_confirmations_may_share_a_frame_with_events(
    sim: SimulatorServer, until: Until
) -> None:
    sim.faults.mixed_frames = True
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.send("subscribe", "T.*")
        await until(lambda: any(one.protocol.held for one in sim.stream._connections))
        await sim.advance_by(10)
        await client.wait_for(lambda: client.of("T"))
    [mixed] = [frame for frame in client.frames if "subscribed to: T.*" in frame]
    assert {event["ev"] for event in json.loads(mixed)} == {"status", "T"}


async def test_rest_tells_odd_prints_as_the_stream_does(sim: SimulatorServer, get: Get) -> None:
    sim.faults.update({"omit_conditions": 0.3, "unknown_conditions": 0.3, "unknown_exchanges": 0.3})
    start = sim.clock.now_ns()
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client, f"T.{ATM_CALL}")
        await sim.advance_by(60)
        await client.catch_up()
    path = f"/v3/trades/{ATM_CALL}"
    _, body = await get(path, limit=50_000, timestamp__gte=start, order="asc")
    told = [(row["exchange"], row.get("conditions")) for row in body["results"]]
    assert [(trade["x"], trade.get("c")) for trade in client.of("T")] == told
    assert {None} < {tuple(ids) if ids else None for _, ids in told}


@pytest.mark.parametrize("cause", ["slow_consumer", "force_disconnect", "max_connections"])
async def test_the_vendor_can_say_why_it_hangs_up(sim: SimulatorServer, cause: str) -> None:
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.update({"hang_up": cause})
        await sim.advance_by(0.1)
        assert await client.closed() == 1008
        assert client.statuses()[-1]["status"] == cause
    assert sim.faults.hang_up == ""


async def test_the_connection_can_drop_without_a_close_frame(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.drop_connection = True
        await sim.advance_by(0.1)
        assert await client.closed() == 1006
    assert not sim.faults.drop_connection


async def test_the_connection_can_close_in_order(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.close_clean = True
        await sim.advance_by(0.1)
        assert await client.closed() == 1000


async def test_a_stalled_stream_is_silent_and_open(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await listening(sim, client)
        sim.faults.stall = True
        await sim.advance_by(10)
        sim.faults.stall = False
        await client.catch_up()
        assert client.of("T") == []
        await sim.advance_by(10)
        await client.catch_up()
        assert client.of("T")


async def test_pongs_can_be_late(sim: SimulatorServer) -> None:
    sim.faults.late_pongs = 60.0
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(sim.ws_url, autoping=False) as socket,
    ):
        await socket.receive()
        await socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.2)


@pytest.mark.parametrize(
    ("switches", "status", "text"),
    [
        ({"rest_status": 429}, 429, "exceeded the maximum requests"),
        ({"rest_status": 500}, 500, "error"),
        ({"rest_status": 429, "rest_empty_body": True}, 429, ""),
        ({"rest_html": True}, 502, "<html>"),
        ({"rest_broken_json": True}, 200, '"results":[{'),
        ({"rest_status": 403}, 403, '"message"'),
        ({"key_refused": True}, 403, "NOT_AUTHORIZED"),
        ({"rest_status": 401}, 401, "Unknown API Key"),
    ],
)
async def test_rest_can_fail(
    sim: SimulatorServer, get: Get, switches: dict[str, object], status: int, text: str
) -> None:
    sim.faults.update(switches)
    found, body = await get("/v3/reference/exchanges")
    assert found == status
    assert text in (body if isinstance(body, str) else json.dumps(body))


async def test_rest_faults_end_after_their_count_and_keep_to_their_path(
    sim: SimulatorServer, get: Get
) -> None:
    sim.faults.update({"rest_status": 503, "rest_count": 2, "rest_path": "/v3/reference"})
    assert (await get("/v1/marketstatus/now"))[0] == 200
    codes = [(await get("/v3/reference/exchanges"))[0] for _ in range(3)]
    assert codes == [503, 503, 200]


async def test_greeks_can_be_missing(sim: SimulatorServer, get: Get) -> None:
    sim.faults.missing_greeks = 1.0
    _, body = await get(f"/v3/snapshot/options/SPY/{ATM_CALL}")
    assert "greeks" not in body["results"]


async def test_switches_and_clock_are_served_beside_the_truth(
    sim: SimulatorServer, get: Get
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{sim.truth_url}/faults", json={"stall": True}) as answer:
            assert (await answer.json())["stall"] is True
        async with session.post(f"{sim.truth_url}/faults", json={"nope": 1}) as answer:
            assert answer.status == 400
        later = sim.clock.now_ns() + 5 * NS
        async with session.post(f"{sim.truth_url}/clock", json={"market_ns": later}) as answer:
            assert (await answer.json())["market_ns"] == later
    assert sim.faults.stall
    _, clock = await get(f"{sim.truth_url}/clock")
    assert (clock["date"], clock["seed"], clock["speed"]) == ("2025-12-16", 1, 0.0)


async def test_the_truth_tells_spot_and_totals(sim: SimulatorServer, get: Get) -> None:
    _, spot = await get(f"{sim.truth_url}/spot")
    assert spot["spot"] == sim.day.spot(sim.clock.now_ns())
    _, body = await get(f"{sim.truth_url}/totals")
    today = sim.day.session.open_ns
    _, trades = await get(f"/v3/trades/{ATM_CALL}", limit=50_000, timestamp__gte=today)
    cancel = {201, 203, 205, 207}
    signed = [-1 if cancel & set(row["conditions"]) else 1 for row in trades["results"]]
    total = body["totals"][ATM_CALL]
    assert total["prints"] == sum(signed)
    assert total["received"] == len(signed)
    assert total["volume"] == sum(
        sign * row["size"] for sign, row in zip(signed, trades["results"], strict=True)
    )
