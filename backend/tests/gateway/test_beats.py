"""How clients are served at the beats, and what an error does to them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from spymaster.core.clock import ManualClock
from spymaster.gateway import socket_broadcaster as module
from spymaster.gateway import views
from spymaster.gateway.desk import Showing
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.wire import SessionInfo

from .support import Client, FakeDesk, Until


class Looks:
    """A client that only counts its looks, and may fail at them."""

    def __init__(self) -> None:
        self.count = 0
        self.failures = 0
        """Looks that fail, from now on."""

    def look(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("no words for this")
        self.count += 1


async def test_other_work_goes_on_while_many_clients_are_served(
    broadcaster: SocketBroadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    clients = [Looks() for _ in range(5)]
    for client in clients:
        broadcaster.attach(client)
    broadcaster.detach(clients[0])
    broadcaster.tick()
    broadcaster.detach(clients[4])  # leaves before its turn
    served = []
    for _ in range(4):
        served.append([client.count for client in clients])
        await asyncio.sleep(0)
    assert served == [[1, 2, 2, 1, 1], *3 * [[1, 2, 2, 2, 1]]]


async def test_a_beat_waits_for_the_end_of_the_one_before(
    broadcaster: SocketBroadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    clients = [Looks() for _ in range(3)]
    for client in clients:
        broadcaster.attach(client)
    for _ in range(2):
        broadcaster.tick()
    for _ in range(4):
        await asyncio.sleep(0)
    assert [client.count for client in clients] == [2, 2, 2]
    broadcaster.tick()
    for _ in range(4):
        await asyncio.sleep(0)
    assert [client.count for client in clients] == [3, 3, 3]


@contextlib.asynccontextmanager
async def beating(broadcaster: SocketBroadcaster) -> AsyncIterator[None]:
    running = asyncio.create_task(broadcaster.run())
    yield
    running.cancel()


async def test_a_beat_that_fails_is_told_and_the_next_one_reaches_the_clients(
    desk: FakeDesk,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    until: Until,
) -> None:
    broadcaster = SocketBroadcaster(desk, clock, 0.0)
    client = Client(broadcaster)
    broadcaster.attach(client)
    failures = iter([RuntimeError("no words for this")])
    plain = views.session_info

    def session_info(showing: Showing) -> SessionInfo:
        for failure in failures:
            raise failure
        return plain(showing)

    monkeypatch.setattr(views, "session_info", session_info)
    desk.trade()
    async with beating(broadcaster):
        await until(lambda: len(client.frames) > 1)
    assert "no words for this" in caplog.text
    assert [frame["type"] for frame in client.frames] == ["snapshot", "update"]


async def test_a_client_that_fails_holds_up_no_other_and_is_told_once_a_beat(
    broadcaster: SocketBroadcaster, caplog: pytest.LogCaptureFixture
) -> None:
    clients = [Looks() for _ in range(4)]
    for client in clients:
        broadcaster.attach(client)
    clients[0].failures = clients[2].failures = 1
    for told in (1, 1):
        broadcaster.tick()
        for _ in clients:
            await asyncio.sleep(0)
        assert len(caplog.records) == told
    assert [client.count for client in clients] == [2, 3, 2, 3]
