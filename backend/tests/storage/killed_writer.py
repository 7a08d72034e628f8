"""A process that records more for each line it is sent, and answers; to be killed."""

import sys
from pathlib import Path

from .journal_support import events, journal

if __name__ == "__main__":
    writer = journal(Path(sys.argv[1]))
    writer.start()
    number = 0
    for _ in sys.stdin:
        for _ in range(20):
            writer.record(events(number, [0, 1], [0, 1, 2]))
            number += 5
        print(number, flush=True)  # noqa: T201
