"""Memory and time of a full-chain day's replay, in a process of its own."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

# First, as in the product: it says how Arrow takes memory.
import spymaster  # noqa: F401

# isort: split
import simulated_day

from spymaster.core.clock import SystemClock
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.storage.day_files import DayFiles
from spymaster.storage.memory import give_back, keep_for_reuse
from spymaster.storage.scratch import ScratchMemory
from spymaster.warm_up import ensure_compiled

_MOST_MB = 300


def readings(folder: Path) -> list[tuple[str, str, str]]:
    """What a process of its own measured."""
    shutil.rmtree(folder / "historical" / "days", ignore_errors=True)
    first, found = _measured(folder), _measured(folder)
    day = f"{found['prints']:,} prints, {found['quotes']:,} quotes"
    return [
        (f"load {day}, the first time", f"{first['load_s']:.1f} s", ""),
        ("resident at its highest so far", f"{first['load_peak_mb']} MB", f"< {_MOST_MB} MB"),
        ("load it again, in a fresh process", f"{found['load_s']:.2f} s", "< 1 s"),
        ("replay it to its checkpoints", f"{found['replay_s']:.1f} s", ""),
        ("resident at its highest at the start", f"{found['start_peak_mb']} MB", ""),
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
    session = simulated_day.session_of_day()
    memory = ScratchMemory(folder)
    engine = FlowEngine(session, "SPY", 3, quotes_follow_window=False, memory=memory)
    before_mb = _resident_mb()
    start = time.perf_counter()
    events = DayFiles(folder, simulated_day.DATE).events(engine.table, session.open_ns)
    load_s, loaded_mb = time.perf_counter() - start, _resident_mb()
    load_peak_mb = _resident_mb("VmHWM")
    start = time.perf_counter()
    replay = ReplayEngine(
        *(engine, events, SystemClock(), 1.0, ReplayHealth()),
        give_back=lambda: asyncio.to_thread(give_back),  # as the product does
    )
    serving = asyncio.create_task(replay.serve())
    await replay.ready.wait()
    serving.cancel()
    return {
        "prints": events.prints,
        "quotes": events.quotes,
        "before_mb": before_mb,
        "load_s": load_s,
        "loaded_mb": loaded_mb,
        "load_peak_mb": load_peak_mb,
        "replay_s": time.perf_counter() - start,
        "replayed_mb": _resident_mb(),
        "anonymous_mb": _resident_mb("RssAnon"),
        "peak_mb": _resident_mb("VmHWM"),
    }


def _started() -> dict[str, float]:
    """Load compiled code, as the product does before it opens a day; let what follows peak anew."""
    keep_for_reuse()
    asyncio.run(ensure_compiled())
    peak_mb = _resident_mb("VmHWM")
    Path("/proc/self/clear_refs").write_text("5")
    return {"start_peak_mb": peak_mb}


def _resident_mb(kind: str = "VmRSS") -> int:
    """Of this process; Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) // 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_started() | asyncio.run(_measure(Path(sys.argv[1])))))
    else:
        for reading in readings(simulated_day.folder()):
            print(*reading)
