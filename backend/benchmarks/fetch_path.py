"""Fetching a day from a vendor that takes 50 ms to answer: concurrent against one at a time."""

import asyncio
import datetime as dt
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr

from spymaster.core.clock import SystemClock
from spymaster.core.sessions import default_calendar
from spymaster.polygon.http import VendorHttp
from spymaster.simulator.day import MarketModel
from spymaster.simulator.faults import Faults
from spymaster.simulator.server import SimulatorConfig, SimulatorServer
from spymaster.storage import fetcher
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher
from spymaster.storage.vendor_history import VendorHistory

DATE = dt.date(2025, 12, 16)
DELAY_S = 0.05
SPAN = 8


def readings() -> list[tuple[str, str, str]]:
    """Seconds to fetch the prints of a short chain."""
    return asyncio.run(_readings())


async def _readings() -> list[tuple[str, str, str]]:
    session = default_calendar().session(DATE)
    later = default_calendar().following(DATE).date
    model = MarketModel(seed=1, volume_scale=0.05)
    config = SimulatorConfig(date=later, market=model, faults=Faults(rest_delay_s=DELAY_S))
    seconds: dict[int, float] = {}
    async with SimulatorServer(config) as server:
        for workers in (fetcher.WORKERS, fetcher.WORKERS, 1):  # the first makes the day
            with tempfile.TemporaryDirectory() as folder:
                http = VendorHttp(server.rest_url, SecretStr("key"), SystemClock())
                start = time.perf_counter()
                with DayStore.opened(Path(folder), session) as store:
                    source = VendorHistory(http)
                    fetch = DayFetcher(store, source, SystemClock(), "SPY", SPAN, workers=workers)
                    report = await fetch.run()
                seconds[workers] = time.perf_counter() - start
                await http.close()
    together, alone = seconds[fetcher.WORKERS], seconds[1]
    name = (
        f"fetch {report.contracts} contracts, {source.requests} requests of {DELAY_S * 1000:.0f} ms"
    )
    return [
        (f"{name}, {fetcher.WORKERS} at a time", f"{together:.1f} s", ""),
        (f"{name}, one at a time", f"{alone:.1f} s", ""),
        ("times as fast", f"{alone / together:.1f}", ""),
    ]


if __name__ == "__main__":
    for reading in readings():
        print(*reading)
