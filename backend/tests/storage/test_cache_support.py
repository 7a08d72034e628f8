"""What the cache's tests share: a small market, a source that counts, and the real simulator."""

import asyncio
import datetime as dt
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from aiohttp import web
from typer.testing import CliRunner

from kept_logging import logging_kept
from spymaster.cache_commands import app
from spymaster.core.clock import ManualClock
from spymaster.core.contracts import OptionContract, parse_ticker
from spymaster.core.errors import VendorBusyError
from spymaster.core.sessions import Session, default_calendar
from spymaster.simulator.clock import MarketClock
from spymaster.simulator.day import MarketModel, SimulatedMarket
from spymaster.simulator.faults import Faults
from spymaster.simulator.rest import RestRoutes
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher, FetchReport
from spymaster.storage.intervals import Interval
from spymaster.storage.places import contract_file
from spymaster.storage.schema import Kind, conform

NS = 1_000_000_000
DATE = dt.date(2025, 12, 16)
SESSION: Session = default_calendar().session(DATE)
WHOLE: Interval = (SESSION.open_ns, SESSION.end_ns + 1)
LATER = ManualClock(SESSION.end_ns + 86_400 * NS)
STRIKES = range(590, 611)


def ticker(strike: float, right: str, date: dt.date = DATE) -> str:
    return OptionContract("SPY", date, round(strike * 1000), "C" if right == "C" else "P").ticker


def trades(times: list[int], price: float = 1.5, size: int = 2) -> pa.Table:
    """Stored prints at some times."""
    count = len(times)
    return conform(
        pa.table(
            {
                "sip_timestamp": pa.array(times, pa.int64()),
                "price": np.full(count, price),
                "size": np.full(count, size, dtype=np.int32),
                "exchange": np.full(count, 302, dtype=np.int16),
                "conditions": pa.array([[209]] * count, pa.list_(pa.int16())),
            }
        ),
        "trades",
    )


def quotes(times: list[int]) -> pa.Table:
    count = len(times)
    columns = {
        "sip_timestamp": pa.array(times, pa.int64()),
        "bid_price": np.full(count, 1.0),
        "ask_price": np.full(count, 1.02),
        "bid_size": np.full(count, 3, dtype=np.int32),
        "ask_size": np.full(count, 4, dtype=np.int32),
    }
    return conform(pa.table(columns), "quotes")


@dataclass
class FakeSource:
    """A market whose spot walks from 599.2 to 601.9 and back; every contract prints each minute."""

    name: str = "rest"
    rejected: int = 0
    failing: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, Interval]] = field(default_factory=list)

    async def listed(self, underlying: str, date: str) -> list[str]:
        self.asked.append(("contracts", underlying, WHOLE))
        return [ticker(strike, right) for strike in STRIKES for right in "CP"]

    async def pages(self, kind: Kind, name: str, interval: Interval) -> AsyncGenerator[pa.Table]:
        self.asked.append((kind, name, interval))
        if name in self.failing:
            raise VendorBusyError("fault at the vendor (503), 4 times in a row; try again later")
        await asyncio.sleep(0)
        rows = self.rows(kind, name, interval)
        yield rows.slice(0, 100)
        yield rows.slice(100)

    async def first_trades(self, name: str, interval: Interval) -> pa.Table:
        self.asked.append(("first", name, interval))
        return self.rows("trades", name, interval).slice(0, 5)

    def rows(self, kind: Kind, name: str, interval: Interval) -> pa.Table:
        contract = parse_ticker(name)
        times = np.arange(SESSION.open_ns + NS, SESSION.end_ns, 60 * NS)
        times = times[(times >= interval[0]) & (times < interval[1])]
        if kind == "quotes":
            return quotes(times.tolist())
        part = (times - SESSION.open_ns) / (SESSION.close_ns - SESSION.open_ns)
        spot = 599.2 + 2.7 * np.sin(np.pi * np.clip(part, 0, 1))
        inner = spot - contract.strike if contract.right == "C" else contract.strike - spot
        table = trades(times.tolist())
        return table.set_column(2, "price", pa.array(np.maximum(inner, 0) + 0.5))

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.asked]

    def tickers(self, kind: str = "trades") -> list[str]:
        return sorted(name for one, name, _ in self.asked if one == kind)


async def fetched(
    data_dir: Path,
    source: FakeSource,
    span: int | str = 3,
    *,
    with_quotes: bool = False,
    now_ns: int | None = None,
    mirror: object = None,
) -> FetchReport:
    """Fetch the day."""
    with DayStore.opened(data_dir, SESSION) as store:
        fetcher = DayFetcher(
            store,
            source,
            LATER if now_ns is None else ManualClock(now_ns),
            "SPY",
            span,  # type: ignore[arg-type]
            quotes=with_quotes,
            mirror=mirror,  # type: ignore[arg-type]
        )
        return await fetcher.run()


def file_of(data_dir: Path, name: str, kind: Kind = "trades") -> Path:
    return contract_file(data_dir, kind, DATE, name)


def leftovers(data_dir: Path) -> list[Path]:
    """Files that somebody began and did not finish."""
    return list(data_dir.rglob("*.part"))


def run(*args: str) -> tuple[int, str]:
    """A command of the program, in this process: its exit code and all that it printed."""
    with logging_kept():
        result = CliRunner().invoke(app, args)
    return result.exit_code, result.output


@dataclass
class CountingVendor:
    """The simulator's REST side, which writes down what it is asked and can hold its answers."""

    market: SimulatedMarket
    url: str = ""
    asked: list[str] = field(default_factory=list)
    hold_after: int | None = None
    holding: threading.Event = field(default_factory=threading.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def whole_days(self) -> list[str]:
        """Contracts whose whole day was asked for, in order."""
        return [path.rsplit("/", 1)[1] for path in self.asked if path.startswith("/v3/trades")]

    @web.middleware
    async def count(self, request: web.Request, handler: object) -> web.StreamResponse:
        path = request.path
        if request.query.get("limit") == "20":
            path = f"first {path}"
        held = self.hold_after is not None and len(self.whole_days) >= self.hold_after
        if held and path.startswith("/v3/trades"):
            self.holding.set()
            await self.released.wait()
            return web.Response(status=503)
        self.asked.append(path)
        return await handler(request)  # type: ignore[operator, no-any-return]


@contextmanager
def vendor_running() -> Iterator[CountingVendor]:
    """The simulator's REST side on loopback, in a thread; market time is the day after `DATE`."""
    market = SimulatedMarket(MarketModel(seed=1, volume_scale=0.02, quote_scale=0.1))
    later = default_calendar().following(DATE)
    vendor = CountingVendor(market)
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        clock = MarketClock(ManualClock(), later.open_ns, 0.0)
        routes = RestRoutes(market, market.day(DATE), clock, Faults(), vendor_greeks=False)
        app = routes.app()
        app.middlewares.append(vendor.count)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        vendor.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await stop.wait()
        vendor.released.set()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert started.wait(60)
        yield vendor
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
