import asyncio
import datetime as dt
import logging
import random
from contextlib import aclosing

import pytest
from aiohttp import web
from pydantic import SecretStr

from spymaster.core.clock import ManualClock
from spymaster.core.contracts import ContractTable
from spymaster.core.ports import (
    MarketStream,
    StreamConnected,
    StreamData,
    StreamEvent,
    StreamLost,
    StreamRefused,
    SubscriptionRefused,
)
from spymaster.polygon.stream import StreamClient, StreamTiming

from .fake_stream import Caller, FakeVendor, Naps, vendor
from .frames import CALL, HELLO, PUT, WELCOME, frame, quote, status, trade

KEY = "s3cr3t-k3y"
NOW = 1_765_895_400_500_000_000


class Kit:
    """A client with everything that a test wants to look at or to move."""

    def __init__(self, fake: FakeVendor | str, **timing: float) -> None:
        self.clock = ManualClock(NOW)
        self.naps = Naps()
        self.client = StreamClient(
            fake if isinstance(fake, str) else fake.url,
            SecretStr(KEY),
            ContractTable("SPY", dt.date(2025, 12, 16)),
            self.clock,
            timing=StreamTiming(**timing),
            sleep=self.naps,
            rng=random.Random(1),
        )

    async def take(self, count: int) -> list[StreamEvent]:
        """The first events, then close."""
        found: list[StreamEvent] = []
        async with asyncio.timeout(10), aclosing(self.client.events()) as events:
            async for event in events:
                found.append(event)
                if len(found) == count:
                    break
        return found


async def serve(caller: Caller) -> None:
    await caller.welcome()
    await caller.say(frame(trade(), quote()))
    await caller.stay()


def rows(event: StreamEvent) -> tuple[int, int]:
    assert isinstance(event, StreamData)
    return len(event.batch.trades), len(event.batch.quotes)


async def test_a_connection_delivers_data_with_the_time_of_receipt() -> None:
    async with vendor(serve) as fake:
        kit = Kit(fake)
        stream: MarketStream = kit.client
        assert stream is kit.client
        connected, data = await kit.take(2)
    assert connected == StreamConnected(1)
    assert rows(data) == (1, 1)
    assert data.read_s == kit.clock.monotonic_s()
    assert fake.callers[0].received[0] == {"action": "auth", "params": KEY}
    assert kit.naps.asked == []


async def test_pings_may_come_before_the_hello() -> None:
    async def scene(caller: Caller) -> None:
        await caller.ws.ping()
        await caller.say(HELLO)
        await caller.ws.ping()
        await caller.hear()
        await caller.ws.ping()
        await caller.say(WELCOME)
        await caller.stay()

    async with vendor(scene) as fake:
        assert await Kit(fake).take(1) == [StreamConnected(1)]


async def close_clean(caller: Caller) -> None:
    await caller.welcome()
    await caller.ws.close(code=1000)


async def drop(caller: Caller) -> None:
    await caller.welcome()
    caller.abort()


@pytest.mark.parametrize(("scene", "code"), [(close_clean, "1000"), (drop, "1006")])
async def test_clean_and_broken_ends_both_reconnect(scene, code: str) -> None:
    async with vendor(scene, serve) as fake:
        first, lost, second, data = await Kit(fake).take(4)
    assert (first, second) == (StreamConnected(1), StreamConnected(2))
    assert isinstance(lost, StreamLost)
    assert code in lost.reason or "connection broke" in lost.reason
    assert rows(data) == (1, 1)


async def hang_up(caller: Caller) -> None:
    await caller.ws.close()


async def evict(caller: Caller) -> None:
    await caller.welcome()
    await caller.say(frame(status("max_connections", "Exceeded.")))
    await caller.stay()


@pytest.mark.parametrize("scene", [hang_up, evict, drop])
async def test_waits_grow_to_the_cap_and_never_vanish(scene) -> None:
    async with vendor(scene) as fake:
        kit = Kit(fake)
        lost = [one for one in await kit.take(24) if isinstance(one, StreamLost)]
    waits = [one.retry_in_s for one in lost]
    assert waits[: len(kit.naps.asked)] == kit.naps.asked
    for place, wait in enumerate(waits):
        full = min(30.0, 2.0**place)
        assert full / 2 <= wait <= full


async def test_eviction_is_named_as_another_client() -> None:
    async with vendor(evict) as fake:
        _, lost = await Kit(fake).take(2)
    assert isinstance(lost, StreamLost)
    assert "another client" in lost.reason


async def test_a_connection_that_lasted_starts_the_waits_over() -> None:
    async with vendor(drop, drop, drop, serve, drop) as fake:
        kit = Kit(fake)
        waits = []
        async with asyncio.timeout(10), aclosing(kit.client.events()) as events:
            async for event in events:
                if isinstance(event, StreamData):
                    kit.clock.advance(31)
                    fake.callers[-1].abort()
                if isinstance(event, StreamLost):
                    waits.append(event.retry_in_s)
                    if len(waits) == 5:
                        break
    assert 2 <= waits[2] <= 4
    assert 0.5 <= waits[3] <= 1
    assert 1 <= waits[4] <= 2


async def refuse_key(caller: Caller) -> None:
    await caller.say(HELLO)
    await caller.hear()
    await caller.say(frame(status("auth_failed", f"authentication failed for {KEY}")))
    await caller.stay()


async def refuse_plan(caller: Caller) -> None:
    await caller.welcome()
    await caller.say(frame(status("error", "You don't have access real-time data.")))
    await caller.stay()


@pytest.mark.parametrize(
    ("scene", "word"), [(refuse_key, "POLYGON_API_KEY"), (refuse_plan, "plan")]
)
async def test_a_refusal_is_told_and_tried_at_most_once_a_second(scene, word: str) -> None:
    async with vendor(scene) as fake:
        events = await Kit(fake).take(8)
    refusals = [one for one in events if isinstance(one, StreamRefused)]
    assert len(refusals) >= 4
    assert all(one.retry_in_s >= 1 and word in one.reason for one in refusals)
    assert refusals[3].retry_in_s >= 4


async def test_the_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with vendor(refuse_key) as fake:
        kit = Kit(fake)
        events = await kit.take(3)
    assert KEY not in caplog.text + repr(events) + repr(kit.client) + repr(vars(kit.client))


async def test_a_repeating_loss_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async with vendor(hang_up) as fake:
        kit = Kit(fake)
        await kit.take(6)
        assert len(caplog.records) == 1
        kit.clock.advance(61)
        await kit.take(1)
    assert "(6 since last told)" in caplog.records[-1].getMessage()


async def test_nobody_listening_is_a_loss_too() -> None:
    kit = Kit("ws://127.0.0.1:9/options")
    (lost,) = await kit.take(1)
    assert isinstance(lost, StreamLost)
    assert (await Kit("nonsense").take(1))[0].reason.startswith("no connection")


async def silent(caller: Caller) -> None:
    await caller.stay()


async def test_a_vendor_who_never_says_hello_is_left() -> None:
    async with vendor(silent, serve) as fake:
        lost, connected = await Kit(fake, connect_timeout_s=0.05).take(2)
    assert "in time" in lost.reason
    assert connected == StreamConnected(1)


async def deaf(caller: Caller) -> None:
    await caller.welcome()
    caller.ws._reader.set_exception(ConnectionResetError())  # reads no ping, so sends no pong
    assert caller.request.transport is not None
    caller.request.transport.pause_reading()
    await asyncio.Event().wait()


async def test_silence_without_pongs_is_the_end_of_a_connection() -> None:
    async with vendor(deaf, serve) as fake:
        _connected, lost, again = await Kit(fake, heartbeat_s=0.05).take(3)
    assert isinstance(lost, StreamLost)
    assert again == StreamConnected(2)


async def test_what_is_wanted_is_asked_for_on_every_connection_in_chunks() -> None:
    wanted = [f"O:SPY251216C{strike:08d}" for strike in range(1_200)]

    async def scene(caller: Caller) -> None:
        await caller.welcome()
        while sum(len(one["params"].split(",")) for one in caller.received[1:]) < 1_201:
            await caller.hear()
        await caller.ws.close()

    async with vendor(scene) as fake:
        kit = Kit(fake)
        await kit.client.subscribe([*wanted, PUT], [CALL])
        await kit.client.unsubscribe([PUT], [])
        await kit.take(4)
        for place in (0, 1):
            assert fake.asked(place) == [*(f"T.{one}" for one in wanted), f"Q.{CALL}"]
            assert len(fake.callers[place].received) == 1 + 3


async def test_wishes_are_sent_at_once_while_connected() -> None:
    heard = asyncio.Event()

    async def scene(caller: Caller) -> None:
        await caller.welcome()
        for _ in range(3):
            await caller.hear()
        heard.set()
        await caller.stay()

    async with vendor(scene) as fake:
        kit = Kit(fake)
        async with asyncio.timeout(10), aclosing(kit.client.events()) as events:
            assert await anext(events) == StreamConnected(1)
            await kit.client.subscribe(["*"], [CALL, PUT])
            await kit.client.subscribe(["*"], [CALL])
            await kit.client.subscribe([PUT], [])
            await kit.client.unsubscribe([], [CALL])
            await heard.wait()
    assert [one["params"] for one in fake.callers[0].received[1:]] == [
        f"T.*,Q.{CALL},Q.{PUT}",
        f"T.{PUT}",
        f"Q.{CALL}",
    ]


async def test_quotes_over_the_limit_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    async with vendor(serve) as fake:
        kit = Kit(fake)
        await kit.client.subscribe([], [f"O:SPY251216C{strike:08d}" for strike in range(1_003)])
        async with asyncio.timeout(10), aclosing(kit.client.events()) as events:
            await anext(events)
            assert len(kit.client.quotes_left_out) == 3
    assert "quotes of 3 contracts" in caplog.text
    assert kit.client.quotes_left_out == ()


async def test_refused_channels_and_bad_frames_are_told_without_a_reconnection() -> None:
    async def scene(caller: Caller) -> None:
        await caller.welcome()
        await caller.say(frame(status("error", "not authorized"), trade(), trade(p=-1)))
        await caller.say(b"<html>")
        await caller.say(frame(trade()))
        await caller.stay()

    async with vendor(scene) as fake:
        events = await Kit(fake).take(4)
    assert SubscriptionRefused("not authorized") in events
    data = [one for one in events if isinstance(one, StreamData)]
    assert sum(one.frames_rejected for one in data) == 1
    assert sum(one.batch.trades_rejected for one in data) == 1


async def test_a_key_that_the_vendor_repeats_is_not_passed_on() -> None:
    async def scene(caller: Caller) -> None:
        await caller.welcome()
        await caller.say(frame(status("error", f"not authorized: {KEY}")))
        await caller.stay()

    async with vendor(scene) as fake:
        events = await Kit(fake).take(2)
    assert events[1] == SubscriptionRefused("not authorized: ***")


async def test_a_frame_larger_than_the_usual_limit_is_read() -> None:
    async def scene(caller: Caller) -> None:
        await caller.welcome()
        await caller.say(frame(*[trade()] * 60_000))
        await caller.stay()

    async with vendor(scene) as fake:
        _, data = await Kit(fake).take(2)
    assert rows(data) == (60_000, 0)


async def test_a_busy_consumer_stops_the_reading() -> None:
    sent = 0
    stuck = asyncio.Event()

    async def scene(caller: Caller) -> None:
        nonlocal sent
        await caller.welcome()
        raw = frame(*[trade()] * 2_000)
        try:
            async with asyncio.timeout(None) as patience:
                for _ in range(200):  # some 40 MB
                    patience.reschedule(asyncio.get_running_loop().time() + 0.3)
                    await caller.say(raw)
                    sent += 1
        except TimeoutError:
            stuck.set()
        await asyncio.Event().wait()

    async with vendor(scene) as fake:
        kit = Kit(fake)
        async with asyncio.timeout(30), aclosing(kit.client.events()) as events:
            await anext(events)
            await stuck.wait()
    assert sent < 100


async def test_closing_the_iterator_closes_the_line_and_it_can_be_opened_again() -> None:
    gone = asyncio.Event()

    async def scene(caller: Caller) -> None:
        try:
            await serve(caller)
        finally:
            gone.set()

    async with vendor(scene) as fake:
        kit = Kit(fake)
        async with asyncio.timeout(10), aclosing(kit.client.events()) as events:
            await anext(events)
            with pytest.raises(RuntimeError, match="already"):
                await anext(kit.client.events())
        async with asyncio.timeout(10):
            await gone.wait()
        assert await kit.take(1) == [StreamConnected(2)]


async def test_a_refusal_at_the_door_is_a_refusal() -> None:

    async def door(request: web.Request) -> web.Response:
        return web.Response(status=403)

    runner = web.ServerRunner(web.Server(door))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        (event,) = await Kit(f"ws://127.0.0.1:{port}/options").take(1)
    finally:
        await runner.cleanup()
    assert isinstance(event, StreamRefused)


async def test_why_there_is_no_connection_can_be_written_on() -> None:
    async def door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://\xff/\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(door, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (event,) = await Kit(f"ws://127.0.0.1:{port}/options").take(1)
    assert isinstance(event, StreamLost)
    assert event.reason.startswith("no connection: http://?")
