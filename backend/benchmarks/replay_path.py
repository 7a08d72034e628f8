"""A full-chain day from Parquet to final state, against reading it only, pandas and nautilus.

Ours goes from the contracts' files, as they were fetched, to the state at the close: sides, flows
with the model's greeks, measures, packages, bars of a second, samples of the chain. From the second
replay on it reads the day's file, into which the first one has merged them.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandas_totals
import polars as pl
import pyarrow.parquet as pq
import simulated_day

from spymaster.core.clock import SystemClock
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.storage.day_files import DayFiles
from spymaster.storage.scratch import ScratchMemory

ROUNDS = 7
_SCRIPT = Path(__file__).with_name("nautilus_replay.py")
_UV = Path(__file__).parents[2] / "scripts" / "uv"


def replayed(folder: Path) -> FlowEngine:
    """The day's final state."""
    session = simulated_day.session_of_day()
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False)
    day = DayFiles(folder, simulated_day.DATE).merged(engine.table, session.open_ns)
    engine.flow.reserve_prints(day.prints)
    for part in day.parts():
        engine.apply(part)
    return engine


def _replayed_again(folder: Path) -> None:
    """The same from the day's file, as the command line plays it."""
    session = simulated_day.session_of_day()
    memory = ScratchMemory(folder)
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False, memory=memory)
    events = DayFiles(folder, simulated_day.DATE).events(engine.table, session.open_ns)
    asyncio.run(ReplayEngine(engine, events, SystemClock(), None, ReplayHealth()).run())


def figures(figure: Callable[..., Any], folder: Path) -> list[Any]:
    """The lines of the table."""
    files = simulated_day.files(folder)
    _replayed_again(folder)  # makes the day's file
    (day,) = (folder / "historical" / "days").glob(f"{simulated_day.DATE}.*.parquet")
    engine = replayed(folder)
    records = engine.flow.contracts[: len(engine.table)]
    plain, _ = _by_pandas(folder)
    # Which print a cancel takes back is all that the two may see differently.
    assert np.isclose(plain["volume"].sum(), records["volume"].sum(), rtol=1e-4)
    assert np.isclose(plain["premium"].sum(), records["premium"].sum(), rtol=1e-4)
    events = engine.flow.trades_received + engine.flow.quotes_received
    del engine, records
    name = f"{events / 1e6:.1f} M events, {len(files) // 2} contracts"
    first = partial(figure, f"replay a day: {name}", "events", events, lambda: replayed(folder))
    again = partial(
        figure, f"replay it again: {name}", "events", events, lambda: _replayed_again(folder)
    )
    arrow, polars = (f"{by} {version(by)}, reading only" for by in ("pyarrow", "polars"))
    return [
        first(arrow, lambda: _read_arrow(files), 0.5, ROUNDS),
        first(polars, lambda: _read_polars(files), 0.5, ROUNDS),
        again(arrow, lambda: _read_arrow(files), 0.5, ROUNDS),
        again(polars, lambda: _read_polars(files), 0.5, ROUNDS),
        again(f"{arrow}, the day's file", lambda: _read_arrow([day]), None, ROUNDS),
        # Last: it leaves gigabytes behind that the system has to clear.
        first("pandas, the totals without greeks", lambda: _by_pandas(folder), None, 1),
    ]


def readings(folder: Path) -> list[tuple[str, str, str]]:
    """What the backtest engine takes for the prints alone, once: a run of it is long."""
    try:
        python = _environment("nautilus_trader")
        trades = folder / "historical" / "trades" / simulated_day.DATE.isoformat()
        done = subprocess.run([python, _SCRIPT, trades], check=True, capture_output=True, text=True)
    except (subprocess.SubprocessError, OSError) as exc:
        words = f"skipped, it cannot be installed here ({exc})"
        return [("nautilus_trader's backtest engine on the same prints", words, "")]
    prints, seconds, found = json.loads(done.stdout.splitlines()[-1])
    return [
        (
            f"nautilus_trader {found} backtest engine: {prints:,} prints alone",
            f"{seconds:.1f} s, {seconds / prints * 1e9:,.0f} ns a print",
            "",
        )
    ]


def _environment(package: str) -> Path:
    """The Python of an environment that holds a package, made at the first call."""
    home = simulated_day.CACHE / package
    python = home / "bin" / "python"
    if not (home / "whole").exists():
        base = Path(sys.executable).resolve()
        for command in (
            ("venv", "--quiet", "--clear", "--python", base, home),
            ("pip", "install", "--quiet", "--python", python, package),
        ):
            subprocess.run([_UV, *command], check=True, capture_output=True, timeout=300)
        (home / "whole").touch()
    return python


def _read_arrow(files: list[Path]) -> None:
    for path in files:
        pq.read_table(path)


def _read_polars(files: list[Path]) -> None:
    for path in files:
        pl.read_parquet(path)


def _by_pandas(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    trades = _frame(folder, "trades", ["price", "size", "conditions"])
    trades["condition"] = trades.pop("conditions").str[0].fillna(0).astype(np.int64)
    trades["price"] = (trades["price"] * 10_000).round().astype(np.int64)
    quotes = _frame(folder, "quotes", ["bid_price", "ask_price"])
    for name, dollars in (("bid", "bid_price"), ("ask", "ask_price")):
        quotes[name] = (quotes.pop(dollars) * 10_000).round().astype(np.int64)
    return pandas_totals.totals(trades, quotes.drop(columns="is_call"))


def _frame(folder: Path, kind: str, columns: list[str]) -> pd.DataFrame:
    parts = []
    for number, path in enumerate(simulated_day.files(folder, kind)):
        part = pd.read_parquet(path, columns=["sip_timestamp", *columns])
        parts.append(part.assign(contract=number, is_call="C" in path.stem[-9:]))
    joined = pd.concat(parts, ignore_index=True).rename(columns={"sip_timestamp": "ts_event"})
    return joined.sort_values("ts_event", kind="stable", ignore_index=True)
