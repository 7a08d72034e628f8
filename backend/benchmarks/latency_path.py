"""The running product: start to the first frame, and delays at 1,000 to 50,000 events a second.

The product runs as it is served, in a process of its own, before a vendor in another one, with ten
pages on its stream. What it tells in ``/metrics`` is read before and after each rate. From frame to
page means: from the reading of the oldest of the vendor's frames in an update until a page's socket
took the update, the wait for the next beat included.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import broadcast_path
from prometheus_client.parser import text_string_to_metric_families
from simulated_day import DATE

from spymaster.settings import Settings

RATES = (1_000, 10_000, 50_000)
SECONDS = 12.0
PAGES = 10
SHARES = (0.5, 0.99, 0.999)
_START_S = 120.0
_SETTLE_S = 2.0

type Buckets = dict[float, float]


@contextlib.asynccontextmanager
async def process(*command: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that ends with the block; settings are these and no others."""
    blank = {name.upper(): "" for name in Settings.model_fields}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        env=os.environ | blank | settings,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.send_signal(signal.SIGTERM)
        await started.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextlib.asynccontextmanager
async def product(*options: str, **settings: str) -> AsyncIterator[str]:
    """The product's address, once it answers."""
    port = free_port()
    command = ("-m", "spymaster.cli", "serve", "--port", str(port), *options)
    with tempfile.TemporaryDirectory() as folder:
        async with process(*command, DATA_DIR=folder, SESSION_DATE=str(DATE), **settings):
            yield f"127.0.0.1:{port}"


async def first_frames(http: aiohttp.ClientSession) -> tuple[float, float]:
    """Seconds from the start of the product to a page's first frame, and to one with prints."""
    begun = time.perf_counter()
    async with product("--mode", "sim", SIM_START="10:00:00") as place:
        async with asyncio.timeout(_START_S):
            while True:
                try:
                    page = await http.ws_connect(f"ws://{place}/ws/stream", max_msg_size=0)
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.01)
            frame = await page.receive_json()
            first = time.perf_counter() - begun
            while not frame.get("trades"):
                frame = await page.receive_json()
        await page.close()
        return first, time.perf_counter() - begun


async def metrics(http: aiohttp.ClientSession, place: str) -> tuple[dict[str, Buckets], float]:
    """Counts of each histogram by upper bound in seconds, and resident bytes."""
    async with http.get(f"http://{place}/metrics") as answer:
        text = await answer.text()
    found: dict[str, Buckets] = {}
    resident = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                buckets = found.setdefault(family.name, {})
                buckets[float(sample.labels["le"])] = sample.value
            elif sample.name == "process_resident_memory_bytes":
                resident = sample.value
    return found, resident


def quantiles(before: Buckets, after: Buckets) -> list[float]:
    """Upper ends, ms, of the buckets in which `SHARES` of what came lie; none if nothing came."""
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
    total = counts[float("inf")]
    if not total:
        return []
    return [
        next(bound for bound, seen in counts.items() if seen >= share * total) * 1000
        for share in SHARES
    ]


def longest(before: Buckets, after: Buckets) -> float:
    """Upper end, ms, of the highest bucket in which anything came in between."""
    return (
        next(
            b
            for b, seen in after.items()
            if seen - before.get(b, 0) >= (after[float("inf")] - before.get(float("inf"), 0))
        )
        * 1000
    )


async def _readings() -> list[tuple[str, str, str]]:
    async with aiohttp.ClientSession() as http:
        await first_frames(http)  # whatever was not in the system's cache is now
        first, printed = await first_frames(http)
        lines = [
            ("start to a page's first frame, compiled code cached", f"{first:.1f} s", ""),
            ("start to the first prints on a page (sim)", f"{printed:.1f} s", ""),
        ]
        vendor = f"127.0.0.1:{free_port()}"
        script = str(Path(__file__).with_name("pacing_vendor.py"))
        following: Mapping[str, str] = {
            "POLYGON_API_KEY": "key",
            "POLYGON_REST_URL": f"http://{vendor}",
            "POLYGON_WS_URL": f"ws://{vendor}/options",
        }
        async with process(script, vendor.partition(":")[2]), product(**following) as place:
            await _answers(http, f"http://{vendor}/rate/1000")
            await _answers(http, f"http://{place}/readyz")
            async with broadcast_path.clients(f"ws://{place}/ws/stream", PAGES) as pages:
                await pages.have(PAGES)
                for rate in RATES:
                    lines += await _at(http, vendor, place, rate)
        return lines


async def _answers(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(_START_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


async def _at(
    http: aiohttp.ClientSession, vendor: str, place: str, rate: int
) -> list[tuple[str, str, str]]:
    await _answers(http, f"http://{vendor}/rate/{rate}")
    await asyncio.sleep(_SETTLE_S)
    before, _ = await metrics(http, place)
    await asyncio.sleep(SECONDS)
    after, resident = await metrics(http, place)

    def spread(name: str) -> str:
        found = quantiles(before.get(name, {}), after[name])
        if not found:
            return f"none came in {SECONDS} s"
        return " / ".join(f"{one:g}" for one in found) + " ms"

    def most(name: str) -> str:
        return f"{longest(before.get(name, {}), after[name]):g} ms"

    stall, own, pause = (
        most(f"spymaster_{name}_seconds")
        for name in ("event_loop_stall", "event_loop_own_stall", "gc_pause")
    )
    to_page = spread("spymaster_frame_to_client_seconds")
    return [
        (
            f"{rate:,} events/s: frame to state, p50 / p99 / p99.9 at most",
            spread("spymaster_frame_to_state_seconds"),
            "",
        ),
        (
            f"{rate:,} events/s: frame to page, the same, beat of 250 ms",
            to_page,
            "p99 <= 260 ms: the beat and 10 ms",
        ),
        (
            f"{rate:,} events/s: longest stall of the loop; by its own work; by garbage",
            f"{stall}; {own}; {pause}",
            "< 20 ms",
        ),
        (f"{rate:,} events/s: resident", f"{resident / 2**20:.0f} MB", ""),
    ]


def readings() -> list[tuple[str, str, str]]:
    """What the running product tells of itself."""
    return asyncio.run(_readings())


if __name__ == "__main__":
    for reading in readings():
        print(*reading)
