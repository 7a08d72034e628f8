import asyncio
import json
import logging
import math
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from spymaster.core.clock import ManualClock
from spymaster.core.conditions import unpack
from spymaster.core.errors import VendorBusyError, VendorDataError, VendorRefusedError
from spymaster.core.ports import MarketRest
from spymaster.core.snapshots import ChainSnapshot
from spymaster.polygon.rest import RestClient

from .fake_stream import Naps
from .frames import CALL, PUT

KEY = "s3cr3t-k3y"
NOW = 1_765_895_400_000_000_000

type Reply = Callable[[web.Request], web.Response] | web.Response


@dataclass
class Desk:
    """The vendor's side, which answers from a list, and the client that asks it."""

    client: RestClient
    naps: Naps
    asked: list[web.Request] = field(default_factory=list)

    async def chain(self) -> ChainSnapshot:
        return await self.client.chain("SPY", "2025-12-16")

    def paths(self) -> list[str]:
        return [request.path_qs for request in self.asked]


def ok(content: Any, **headers: str) -> Callable[[web.Request], web.Response]:
    text = content if isinstance(content, str) else json.dumps(content)
    return lambda _: web.Response(text=text, content_type="application/json", headers=headers)


def fault(status: int, text: str = "", **headers: str) -> Callable[[web.Request], web.Response]:
    return lambda _: web.Response(status=status, text=text, headers=headers)


@asynccontextmanager
async def desk(*replies: Any, prefix: str = "", timeout_s: float = 5) -> AsyncIterator[Desk]:
    """Each request gets the next reply, and the last one again and again."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        found.asked.append(request)
        reply = replies[min(len(found.asked), len(replies)) - 1](request)
        return await reply if asyncio.iscoroutine(reply) else reply

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    naps = Naps()
    client = RestClient(
        f"http://127.0.0.1:{runner.addresses[0][1]}{prefix}/",
        SecretStr(KEY),
        ManualClock(NOW),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        sleep=naps,
        rng=random.Random(1),
    )
    found = Desk(client, naps)
    try:
        async with client:
            yield found
    finally:
        await runner.cleanup()


def trade(ns: int, **changes: Any) -> dict[str, Any]:
    row = {"sip_timestamp": ns, "price": 1.25, "size": 2, "exchange": 302, "conditions": [209]}
    return row | {"sequence_number": 5, "participant_timestamp": ns} | changes


def quote(ns: int) -> dict[str, Any]:
    return {"sip_timestamp": ns, "bid_price": 1.2, "ask_price": 1.3, "bid_size": 1, "ask_size": 2}


# --- requests and pages


async def test_the_key_travels_in_the_header_alone() -> None:
    async with desk(ok({"results": []})) as found:
        rest: MarketRest = found.client
        await rest.chain("SPY", "2025-12-16")
    (request,) = found.asked
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in request.path_qs
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.path == "/v3/snapshot/options/SPY"
    assert dict(request.query) == {"expiration_date": "2025-12-16", "limit": "250"}


async def test_trades_are_asked_for_in_order_and_by_nanosecond() -> None:
    async with desk(ok({"results": [trade(100)]})) as found:
        await found.client.trades(CALL, 3, 100, 200)
    assert found.asked[0].path == f"/v3/trades/{CALL}"
    assert dict(found.asked[0].query) == {
        "timestamp.gte": "100",
        "timestamp.lt": "200",
        "order": "asc",
        "sort": "timestamp",
        "limit": "10000",
    }


@pytest.mark.parametrize("prefix", ["", "/vendor"])
async def test_pages_are_followed_on_our_own_address_with_the_key(prefix: str) -> None:
    first = {
        "results": [trade(100)],
        "next_url": "https://elsewhere.example/v3/trades/x?cursor=Y%3D",
    }
    async with desk(ok(first), ok({"results": [trade(101)]}), prefix=prefix) as found:
        batch = await found.client.trades(CALL, 0, 0, 1_000)
    assert batch.ts_event.tolist() == [100, 101]
    assert batch.arrival.tolist() == [0, 1]
    assert found.paths()[1] == f"{prefix}/v3/trades/x?cursor=Y%3D"
    assert found.asked[1].headers["Authorization"] == f"Bearer {KEY}"
    assert found.asked[1].host.startswith("127.0.0.1")


@pytest.mark.parametrize(
    "hostile",
    ["evil.example/x", "@evil.example/x", "//evil.example/x", "http://[", ".evil.example"],
)
async def test_a_hostile_next_page_never_leaves_our_address(hostile: str) -> None:
    async with desk(ok({"results": [], "next_url": hostile}), ok({})) as found:
        try:
            await found.chain()
        except VendorDataError:
            assert len(found.asked) == 1
        else:
            assert len(found.asked) == 2


async def test_pages_that_lead_in_a_circle_end_with_an_error() -> None:
    async with desk(ok({"results": [], "next_url": "https://x/v3/a?cursor=1"})) as found:
        with pytest.raises(VendorDataError, match="already read"):
            await found.chain()
    assert len(found.asked) == 2


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [], "status": "OK"}])
async def test_missing_results_are_none(body: dict) -> None:
    async with desk(ok(body)) as found:
        assert len(await found.client.trades(CALL, 0, 0, 9)) == 0
        assert len(await found.client.quotes(CALL, 0, 0, 9, 10)) == 0
        assert (await found.chain()).tickers == []


# --- rows


async def test_trades_become_columns() -> None:
    rows = [trade(1_678_718_527_714_665_701), trade(1_678_718_527_714_665_702, conditions=None)]
    rows[1].pop("sequence_number")
    async with desk(ok({"results": rows})) as found:
        batch = await found.client.trades(CALL, 7, 0, 2**62)
    assert batch.contract.tolist() == [7, 7]
    assert batch.ts_event.tolist() == [1_678_718_527_714_665_701, 1_678_718_527_714_665_702]
    assert batch.price.tolist() == [12_500, 12_500]
    assert [unpack(one) for one in batch.conditions.tolist()] == [[209], []]
    assert batch.sequence.tolist() == [5, 0]


async def test_bad_rows_are_left_out_and_counted() -> None:
    rows = [
        trade(1),
        trade(2, price=-1),
        trade(3, price="x"),
        None,
        trade(4, exchange=None),
        trade(5.0),
    ]
    async with desk(ok({"results": rows})) as found:
        batch = await found.client.trades(CALL, 0, 0, 9)
        assert batch.ts_event.tolist() == [1, 4, 5]
        assert (found.client.trades_rejected, found.client.rows_skipped) == (1, 2)


async def test_rows_outside_the_interval_or_out_of_order_are_put_right() -> None:
    rows = [trade(30), trade(10, sequence_number=1), trade(10, sequence_number=2), trade(99)]
    async with desk(ok({"results": rows})) as found:
        batch = await found.client.trades(CALL, 0, 10, 99)
    assert batch.ts_event.tolist() == [10, 10, 30]
    assert batch.sequence.tolist() == [1, 2, 5]


async def test_quotes_stop_at_the_rows_wanted() -> None:
    page = {"results": [quote(1), quote(2)], "next_url": "https://x/v3/quotes/a?cursor="}
    pages = [ok(page | {"next_url": page["next_url"] + str(place)}) for place in range(9)]
    async with desk(*pages) as found:
        batch = await found.client.quotes(CALL, 0, 0, 9, 3)
    assert len(batch) == 3
    assert len(found.asked) == 2
    assert found.asked[0].query["limit"] == "3"


async def test_a_side_missing_from_a_quote_has_price_zero() -> None:
    async with desk(ok({"results": [{"sip_timestamp": 5, "ask_price": 1.3}]})) as found:
        batch = await found.client.quotes(CALL, 0, 0, 9, 10)
    assert (batch.bid.tolist(), batch.ask.tolist()) == ([0], [13_000])


async def test_the_chain_is_nan_wherever_the_vendor_gave_nothing() -> None:
    rows = [
        {
            "details": {"ticker": CALL, "shares_per_contract": 100},
            "greeks": {"delta": 0.5, "gamma": 0.1, "theta": -0.2, "vega": 0.3},
            "implied_volatility": 0.2,
            "open_interest": 17,
            "last_quote": {"bid": 0, "ask": 0.05},
            "underlying_asset": {"ticker": "SPY", "price": 600.5, "timeframe": "DELAYED"},
        },
        {"details": {"ticker": PUT}, "greeks": {}, "day": {}, "underlying_asset": {}},
        {"details": {}},
    ]
    async with desk(ok({"results": rows})) as found:
        chain = await found.client.chain("SPY", "2025-12-16")
        assert found.client.rows_skipped == 1
    assert chain.tickers == [CALL, PUT]
    assert chain.ts_received == NOW
    assert (chain.underlying_price, chain.underlying_timeframe) == (600.5, "DELAYED")
    assert (chain.bid[0], chain.ask[0], chain.delta[0], chain.open_interest[0]) == (
        0,
        0.05,
        0.5,
        17,
    )
    for name in ("delta", "gamma", "theta", "vega", "implied_volatility", "open_interest"):
        assert math.isnan(getattr(chain, name)[1])
    assert math.isnan(chain.bid[1])
    assert math.isnan(chain.shares_per_contract[1])


async def test_an_index_has_a_value_in_place_of_a_price() -> None:
    row = {"details": {"ticker": CALL}, "underlying_asset": {"value": 6000.25}}
    async with desk(ok({"results": [row]})) as found:
        chain = await found.client.chain("I:SPX", "2025-12-16")
    assert found.asked[0].path == "/v3/snapshot/options/I:SPX"
    assert (chain.underlying_price, chain.underlying_timeframe) == (6000.25, None)


async def test_the_slash_of_a_share_class_is_quoted() -> None:
    async with desk(ok({"results": []})) as found:
        await found.client.chain("BRK/B", "2025-12-16")
    assert found.asked[0].raw_path.startswith("/v3/snapshot/options/BRK%2FB?")


# --- failures


async def slow(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def torn(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"results": [')
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.mark.parametrize(
    "failure",
    [
        *(fault(429), fault(500, "x"), fault(502, "<html>"), fault(503)),
        *(ok(""), ok("<html></html>"), slow, torn),
    ],
)
async def test_what_may_pass_is_tried_again(failure: Any) -> None:
    async with desk(failure, ok({"results": [trade(5)]}), timeout_s=0.2) as found:
        assert len(await found.client.trades(CALL, 0, 0, 9)) == 1
    assert len(found.asked) == 2
    assert len(found.naps.asked) == 1


@pytest.mark.parametrize("failure", [fault(429), fault(502, "<html>"), ok(""), torn])
async def test_after_four_tries_the_vendor_is_busy(failure: Any) -> None:
    async with desk(failure) as found:
        with pytest.raises(VendorBusyError, match="4 times"):
            await found.client.trades(CALL, 0, 0, 9)
    assert len(found.asked) == 4
    for place, wait in enumerate(found.naps.asked):
        assert 0.25 * 2**place <= wait <= 0.5 * 2**place


async def test_nobody_listening_is_busy_too() -> None:
    naps = Naps()
    async with RestClient(
        "http://127.0.0.1:9", SecretStr(KEY), ManualClock(NOW), sleep=naps
    ) as client:
        with pytest.raises(VendorBusyError, match="connection failed"):
            await client.chain("SPY", "2025-12-16")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("99999", 60, 60),
        ("Tue, 16 Dec 2025 14:30:20 GMT", 20, 20),
        ("Tue, 16 Dec 2014 14:30:20 GMT", 0.25, 0.5),
        ("soon", 0.25, 0.5),
        ("²", 0.25, 0.5),
    ],
)
async def test_retry_after_is_honoured_within_reason(
    header: str, least: float, most: float
) -> None:
    limited = fault(429, **{"Retry-After": header})
    async with desk(limited, ok({})) as found:
        await found.chain()
    assert least <= found.naps.asked[0] <= most


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (fault(401, '{"error":"Unknown API Key"}'), VendorRefusedError, "Unknown.*POLYGON_API_KEY"),
        (fault(401), VendorRefusedError, "POLYGON_API_KEY"),
        (fault(403, '{"message":"You are not entitled"}'), VendorRefusedError, "not entitled"),
        (fault(404, '{"message":"Ticker not found."}'), VendorDataError, "404.*not found"),
        (fault(400, '{"error":"bad limit"}'), VendorDataError, "bad limit"),
        (fault(302, Location="https://evil.example/"), VendorDataError, "302"),
        (ok('{"results": ['), VendorDataError, "JSON"),
        (ok("[1]"), VendorDataError, "JSON"),
        (ok('{"results": 7}'), VendorDataError, "JSON"),
    ],
)
async def test_what_will_not_pass_is_said_at_once(reply: Any, error: type, words: str) -> None:
    async with desk(reply) as found:
        with pytest.raises(error, match=words):
            await found.chain()
    assert len(found.asked) == 1
    assert found.naps.asked == []


async def test_the_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with desk(fault(500), fault(401, json.dumps({"error": f"no key {KEY}"}))) as found:
        with pytest.raises(VendorRefusedError) as caught:
            await found.chain()
    assert KEY not in caplog.text + str(caught.value) + repr(found.client)


async def test_a_big_page_is_decoded_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    to_thread = asyncio.to_thread

    async def counted(work: Any, *args: Any) -> Any:
        threads.append(work)
        return await to_thread(work, *args)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    rows = [trade(1 + place) for place in range(3_000)]
    async with desk(ok({"results": rows}), ok({"results": rows[:2]})) as found:
        assert len(await found.client.trades(CALL, 0, 0, 9_999)) == 3_000
        assert len(await found.client.trades(CALL, 0, 0, 9_999)) == 2
    assert len(threads) == 1


async def test_no_more_than_sixteen_requests_are_under_way() -> None:
    under_way = most = 0
    full, go_on = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 16:
            full.set()
        await go_on.wait()
        under_way -= 1
        return web.json_response({})

    async with desk(wait) as found, asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(40):
            group.create_task(found.chain())
        await full.wait()
        go_on.set()
    assert most == 16
