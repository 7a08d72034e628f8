"""Trading sessions of the New York Stock Exchange, as the options on its shares follow them.

The regular session is 09:30-16:00 ET, shorter on early-close days. Options on fund shares (SPY)
print until 15 minutes after it; those prints belong to the session.

Source: exchange_calendars (XNYS); Nasdaq ISE Options 3, section 1 for the 15 minutes.
"""

import datetime as dt
import warnings
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import exchange_calendars as xcals

from spymaster.core.errors import CalendarError

NEW_YORK = ZoneInfo("America/New_York")
LATE_PRINTS_NS = 15 * 60 * 1_000_000_000
_FIRST_DAY = "2010-01-01"
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day; all instants are UNIX nanoseconds, UTC."""

    date: dt.date
    open_ns: int
    close_ns: int
    """The close of the regular session, which is when contracts of the day expire."""

    @property
    def end_ns(self) -> int:
        """When the last print of the session may be stamped: 15 minutes after the close."""
        return self.close_ns + LATE_PRINTS_NS

    def at(self, time: dt.time) -> int:
        """The instant of an Eastern wall-clock time on this day."""
        return eastern_ns(self.date, time)


def eastern_ns(date: dt.date, time: dt.time) -> int:
    """UNIX nanoseconds of an Eastern date and wall-clock time."""
    local = dt.datetime.combine(date, time, NEW_YORK)
    seconds = int(local.replace(microsecond=0).timestamp())
    return seconds * _NS + local.microsecond * 1000


def eastern(ns: int) -> dt.datetime:
    """Eastern date and time of an instant, to the microsecond."""
    seconds, rest = divmod(ns, _NS)
    return dt.datetime.fromtimestamp(seconds, NEW_YORK).replace(microsecond=rest // 1000)


class SessionCalendar:
    """Answers which days trade, and when. Building one takes about a second."""

    def __init__(self, last: dt.date | None = None) -> None:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 uses what pandas 3.1 deprecates; not ours to mend.
            warnings.filterwarnings("ignore", "Series.values returning", DeprecationWarning)
            self._calendar = xcals.get_calendar("XNYS", start=_FIRST_DAY, end=last)

    def session(self, date: dt.date) -> Session:
        """The session of a date.

        Raises:
            CalendarError: The exchange is shut on that date, or the calendar does not know it.
        """
        if not self.is_session(date):
            near = self.following(date)
            raise CalendarError(
                f"{date} is no trading day of the exchange; the next one is {near.date}"
            )
        return self._make(date)

    def is_session(self, date: dt.date) -> bool:
        """Whether the exchange trades on that date.

        Raises:
            CalendarError: The date lies outside the calendar.
        """
        self._check(date)
        return bool(self._calendar.is_session(date.isoformat()))

    def following(self, date: dt.date) -> Session:
        """The first session after ``date``."""
        self._check(date)
        day = self._calendar.date_to_session(
            (date + dt.timedelta(days=1)).isoformat(), direction="next"
        )
        return self._make(day.date())

    def preceding(self, date: dt.date) -> Session:
        """The last session before ``date``."""
        self._check(date)
        day = self._calendar.date_to_session(
            (date - dt.timedelta(days=1)).isoformat(), direction="previous"
        )
        return self._make(day.date())

    def current(self, now_ns: int) -> Session:
        """The session to follow at an instant: today's until its last print, else the next one."""
        today = eastern(now_ns).date()
        if self.is_session(today):
            session = self._make(today)
            if now_ns <= session.end_ns:
                return session
        return self.following(today)

    def _make(self, date: dt.date) -> Session:
        key = date.isoformat()
        return Session(
            date,
            open_ns=self._calendar.session_open(key).value,
            close_ns=self._calendar.session_close(key).value,
        )

    def _check(self, date: dt.date) -> None:
        first = self._calendar.first_session.date()
        last = self._calendar.last_session.date()
        if not first < date < last:
            raise CalendarError(f"{date} lies outside the exchange calendar ({first} to {last})")


@lru_cache(maxsize=1)
def default_calendar() -> SessionCalendar:
    """The calendar that the whole process shares."""
    return SessionCalendar()
