"""The real command against the simulated vendor: paging, progress, and a kill in the middle."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from pydantic import SecretStr

from spymaster.core.clock import SystemClock
from spymaster.core.errors import VendorDataError
from spymaster.core.sessions import Session
from spymaster.polygon.http import VendorHttp
from spymaster.storage import contract_files, coverage
from spymaster.storage.coverage_check import files_of
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher
from spymaster.storage.file_fetcher import FetchProgress
from spymaster.storage.places import day_folder, ticker_of
from spymaster.storage.schema import KINDS
from spymaster.storage.vendor_history import VendorHistory

from .test_cache_support import (
    DATE,
    NS,
    SESSION,
    WHOLE,
    CountingVendor,
    file_of,
    leftovers,
    run,
    ticker,
    vendor_running,
)

type Until = Callable[..., Awaitable[None]]


@pytest.fixture(scope="module")
def running() -> Iterator[CountingVendor]:
    with vendor_running() as vendor:
        yield vendor


@pytest.fixture
def vendor(running: CountingVendor) -> CountingVendor:
    running.asked.clear()
    running.hold_after = None
    running.holding.clear()
    return running


def command(vendor: CountingVendor, data_dir: Path, *args: str) -> subprocess.Popen[str]:
    """The program, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "spymaster.cli", *args],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("S3_")},
            "DATA_DIR": str(data_dir),
            "POLYGON_API_KEY": "key",
            "POLYGON_REST_URL": vendor.url,
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def fetch(
    vendor: CountingVendor,
    data_dir: Path,
    session: Session = SESSION,
    *,
    quotes: bool = False,
    page_rows: int = 50_000,
) -> list[FetchProgress]:
    seen: list[FetchProgress] = []
    http = VendorHttp(vendor.url, SecretStr("key"), SystemClock())
    try:
        with DayStore.opened(data_dir, session) as store:
            source, clock = VendorHistory(http, page_rows=page_rows), SystemClock()
            await DayFetcher(
                store, source, clock, "SPY", 1, quotes=quotes, on_progress=seen.append
            ).run()
    finally:
        await http.close()
    return seen


async def test_a_killed_fetch_goes_on_with_what_is_missing(
    vendor: CountingVendor, tmp_path: Path, until: Until
) -> None:
    vendor.hold_after = 7
    process = command(vendor, tmp_path, "fetch", str(DATE), "--strikes", "1")
    assert await asyncio.to_thread(vendor.holding.wait, 60)
    await until(lambda: files_of(tmp_path, "trades", DATE))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    vendor.hold_after = None
    whole = {ticker_of(path) for path in files_of(tmp_path, "trades", DATE)}
    assert whole
    vendor.asked.clear()

    await fetch(vendor, tmp_path)
    assert all(path.startswith("/v3/trades") for path in vendor.asked), "no list, no probes again"
    assert not whole & set(vendor.whole_days)
    found = coverage.load(tmp_path, DATE)
    assert found is not None
    assert found.complete
    assert whole | set(vendor.whole_days) == set(found.contracts)
    assert not leftovers(tmp_path)
    vendor.asked.clear()
    await fetch(vendor, tmp_path)
    assert vendor.asked == []


def test_the_command_says_what_it_did(
    vendor: CountingVendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POLYGON_API_KEY", "key")
    monkeypatch.setenv("POLYGON_REST_URL", vendor.url)
    code, output = run("fetch", str(DATE), "--strikes", "1")
    assert code == 0, output
    files = len(list(day_folder(tmp_path, "trades", DATE).glob("O_*.parquet")))
    assert f"Cache: {files} files" in output
    assert re.search(r"Loaded [1-9]\d* historical trades", output)
    assert f"{DATE}: {files} contracts" in output
    assert "complete" in output

    broken = files_of(tmp_path, "trades", DATE)[0]
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-9])
    vendor.asked.clear()
    code, output = run("cache", "verify", "--repair")
    assert code == 0, output
    assert f"{ticker_of(broken)}: truncated" in output
    assert vendor.whole_days == [ticker_of(broken)]
    assert broken.read_bytes() == whole


@pytest.mark.parametrize("interrupt", [signal.SIG_DFL, signal.SIG_IGN])
async def test_ctrl_c_keeps_what_was_fetched(
    vendor: CountingVendor, tmp_path: Path, until: Until, interrupt: signal.Handlers
) -> None:
    vendor.hold_after = 5
    before = signal.signal(signal.SIGINT, interrupt)  # a shell's background jobs ignore it
    process = command(vendor, tmp_path, "fetch", str(DATE), "--strikes", "1")
    signal.signal(signal.SIGINT, before)
    assert await asyncio.to_thread(vendor.holding.wait, 60)
    await until(lambda: files_of(tmp_path, "trades", DATE))
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "goes on from there" in output
    assert "Traceback" not in output
    found = coverage.load(tmp_path, DATE)
    assert found is not None
    assert len(found.contracts) == len(files_of(tmp_path, "trades", DATE)) > 0
    assert not leftovers(tmp_path)


async def test_files_hold_every_print_and_quote_of_the_vendor(
    vendor: CountingVendor, tmp_path: Path
) -> None:
    # A session of ten minutes: the simulator takes its time over quotes.
    session = replace(SESSION, close_ns=SESSION.open_ns + 600 * NS)
    seen = await fetch(vendor, tmp_path, session, quotes=True, page_rows=100)
    day = vendor.market.day(DATE)
    held = coverage.load(tmp_path, DATE)
    assert held is not None
    spot = day.path.spot[day.path.index(SESSION.open_ns) : day.path.index(session.close_ns)]
    strikes = {contract.strike for contract in day.chain.contracts}
    atms = {min(strikes, key=lambda strike: abs(strike - s)) for s in (spot.min(), spot.max())}
    for strike in range(int(min(atms)) - 1, int(max(atms)) + 2):
        assert ticker(strike, "C") in held.contracts
    for name, kinds in held.contracts.items():
        row = day.chain.rows[name]
        prints = day.prints_until(session.end_ns + 1)
        expected = prints.take(np.flatnonzero(prints.row == row))
        stored = contract_files.read(file_of(tmp_path, name))
        assert stored["sip_timestamp"].to_numpy().tolist() == expected.ts.tolist()
        assert stored["participant_timestamp"].null_count == 0
        assert (stored["price"].to_numpy() * 100).round().tolist() == expected.price.tolist()
        assert stored["size"].to_numpy().tolist() == expected.size.tolist()
        assert kinds["trades"].rows == len(expected)
    total = sum(kinds["trades"].rows + kinds["quotes"].rows for kinds in held.contracts.values())
    assert seen[-1].rows == total
    files = [file_of(tmp_path, name, kind) for name in held.contracts for kind in KINDS]
    assert seen[-1].bytes == sum(path.stat().st_size for path in files)
    assert seen[-1].contracts_done == seen[-1].contracts_total == 2 * len(held.contracts)


class Pages:
    """A vendor of given bodies."""

    def __init__(self, *bodies: object) -> None:
        self.bodies = [msgspec.json.encode(body) for body in bodies]

    async def get(self, path: str, query: object = None) -> bytes:
        return self.bodies.pop(0)

    def next_path(self, next_url: str) -> str:
        return next_url


async def all_trades(*bodies: object) -> tuple[pa.Table, int]:
    source = VendorHistory(Pages(*bodies))
    tables = [table async for table in source.pages("trades", ticker(600, "C"), WHOLE)]
    return pa.concat_tables(tables), source.rejected


async def test_rows_that_are_no_prints_are_left_out_and_counted() -> None:
    good = {"sip_timestamp": WHOLE[0], "price": 1.5, "size": 2, "exchange": 302}
    table, rejected = await all_trades(
        {
            "results": [
                good,
                {**good, "price": -1},
                {**good, "size": 0.5},
                {**good, "sip_timestamp": WHOLE[1]},
                {**good, "price": "x"},
                {**good, "conditions": [209, 99_999], "correction": 300, "sequence_number": 7},
            ],
            "next_url": "/more",
        },
        {"status": "OK"},
    )
    assert rejected == 4
    assert table["conditions"].to_pylist() == [None, [209, 32767]]
    assert table["correction"].to_pylist() == [None, None]
    assert table["sequence_number"].to_pylist() == [None, 7]


async def test_pages_that_go_round_in_circles_are_an_error() -> None:
    page = {"results": [], "next_url": "/again"}
    with pytest.raises(VendorDataError, match="lead back"):
        await all_trades(page, page, page)
