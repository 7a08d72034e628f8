"""A stored day: reading it into batches against pyarrow merely reading it, and seeking in it.

The batches hold the whole day in order, prints and quotes of all contracts; they are taken one by
one, as a replay does.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import simulated_day

from spymaster.core.clock import SystemClock
from spymaster.core.contracts import ContractTable
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.storage.day_files import DayFiles
from spymaster.storage.scratch import ScratchMemory

SEEKS = 40
ROUNDS = 3


def figures(figure: Callable[..., Any], folder: Path) -> list[Any]:
    """The lines of the table."""
    files = simulated_day.files(folder)
    rows = sum(pq.read_metadata(path).num_rows for path in files)
    stored = DayFiles(folder, simulated_day.DATE)

    def table() -> ContractTable:
        return ContractTable("SPY", simulated_day.DATE)

    def ours() -> None:
        assert sum(map(len, stored.merged(table(), 0).parts())) == rows

    def again() -> None:
        assert len(stored.events(table(), 0)) == rows

    def read_only() -> None:
        for path in files:
            pq.read_table(path)

    again()  # makes the derived file
    name = f"{rows / 1e6:.1f} M events, {len(files)} files"
    reading = f"pyarrow {version('pyarrow')}, reading only"
    return [
        figure(f"load a day: {name}", "events", rows, ours, reading, read_only, 0.5, ROUNDS),
        figure(f"load it again: {name}", "events", rows, again, reading, read_only, 0.5, ROUNDS),
    ]


def seeks(folder: Path) -> list[tuple[str, str, str]]:
    """Seeks to random places of the same day, in milliseconds."""
    session = simulated_day.session_of_day()
    memory = ScratchMemory(folder)
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False, memory=memory)
    events = DayFiles(folder, simulated_day.DATE).events(engine.table, session.open_ns)

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
