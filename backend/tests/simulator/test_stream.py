import datetime as dt

import numpy as np
import pytest

from spymaster.simulator.path import NS
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

from .client import StreamClient
from .conftest import ATM_CALL, ATM_PUT, DATE

CONNECTED = {"ev": "status", "status": "connected", "message": "Connected Successfully"}
SUCCESS = {"ev": "status", "status": "auth_success", "message": "authenticated"}


def subscribed(element: str) -> dict[str, str]:
    return {"ev": "status", "status": "success", "message": f"subscribed to: {element}"}


async def test_the_handshake(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        assert await client.authenticate() == SUCCESS
        assert client.statuses() == [CONNECTED, SUCCESS]


async def test_authentication_may_be_sent_before_the_greeting_is_read(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.send("auth", "key")
        await client.send("subscribe", f"T.{ATM_CALL}")
        await client.catch_up()
        assert client.statuses()[:3] == [CONNECTED, SUCCESS, subscribed(f"T.{ATM_CALL}")]


async def test_subscribing_before_authentication_is_refused(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.send("subscribe", f"T.{ATM_CALL}")
        assert await client.wait_for(lambda: [s["status"] for s in client.statuses()][1:]) == (
            "auth_required"
        )


async def test_each_element_has_its_own_status(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        answer = await client.request("subscribe", f"T.{ATM_CALL},Q.{ATM_CALL},T.*,A.*,AM.*")
        elements = [f"T.{ATM_CALL}", f"Q.{ATM_CALL}", "T.*", "A.*", "AM.*"]
        assert answer == [subscribed(element) for element in elements]


async def test_what_is_held_already_is_not_answered(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", f"T.{ATM_CALL}")
        assert await client.request("subscribe", f"T.{ATM_CALL}") == []
        assert await client.request("subscribe", "X.Y,LV.Z") == []


async def test_only_held_elements_are_unsubscribed(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", f"T.{ATM_CALL}")
        answer = await client.request("unsubscribe", f"T.{ATM_CALL},T.{ATM_PUT}")
        assert [one["message"] for one in answer] == [f"unsubscribed to: T.{ATM_CALL}"]
        await sim.advance_by(5)
        await client.catch_up()
        assert client.of("T") == []


async def test_unknown_contracts_and_prefixes_are_confirmed_and_silent(
    sim: SimulatorServer,
) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        elements = ["T.O:SPY*", "T.O:NOPE", "Q.*", "T.SPY", "T.O:SPY251216C00000001"]
        answer = await client.request("subscribe", ",".join(elements))
        assert answer == [subscribed(element) for element in elements]
        await sim.advance_by(5)
        await client.catch_up()
        assert {event["ev"] for event in client.events} == {"status"}


async def test_a_refused_channel_is_not_named_and_comes_first(sim: SimulatorServer) -> None:
    sim.faults.not_authorized_channels = "Q"
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        answer = await client.request("subscribe", f"T.{ATM_CALL},Q.{ATM_CALL},Q.{ATM_PUT}")
        refusal = {"ev": "status", "status": "error", "message": "not authorized"}
        assert answer == [refusal, subscribed(f"T.{ATM_CALL}")]


@pytest.mark.parametrize("text", ["not json", "[]", '{"action":"auth"}', '{"action":1,"params":2}'])
async def test_unreadable_requests_do_not_end_the_connection(
    sim: SimulatorServer, text: str
) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.socket.send_str(text)
        await client.catch_up()
        assert client.statuses()[-2]["status"] == "error"


async def test_all_trades_and_quotes_of_the_model_arrive_in_order(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", f"T.*,Q.{ATM_CALL},Q.{ATM_PUT}")
        start = sim.clock.now_ns()
        await sim.advance_by(20)
        await client.catch_up()
    prints = sim.day.prints_between(start, start + 20 * NS)
    trades = client.of("T")
    assert [trade["t"] for trade in trades] == (prints.ts // 1_000_000).tolist()
    assert [trade["p"] for trade in trades] == (prints.price / 100).tolist()
    assert [trade["c"] for trade in trades] == [[one] for one in prints.condition.tolist()]
    assert [trade["sym"] for trade in trades] == [sim.day.chain.tickers[r] for r in prints.row]
    rows = np.array(sorted(sim.day.chain.rows[one] for one in (ATM_CALL, ATM_PUT)), np.int32)
    quotes = sim.day.quotes_between(start, start + 20 * NS, rows)
    assert [quote["bp"] for quote in client.of("Q")] == (quotes.bid / 100).tolist()
    times = [event["t"] for event in client.events if event["ev"] in {"T", "Q"}]
    assert times == sorted(times)
    assert any('"T"' in frame and '"Q"' in frame for frame in client.frames)


async def test_other_expirations_arrive_with_the_full_subscription(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", "T.*")
        await sim.advance_by(120)
        await client.catch_up()
    assert {trade["sym"][5:11] for trade in client.of("T")} == {"251216", "251217"}


async def test_the_quote_limit(sim: SimulatorServer) -> None:
    many = ",".join(f"Q.O:SPY251216C{strike:08d}" for strike in range(1, 1001))
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        assert len(await client.request("subscribe", many)) == 1000
        sim.faults.excess_quotes = "ignore"
        assert await client.request("subscribe", f"Q.{ATM_CALL}") == []
        sim.faults.excess_quotes = "error"
        [refusal] = await client.request("subscribe", f"Q.{ATM_CALL}")
        assert refusal["status"] == "error"
        sim.faults.excess_quotes = "confirm"
        assert await client.request("subscribe", f"Q.{ATM_CALL}") == [subscribed(f"Q.{ATM_CALL}")]
        await sim.advance_by(5)
        await client.catch_up()
        assert client.of("Q") == []


async def test_bars_sum_up_the_trades(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", f"T.{ATM_CALL},A.{ATM_CALL},AM.{ATM_CALL}")
        await sim.advance_by(60)
        await client.catch_up()
    [minute] = client.of("AM")
    trades = [one for one in client.of("T") if one["c"][0] not in {202, 204}]
    assert minute["v"] == sum(-t["s"] if t["c"][0] < 208 else t["s"] for t in client.of("T"))
    assert (minute["o"], minute["c"]) == (trades[0]["p"], trades[-1]["p"])
    assert minute["e"] - minute["s"] == 60_000
    assert sum(second["v"] for second in client.of("A")) <= minute["v"]
    assert minute["av"] > minute["v"]


async def test_the_second_connection_of_a_key_evicts_the_first(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as older, StreamClient(sim.ws_url) as newer:
        await older.authenticate("one")
        async with StreamClient(sim.ws_url) as other:
            await other.authenticate("two")
            await newer.authenticate("one")
            assert await older.closed() == 1008
            await other.catch_up()
        assert older.statuses()[-1]["status"] == "max_connections"
        assert older.statuses()[-1]["message"] == "Maximum number of connections exceeded."
        await newer.catch_up()


async def test_nothing_missed_is_replayed(sim: SimulatorServer) -> None:
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", "T.*")
    await sim.advance_by(10)
    back = sim.clock.now_ns()
    async with StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", "T.*")
        await sim.advance_by(5)
        await client.catch_up()
    assert min(trade["t"] for trade in client.of("T")) >= back // 1_000_000


async def test_a_client_that_does_not_read_is_cut_and_delays_nobody() -> None:
    config = SimulatorConfig(date=DATE, start=dt.time(10), buffer_bytes=1_000_000)
    async with SimulatorServer(config) as sim, StreamClient(sim.ws_url) as quick:
        await quick.authenticate("quick")
        await quick.request("subscribe", "T.*")
        start = until = sim.clock.now_ns()
        async with StreamClient(sim.ws_url) as slow:
            await slow.authenticate("slow")
            quotes = ",".join(f"Q.{ticker}" for ticker in sim.day.chain.tickers)
            await slow.request("subscribe", f"T.*,{quotes}")
            slow.stop_reading()
            while sim.stream.connections == 2:
                until += 10 * NS
                sim.clock.move_to(until)
                sim.stream.push(until)
                await quick.catch_up()
        assert len(quick.of("T")) == len(sim.day.prints_between(start, until))


async def test_frames_stay_small() -> None:
    config = SimulatorConfig(date=DATE, start=dt.time(9, 30))
    async with SimulatorServer(config) as sim, StreamClient(sim.ws_url) as client:
        await client.authenticate()
        quotes = ",".join(f"Q.{ticker}" for ticker in sim.day.chain.tickers)
        await client.request("subscribe", f"T.*,{quotes}")
        sim.clock.move_to(sim.clock.now_ns() + 30 * NS)
        sim.stream.push(sim.clock.now_ns())
        await client.catch_up()
    assert max(map(len, client.frames)) < 900_000
    assert len(client.of("Q")) > 5_000


async def test_with_a_speed_the_market_runs_by_itself() -> None:
    config = SimulatorConfig(date=DATE, start=dt.time(10), speed=50)
    async with SimulatorServer(config) as sim, StreamClient(sim.ws_url) as client:
        await client.authenticate()
        await client.request("subscribe", f"T.*,Q.{ATM_CALL}")
        await client.wait_for(lambda: len(client.of("T")) > 200 and client.of("Q"))
    first = client.of("T")[0]["t"] * 1_000_000
    prints = sim.day.prints_between(first, first + 3600 * NS)
    assert [t["p"] for t in client.of("T")[:100]] == (prints.price[:100] / 100).tolist()
