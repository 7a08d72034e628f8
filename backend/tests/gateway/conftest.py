from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spymaster.core.clock import ManualClock
from spymaster.gateway.page import NONCE_PLACE
from spymaster.gateway.socket_broadcaster import SocketBroadcaster

from .support import INTERVAL_S, NOW_NS, FakeDesk, Server, serve


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_NS)


@pytest.fixture
def broadcaster(desk: FakeDesk, clock: ManualClock) -> SocketBroadcaster:
    return SocketBroadcaster(desk, clock, INTERVAL_S)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built page: its index, and an asset named after its content."""
    root = tmp_path / "browser"
    (root / "media").mkdir(parents=True)
    (root / "index.html").write_text(f'<title>SPYMASTER</title><i nonce="{NONCE_PLACE}">')
    (root / "main-ABC12345.js").write_text("start()")
    (root / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for everyone")
    return root


@pytest.fixture
async def server(page: Path, desk: FakeDesk) -> AsyncIterator[Server]:
    async with serve(page, desk=desk) as running:
        yield running
