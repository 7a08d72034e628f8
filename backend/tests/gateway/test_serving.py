"""What a connection may cost before it has asked for anything."""

import asyncio
import json

import pytest

from spymaster.gateway import serving as module
from spymaster.gateway.serving import MAX_HEAD

from .support import Server

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


async def connect(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server hangs up."""
    async with asyncio.timeout(10):
        return await reader.read()


@pytest.mark.parametrize("begun", [b"", b"GET", REQUEST, REQUEST + b"X-Slow: a"])
async def test_a_head_that_takes_too_long_is_hung_up_on(
    server: Server, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.2)
    reader, writer = await connect(server)
    writer.write(begun)
    assert await answer(reader) == b""
    writer.close()


async def test_the_next_request_on_a_connection_has_the_same_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.2)
    reader, writer = await connect(server)
    writer.write(REQUEST + b"\r\n" + REQUEST)
    assert (await answer(reader)).count(b"200 OK") == 1
    writer.close()


async def test_a_head_that_is_too_long_is_told_so(server: Server) -> None:
    reader, writer = await connect(server)
    writer.write(REQUEST + b"X-Long: " + b"a" * MAX_HEAD)
    told = await answer(reader)
    assert told.startswith(b"HTTP/1.1 431 ")
    assert "64 KB" in json.loads(told.partition(b"\r\n\r\n")[2])["detail"]
    writer.close()


async def test_a_head_of_ordinary_length_and_a_body_are_taken(server: Server) -> None:
    async with asyncio.timeout(10):
        status, _ = await server.get("/healthz", x_long="a" * 4_000)
        assert status == 200
    posted = await server.ask("POST", "/api/window", body=b" " * 60_000)
    assert posted[0] == 422
