"""A stored day: reading it into batches against pyarrow merely reading it, and seeking in it."""

import asyncio
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.core.clock import SystemClock
from spymaster.core.contracts import ContractTable, OptionContract
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.storage.day_files import DayFiles
from spymaster.storage.schema import TRADES, write_options

DATE = dt.date(2025, 12, 16)
CONTRACTS = 300
ROWS = 2_000_000
SEEKS = 40


def counts(rows: int) -> list[int]:
    """Rows of each contract, more in the middle of the chain."""
    share = np.exp(-np.abs(np.arange(CONTRACTS) - CONTRACTS / 2) / 25)
    return [max(8, int(rows * one)) for one in share / share.sum()]


def contract(number: int) -> OptionContract:
    """One of the chain."""
    right = "C" if number % 2 else "P"
    return OptionContract("SPY", DATE, (525 + number // 2) * 1000, right)


def write_day(folder: Path) -> None:
    """Two million prints in 300 files, more in the middle of the chain."""
    random = np.random.default_rng(1)
    session = default_calendar().session(DATE)
    trades = folder / "historical" / "trades" / DATE.isoformat()
    trades.mkdir(parents=True)
    for number, count in enumerate(counts(ROWS)):
        conditions = pa.array([[209]] * count, TRADES.field("conditions").type)
        times = np.sort(random.integers(session.open_ns, session.close_ns, count))
        columns = {
            "sip_timestamp": times,
            "participant_timestamp": times,
            "price": random.integers(1, 500, count) / 100,
            "size": random.integers(1, 50, count),
            "exchange": random.integers(300, 320, count),
            "conditions": conditions,
            "sequence_number": np.arange(count),
            "correction": np.zeros(count),
            "arrival": pa.nulls(count),
        }
        table = pa.table(
            {
                name: pa.array(values).cast(TRADES.field(name).type)
                for name, values in columns.items()
            }
        )
        path = trades / f"{contract(number).ticker.replace(':', '_')}.parquet"
        pq.write_table(table, path, **write_options("trades"))


def figures(figure: Callable[..., Any], folder: Path) -> list[Any]:
    """The lines of the table."""
    files = sorted((folder / "historical" / "trades" / DATE.isoformat()).glob("*.parquet"))
    rows = sum(pq.read_metadata(path).num_rows for path in files)

    def ours() -> None:
        table = ContractTable("SPY", DATE)
        assert len(DayFiles(folder, DATE).load(table, 0).trades) == rows

    def again() -> None:
        assert DayFiles(folder, DATE).events(ContractTable("SPY", DATE), 0).prints == rows

    def read_only() -> None:
        for path in files:
            pq.read_table(path)

    again()  # makes the derived file
    return [
        figure(
            f"load a day: {rows:,} prints, {len(files)} files",
            "prints",
            rows,
            ours,
            "pyarrow, reading only",
            read_only,
            0.5,
        ),
        figure(
            f"load it again: {rows:,} prints",
            "prints",
            rows,
            again,
            "pyarrow, reading only",
            read_only,
            0.5,
        ),
    ]


def seeks(folder: Path) -> list[tuple[str, str, str]]:
    """Seeks to random places of the same day, in milliseconds."""
    session = default_calendar().session(DATE)
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False)
    events = DayFiles(folder, DATE).events(engine.table, session.open_ns)

    async def run() -> list[float]:
        replay = ReplayEngine(engine, events, SystemClock(), 1.0, ReplayHealth())
        serving = asyncio.create_task(replay.serve())
        await replay.ready.wait()
        replay.pause()
        random = np.random.default_rng(2)
        spent = []
        for at in random.integers(session.open_ns, session.close_ns, SEEKS):
            start = time.perf_counter()
            replay.seek(int(at))
            spent.append((time.perf_counter() - start) * 1000)
        serving.cancel()
        return spent

    spent = asyncio.run(run())
    return [
        ("seek, median", f"{statistics.median(spent):.0f} ms", ""),
        (f"seek, worst of {SEEKS}", f"{max(spent):.0f} ms", "< 100 ms"),
    ]


def temporary_day() -> tempfile.TemporaryDirectory[str]:
    """A folder that holds the day until it is closed."""
    folder = tempfile.TemporaryDirectory()
    write_day(Path(folder.name))
    return folder
