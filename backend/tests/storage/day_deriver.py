"""Makes a day's derived file, and says how many quotes it has and how far memory grew, bytes."""

import datetime as dt
import sys
from pathlib import Path

from spymaster.core.contracts import ContractTable
from spymaster.storage.day_files import DayFiles
from spymaster.storage.day_merge import DayMerge


def highest() -> int:
    """Resident memory of this process at its highest, bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def load_compiled() -> None:
    """Compiled code takes memory of its own where it is first called."""
    assert list(DayMerge([], [], 0).parts()) == []


if __name__ == "__main__":
    load_compiled()
    date = dt.date.fromisoformat(sys.argv[2])
    before = highest()
    events = DayFiles(Path(sys.argv[1]), date).events(ContractTable("SPY", date), 0)
    sys.stdout.write(f"{events.quotes} {highest() - before}")
