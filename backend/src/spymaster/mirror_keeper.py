"""Keeps the mirror in S3 up with the cache while the product runs.

What is to be copied is worked out from what S3 holds, so nothing is remembered: whatever was
missed, by a stop of the product or of S3, is found in the next round.
"""

import asyncio
import datetime as dt
import logging
from typing import Final

from spymaster.core.errors import DataError, SpymasterError
from spymaster.core.sessions import default_calendar
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.mirror import S3Mirror
from spymaster.storage.object_store import MirrorError
from spymaster.storage.places import coverage_file

logger = logging.getLogger(__name__)

ROUND_S: Final = 600.0
"""Between two rounds when nothing new was stored: others may have changed the bucket."""
RETRY_S: Final = 30.0


class MirrorKeeper:
    """Copies days that S3 lacks, in the background.

    Args:
        mirror: Where to; None leaves everything undone.
        cache: What is held here.
        retry_s: How long to wait after a failure; `RETRY_S` by default.
    """

    def __init__(
        self, mirror: S3Mirror | None, cache: HistoricalDataCache, retry_s: float | None = None
    ) -> None:
        self._mirror = mirror
        self._cache = cache
        self._retry_s = RETRY_S if retry_s is None else retry_s
        self._news = asyncio.Event()
        self._settled: dict[dt.date, float] = {}
        self.dates: list[dt.date] = []
        """Days that S3 held at the last look, oldest first."""
        self.trouble: str | None = None
        """Why S3 is not kept up, for a person; None while it is."""

    def stored(self) -> None:
        """Something was stored: look again. Returns at once."""
        self._news.set()

    async def run(self) -> None:
        """Copy, until cancelled."""
        if self._mirror is None:
            return
        while True:
            self._news.clear()
            try:
                await self._round(self._mirror)
            except SpymasterError as exc:
                self._failed(str(exc))
            except Exception:
                logger.exception("Copying to S3 failed")
                self._failed("copying to S3 failed inside the product; the log says how")
            else:
                if self.trouble is not None:
                    logger.info("S3 is kept up again")
                self.trouble = None
            await self._wait(ROUND_S if self.trouble is None else self._retry_s)

    async def _round(self, mirror: S3Mirror) -> None:
        there = await mirror.days()
        self.dates = sorted(there)
        failed: list[str] = []
        for date in await asyncio.to_thread(self._cache.days):
            try:
                await self._copy(mirror, date, is_there=date in there)
            except MirrorError:
                raise  # no other day would fare better
            except (SpymasterError, OSError) as exc:
                failed.append(f"{date} is not copied to S3: {exc}")
        self.dates = sorted(await mirror.days())
        if failed:
            more = f" ({len(failed) - 1} more days neither)" if len(failed) > 1 else ""
            raise DataError(failed[0] + more)

    async def _copy(self, mirror: S3Mirror, date: dt.date, *, is_there: bool) -> None:
        path = coverage_file(self._cache.data_dir, date)
        changed = path.stat().st_mtime if path.exists() else 0.0
        if is_there and self._settled.get(date) == changed:
            return
        copied = await mirror.catch_up(default_calendar().session(date))
        self._settled[date] = changed
        if copied:
            logger.info("Copied %s to S3: %d files", date, copied)

    def _failed(self, reason: str) -> None:
        if reason != self.trouble:
            logger.warning("%s; trying again every %.0f s", reason, self._retry_s)
        self.trouble = reason

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
