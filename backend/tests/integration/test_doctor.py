"""`spymaster doctor` against the simulated vendor with something wrong."""

import datetime as dt
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spymaster.doctor_command import Finding, findings
from spymaster.settings import load_settings
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

DATE = dt.date(2025, 12, 16)
SECRET = "a-key-that-nobody-may-see"


@pytest.fixture
async def vendor() -> AsyncIterator[SimulatorServer]:
    config = SimulatorConfig(date=DATE, start=dt.time(10), auth_timeout_s=60.0)
    async with SimulatorServer(config) as server:
        yield server


async def diagnose(
    vendor: SimulatorServer, data_dir: Path, port: int = 0, **overrides: object
) -> dict[str, Finding]:
    """What the doctor finds, the last word about each thing."""
    settings = load_settings(
        polygon_api_key=SECRET,
        polygon_rest_url=vendor.rest_url,
        polygon_ws_url=vendor.ws_url,
        session_date=DATE,
        data_dir=data_dir,
        **overrides,
    )
    found = [finding async for finding in findings(settings, port)]
    assert not any(SECRET in finding.words + finding.cure for finding in found)
    assert all(finding.cure for finding in found if finding.level != "ok")
    return {finding.about: finding for finding in found}


async def test_all_is_well(vendor: SimulatorServer, tmp_path: Path) -> None:
    found = await diagnose(vendor, tmp_path)
    assert {finding.level for about, finding in found.items() if about != "page"} == {"ok"}
    assert found.keys() >= {"settings", "port", "disk", "REST", "spot", "clock", "stream"}


async def test_a_refused_key_is_named(vendor: SimulatorServer, tmp_path: Path) -> None:
    vendor.faults.key_refused = True
    found = await diagnose(vendor, tmp_path)
    assert found["REST"].level == "bad"
    assert "POLYGON_API_KEY" in found["REST"].cure


async def test_a_stream_that_refuses_the_key(vendor: SimulatorServer, tmp_path: Path) -> None:
    vendor.faults.auth_failed = True
    found = await diagnose(vendor, tmp_path)
    assert (found["REST"].level, found["stream"].level) == ("ok", "bad")


async def test_a_plan_without_quotes(vendor: SimulatorServer, tmp_path: Path) -> None:
    vendor.faults.not_authorized_channels = "Q"
    found = await diagnose(vendor, tmp_path)
    assert (found["stream"].level, "refused" in found["stream"].words) == ("warn", True)


async def test_a_port_in_use_and_a_folder_that_is_a_file(
    vendor: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = await diagnose(vendor, tmp_path / "file", port, access_token="short")
    assert (found["port"].level, found["disk"].level) == ("bad", "bad")
    assert found["access"].level == "warn"


async def test_no_vendor_at_all(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = load_settings(
        polygon_api_key=SECRET,
        polygon_rest_url=f"http://127.0.0.1:{unused_tcp_port}",
        polygon_ws_url=f"ws://127.0.0.1:{unused_tcp_port}",
        session_date=DATE,
        data_dir=tmp_path,
    )
    found = {finding.about: finding async for finding in findings(settings, 0)}
    assert found["REST"].level == "bad"
