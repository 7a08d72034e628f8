"""Memory and time of a full day's replay, 2 M prints and 6 M quotes, in a process of its own."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import day_path
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.core.clock import SystemClock
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.storage.day_files import DayFiles
from spymaster.storage.schema import QUOTES, write_options

QUOTE_ROWS = 6_000_000
_MOST_MB = 300


def write_quotes(folder: Path) -> None:
    """Quotes beside the prints of `day_path.write_day`, spread over contracts as those are."""
    random = np.random.default_rng(2)
    session = default_calendar().session(day_path.DATE)
    counts = day_path.counts(QUOTE_ROWS)
    quotes = folder / "historical" / "quotes" / day_path.DATE.isoformat()
    quotes.mkdir(parents=True)
    for number, count in enumerate(counts):
        contract = day_path.contract(number)
        bid = random.integers(1, 500, count)
        columns = {
            "sip_timestamp": np.sort(random.integers(session.open_ns, session.close_ns, count)),
            "bid_price": bid / 100,
            "bid_size": random.integers(1, 50, count),
            "bid_exchange": random.integers(300, 320, count),
            "ask_price": (bid + 2) / 100,
            "ask_size": random.integers(1, 50, count),
            "ask_exchange": random.integers(300, 320, count),
            "sequence_number": np.arange(count),
            "arrival": pa.nulls(count),
        }
        table = pa.table(
            {
                name: pa.array(values).cast(QUOTES.field(name).type)
                for name, values in columns.items()
            }
        )
        path = quotes / f"{contract.ticker.replace(':', '_')}.parquet"
        pq.write_table(table, path, **write_options("quotes"))


def readings(folder: Path) -> list[tuple[str, str, str]]:
    """What a process of its own measured."""
    write_quotes(folder)
    first, found = _measured(folder), _measured(folder)
    day = f"{found['prints']:,} prints, {found['quotes']:,} quotes"
    return [
        (f"load {day}, the first time", f"{first['load_s']:.1f} s", ""),
        ("resident at its highest", f"{first['peak_mb']} MB", ""),
        ("load it again, in a fresh process", f"{found['load_s']:.2f} s", "< 1 s"),
        ("replay it to its checkpoints", f"{found['replay_s']:.1f} s", ""),
        ("resident before loading", f"{found['before_mb']} MB", ""),
        ("resident after loading", f"{found['loaded_mb']} MB", ""),
        ("resident after replay", f"{found['replayed_mb']} MB", f"< {_MOST_MB} MB"),
        ("of that, not backed by files", f"{found['anonymous_mb']} MB", ""),
        ("resident at its highest", f"{found['peak_mb']} MB", f"< {_MOST_MB} MB"),
    ]


def _measured(folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


async def _measure(folder: Path) -> dict[str, float]:
    session = default_calendar().session(day_path.DATE)
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False)
    before_mb = _resident_mb()
    start = time.perf_counter()
    events = DayFiles(folder, day_path.DATE).events(engine.table, session.open_ns)
    load_s, loaded_mb = time.perf_counter() - start, _resident_mb()
    start = time.perf_counter()
    replay = ReplayEngine(engine, events, SystemClock(), 1.0, ReplayHealth())
    serving = asyncio.create_task(replay.serve())
    await replay.ready.wait()
    serving.cancel()
    return {
        "prints": events.prints,
        "quotes": events.quotes,
        "before_mb": before_mb,
        "load_s": load_s,
        "loaded_mb": loaded_mb,
        "replay_s": time.perf_counter() - start,
        "replayed_mb": _resident_mb(),
        "anonymous_mb": _resident_mb("RssAnon"),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _resident_mb(kind: str = "VmRSS") -> int:
    """Of this process; Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) // 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(Path(sys.argv[1])))))
