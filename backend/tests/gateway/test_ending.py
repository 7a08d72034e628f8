"""A server that ends leaves nobody without an answer."""

import asyncio
import json
import socket

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from spymaster.gateway.ending import AnswersAtTheEnd
from spymaster.gateway.security_headers import SecurityHeaders
from spymaster.gateway.serving import server_config


def _config(app: ASGIApp) -> uvicorn.Config:
    """As the product is served, but that the end comes at once."""
    served = SecurityHeaders(AnswersAtTheEnd(app))
    return server_config(served, lifespan="off", timeout_graceful_shutdown=0)


@pytest.mark.parametrize("begun", [False, True])
async def test_who_waits_for_an_answer_when_the_server_ends_is_told_so(
    begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    waits = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        waits.set()
        await asyncio.Event().wait()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(_config(app))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await waits.wait()
        server.should_exit = True
        told = await reader.read()
        await running
    writer.close()
    assert told.startswith(b"HTTP/1.1 200 " if begun else b"HTTP/1.1 503 ")
    assert begun or b"content-security-policy: " in told
    assert begun or "stopped" in json.loads(told.partition(b"\r\n\r\n")[2])["detail"]
    assert not any(record.exc_info for record in caplog.records)
