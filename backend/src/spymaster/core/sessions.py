"""Trading sessions of the New York Stock Exchange, as the options on its shares follow them.

The regular session is 09:30-16:00 ET, shorter on early-close days. Options on fund shares (SPY)
print until 15 minutes after it; those prints belong to the session.

Source: `exchange_days`; Nasdaq ISE Options 3, section 1 for the 15 minutes.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from spymaster.core.errors import CalendarError, SettingsError
from spymaster.core.exchange_days import CLOSED, EARLY, FIRST_DAY, LAST_DAY

NEW_YORK = ZoneInfo("America/New_York")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LATE_PRINTS_NS = 15 * 60 * 1_000_000_000
_OPEN = dt.time(9, 30)
_CLOSE = dt.time(16)
_EARLY_CLOSE = dt.time(13)
_DAY = dt.timedelta(days=1)
_SATURDAY = 5
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


def date_of(text: str) -> dt.date:
    """A date as a person or a program writes it: YYYY-MM-DD, and nothing else that is one.

    Raises:
        SettingsError: The text is none. Who knows what it was for says so.
    """
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise SettingsError(f"{text[:40]!r} is no date; write it as YYYY-MM-DD")


def eastern_time(text: str) -> dt.time:
    """An Eastern wall-clock time as a person or a program writes it.

    Args:
        text: HH:MM or HH:MM:SS, with a fraction or without.

    Raises:
        SettingsError: The text is no such time, or names a zone. Who knows what it was for says so.
    """
    try:
        time = dt.time.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo or ":" not in text:
        raise SettingsError(f"{text[:40]!r} is no Eastern time; write it as HH:MM:SS")
    return time


class SessionCalendar:
    """Answers which days trade, and when."""

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
        return _session(date)

    def is_session(self, date: dt.date) -> bool:
        """Whether the exchange trades on that date.

        Raises:
            CalendarError: The date lies outside the calendar.
        """
        _check(date)
        return _trades(date)

    def following(self, date: dt.date) -> Session:
        """The first session after ``date``."""
        return _nearest(date, _DAY)

    def preceding(self, date: dt.date) -> Session:
        """The last session before ``date``."""
        return _nearest(date, -_DAY)

    def current(self, now_ns: int) -> Session:
        """The session to follow at an instant: today's until its last print, else the next one."""
        today = eastern(now_ns).date()
        if self.is_session(today):
            session = _session(today)
            if now_ns <= session.end_ns:
                return session
        return self.following(today)


@lru_cache(maxsize=1)
def default_calendar() -> SessionCalendar:
    """The calendar that the whole process shares."""
    return SessionCalendar()


def _nearest(date: dt.date, step: dt.timedelta) -> Session:
    _check(date)
    date += step
    while not _trades(date):
        date += step
    _check(date)
    return _session(date)


def _trades(date: dt.date) -> bool:
    return date.weekday() < _SATURDAY and date not in CLOSED


def _session(date: dt.date) -> Session:
    close = _EARLY_CLOSE if date in EARLY else _CLOSE
    return Session(date, open_ns=eastern_ns(date, _OPEN), close_ns=eastern_ns(date, close))


def _check(date: dt.date) -> None:
    if not FIRST_DAY <= date <= LAST_DAY:
        raise CalendarError(
            f"{date} lies outside the exchange calendar ({FIRST_DAY} to {LAST_DAY})"
        )
