"""A process that keeps the days of a journal while no file of its may grow beyond a size."""

import datetime as dt
import resource
import sys
from pathlib import Path

from spymaster.core.errors import DataError
from spymaster.storage.persistence_engine import keep_older

if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        keep_older(Path(sys.argv[1]), "SPY", dt.date(2025, 12, 17))
    except DataError as exc:
        print(exc)  # noqa: T201
        sys.exit(1)
