"""The stream over real sockets."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop

from spymaster.gateway import stream as module
from spymaster.gateway.frame_protocol import FrameProtocol, text_header
from spymaster.logs import set_up_logging

from .support import CALL, PUT, STRIKES, FakeDesk, Server, Until, serve, showing

TOKEN = "open-sesame"


async def take(
    socket: aiohttp.ClientWebSocketResponse, count: int = 1, timeout_s: float = 10
) -> list[dict[str, Any]]:
    async with asyncio.timeout(timeout_s):
        return [json.loads(await socket.receive_str()) for _ in range(count)]


async def refusal(server: Server, query: str = "", **headers: str) -> tuple[int, Any]:
    """How the handshake of a stream is refused: status and decoded body."""
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with server.http.get(
        f"{server.url}/ws/stream{query}", headers=upgrade | headers
    ) as answer:
        return answer.status, await answer.json()


async def test_a_client_gets_a_snapshot_then_what_changes(server: Server, desk: FakeDesk) -> None:
    async with await server.stream() as page:
        (snapshot,) = await take(page)
        assert (snapshot["type"], snapshot["seq"]) == ("snapshot", 1)
        assert len(snapshot["contracts"]) == 2 * len(STRIKES)
        desk.trade(CALL, size=3)
        (update,) = await take(page)
        assert (update["type"], update["seq"], list(update["contracts"])) == ("update", 2, [CALL])
        assert update["trades"][0]["size"] == 3


async def test_what_a_client_sends_is_ignored(server: Server, desk: FakeDesk) -> None:
    async with await server.stream() as page:
        await take(page)
        await page.send_str("hello")
        await page.send_bytes(b"\x00")
        desk.trade()
        assert (await take(page))[0]["type"] == "update"


async def test_a_client_that_leaves_is_forgotten(server: Server, until: Until) -> None:
    page = await server.stream()
    await take(page)
    assert server.broadcaster.clients == 1
    await page.close()
    await until(lambda: server.broadcaster.clients == 0)


async def test_a_client_whose_line_breaks_is_forgotten(
    server: Server, desk: FakeDesk, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    page = await server.stream()
    await take(page)
    response = page._response
    assert response.connection is not None
    assert isinstance(response.connection.transport, asyncio.Transport)
    response.connection.transport.abort()
    desk.trade()
    await until(lambda: server.broadcaster.clients == 0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_switch_of_the_session_keeps_the_socket(server: Server, desk: FakeDesk) -> None:
    async with await server.stream() as page:
        await take(page)
        desk.another()
        (frame,) = await take(page)
        assert (frame["type"], frame["seq"]) == ("snapshot", 2)


async def test_a_foreign_page_is_refused_before_the_handshake(server: Server) -> None:
    status, body = await refusal(server, Origin="https://evil.example")
    assert (status, list(body)) == (403, ["detail"])
    assert "ALLOWED_ORIGINS" in body["detail"]


@pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.SelectorEventLoop])
@pytest.mark.parametrize("protocol", [FrameProtocol, None])
def test_a_stalled_client_delays_nobody_and_gets_the_newest_state(
    page: Path,
    protocol: type[asyncio.Protocol] | None,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_one_stalls(page, protocol))


async def _one_stalls(page: Path, protocol: type[asyncio.Protocol] | None) -> None:
    strikes = [float(strike) for strike in range(550, 650)]
    desk = FakeDesk(showing(strikes, "all"))
    async with (
        serve(page, desk=desk, send_buffer=8192, protocol=protocol) as server,
        aiohttp.ClientSession() as http,
    ):
        stalled = await http.ws_connect(f"{server.url}/ws/stream", max_msg_size=0)
        reader = await server.stream()
        received = 0

        def everything_changes() -> None:
            for number in range(len(desk.engine.table)):
                desk.engine.flow.touch(number)

        for beat in range(80):
            everything_changes()
            desk.trade(CALL, seconds=100 + beat / 1000)
            volume = 0
            while volume <= beat:  # a heartbeat may come in between
                (frame,) = await take(reader)
                received += 1
                volume = frame["contracts"].get(CALL, {}).get("cumulative_volume", 0)
        assert frame["seq"] == received

        desk.trade(PUT, size=7, seconds=200)
        late: list[dict[str, Any]] = []
        while not late or late[-1]["contracts"].get(PUT, {}).get("cumulative_volume") != 7:
            late += await take(stalled)
        assert [frame["seq"] for frame in late] == list(range(1, len(late) + 1))
        assert len(late) < 40  # the newest state, not every frame that was made meanwhile
        # Nor is anything lost on the way: volume and tape add up.
        assert late[-1]["totals"]["cumulative_volume"] == 87
        assert sum(row["size"] for frame in late for row in frame["trades"]) == 87
        await reader.close()
        await stalled.close()


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "81 00"),
        (125, "81 7d"),
        (126, "81 7e 007e"),
        (65_535, "81 7e ffff"),
        (65_536, "81 7f 0000000000010000"),
    ],
)
def test_the_header_of_a_frame_tells_its_length(size: int, header: str) -> None:
    assert text_header(size) == bytes.fromhex(header)


async def test_nothing_is_sent_to_a_client_that_is_leaving(
    server: Server, desk: FakeDesk, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[FrameProtocol] = []
    serving = FrameProtocol.run_asgi

    async def run_asgi(self: FrameProtocol) -> None:
        lines.append(self)
        await serving(self)

    monkeypatch.setattr(FrameProtocol, "run_asgi", run_asgi)
    async with await server.stream() as page:
        await take(page)
        lines[0].close_sent = True
        desk.trade(size=1)
        await until(lambda: server.broadcaster.beats_missed)
        assert server.broadcaster.frames_sent == 1
        lines[0].close_sent = False
        desk.trade(size=2)
        (frame,) = await take(page)
        assert [row["size"] for row in frame["trades"]] == [1, 2]


async def test_a_client_that_takes_nothing_for_long_is_let_go(
    page: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALLED_S", 0.2)
    desk = FakeDesk(showing([float(strike) for strike in range(500, 700)], "all"))
    async with serve(page, desk=desk, send_buffer=8192) as server:
        stalled = await server.stream()

        def let_go() -> bool:
            for number in range(len(desk.engine.table)):
                desk.engine.flow.touch(number)
            return server.broadcaster.clients == 0

        await until(lambda: server.broadcaster.clients == 1)
        await until(let_go)
        response = stalled._response
        assert response.connection is not None
        assert isinstance(response.connection.transport, asyncio.Transport)
        response.connection.transport.abort()


def _own_address() -> str | None:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # picks a route, sends nothing
        except OSError:
            return None
        found: str = probe.getsockname()[0]
    return None if found.startswith("127.") else found


async def test_from_another_address_everything_needs_the_token(page: Path) -> None:
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    async with serve(page, host="0.0.0.0", token=TOKEN) as local:
        assert (await local.get("/api/session"))[0] == 200
        far = local.at(address)
        for path in ("/", "/healthz", "/readyz", "/api/session", "/docs"):
            status, body = await far.get(path)
            assert (status, list(body)) == (401, ["detail"]), path
            assert (await far.get(path, Authorization=f"Bearer {TOKEN}"))[0] == 200, path
        assert (await far.get(f"/api/session?token={TOKEN}"))[0] == 401
        status, body = await refusal(far)
        assert (status, list(body)) == (401, ["detail"])
        assert (await refusal(far, "?token=wrong"))[0] == 401
        for query, headers in (
            (f"?token={TOKEN}", {}),
            ("", {"Authorization": f"Bearer {TOKEN}"}),
        ):
            async with await far.stream(query, **headers) as stream:
                assert (await take(stream))[0]["type"] == "snapshot"
        async with await far.stream(f"?token={TOKEN}", Origin=far.url) as stream:
            assert (await take(stream))[0]["type"] == "snapshot"


async def test_without_a_token_no_other_address_is_served(page: Path) -> None:
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    async with serve(page, host="0.0.0.0", token=None) as local:
        status, body = await local.at(address).get("/healthz")
        assert (status, list(body)) == (401, ["detail"])


@pytest.mark.usefixtures("logging_as_before")
async def test_a_token_in_the_address_does_not_reach_the_log(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("console")
    async with await server.stream(f"?a=1&token={TOKEN}&b=2") as page:
        await take(page)
    logged = capsys.readouterr().err
    assert "a=1&token=***&b=2" in logged
    assert TOKEN not in logged


@pytest.mark.usefixtures("logging_as_before")
async def test_a_refused_stream_is_no_error_in_the_log(
    server: Server, capsys: pytest.CaptureFixture[str], until: Until
) -> None:
    set_up_logging("console")
    assert (await refusal(server, Origin="https://evil.example"))[0] == 403
    async with await server.stream() as page:
        await take(page)
    logged = ""

    def said() -> bool:
        nonlocal logged
        logged += capsys.readouterr().err
        return "connection open" in logged

    await until(said)
    assert "ERROR" not in logged


async def test_a_message_of_more_than_64_kb_ends_that_stream_alone(
    server: Server, until: Until
) -> None:
    async with await server.stream() as wordy, await server.stream() as page:
        await take(wordy)
        await wordy.send_str("x" * 64 * 1024)
        await wordy.send_str("x" * (64 * 1024 + 1))
        message = await wordy.receive(timeout=10)
        while message.type is aiohttp.WSMsgType.TEXT:
            message = await wordy.receive(timeout=10)
        assert wordy.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        await until(lambda: server.broadcaster.clients == 1)
        await take(page, 2)


async def test_one_client_too_many_is_told_so_before_the_handshake(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spymaster.gateway.stream.MOST_CLIENTS", 1)
    first = await server.stream()
    await first.receive()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await server.stream()
    assert refusal.value.status == 503
    assert "spymaster_clients_dropped_total 1.0" in (await server.get("/metrics"))[1]
    await first.close()
