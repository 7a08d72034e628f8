"""The quote lag that the newest stored day tells, for the session that follows it."""

import datetime as dt
import logging
from pathlib import Path
from typing import Final

from spymaster.analytics.quote_lag import choose_lag
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import DataError
from spymaster.storage.day_files import DayFiles, cached_dates

logger = logging.getLogger(__name__)

PRINTS: Final = 200_000
"""So many prints of the day are looked at, at most by a contract's worth more."""
_DAYS_BACK: Final = 10
"""A lag is the venues' of these days; an older one is not looked for."""


def calibrated_lag_ms(data_dir: Path, underlying: str, session: dt.date) -> int:
    """The lag that the newest day before a session tells that has quotes; 0 if none does.

    Reads files: call it off the event loop.
    """
    earlier = [date for date in cached_dates(data_dir) if date < session]
    for date in earlier[: -_DAYS_BACK - 1 : -1]:
        try:
            events = DayFiles(data_dir, date).sample(ContractTable(underlying, date), PRINTS)
        except DataError as exc:
            logger.warning("Prints and quotes of %s tell no lag: %s", date, exc)
            continue
        if len(events.quotes):
            lag_ms = choose_lag(events.trades, events.quotes)
            logger.info("Quote lag by %d prints of %s: %d ms", len(events.trades), date, lag_ms)
            return lag_ms
    return 0
