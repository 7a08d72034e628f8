"""Deletes days that are older than the setting keeps. Never the session's day, nor a later one."""

import datetime as dt
import logging
import shutil
from pathlib import Path

from spymaster.core.errors import SpymasterError
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.places import days_folder
from spymaster.storage.recordings import JOURNAL, recorded_dates

logger = logging.getLogger(__name__)


def drop_older(data_dir: Path, today: dt.date, days: int) -> None:
    """Drop what is held of days more than ``days`` calendar days before ``today``."""
    last = today - dt.timedelta(days=days)
    cache = HistoricalDataCache(data_dir)
    held = set(cache.days())
    for date in sorted(held | set(recorded_dates(data_dir))):
        if date >= last:
            continue
        try:
            if date in held:
                cache.clear(date)
            for path in days_folder(data_dir).glob(f"{date}.*"):
                path.unlink(missing_ok=True)
            shutil.rmtree(data_dir / JOURNAL / date.isoformat(), ignore_errors=True)
        except (SpymasterError, OSError) as exc:
            logger.warning("%s is kept for now: %s", date, exc)
        else:
            logger.info("Dropped %s, which is more than %d days old", date, days)
