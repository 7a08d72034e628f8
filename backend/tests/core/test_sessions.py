import datetime as dt

import exchange_calendars
import pytest

from spymaster.core import exchange_days
from spymaster.core.errors import CalendarError, SettingsError
from spymaster.core.sessions import (
    SessionCalendar,
    date_of,
    default_calendar,
    eastern,
    eastern_ns,
    eastern_time,
)

HOUR_NS = 3_600 * 1_000_000_000


@pytest.fixture(scope="module")
def calendar() -> SessionCalendar:
    return default_calendar()


def utc_ns(text: str) -> int:
    return int(dt.datetime.fromisoformat(text + "+00:00").timestamp()) * 1_000_000_000


def test_a_regular_winter_session(calendar: SessionCalendar) -> None:
    session = calendar.session(dt.date(2025, 12, 16))
    assert session.open_ns == utc_ns("2025-12-16T14:30:00")
    assert session.close_ns == utc_ns("2025-12-16T21:00:00")
    assert session.end_ns == utc_ns("2025-12-16T21:15:00")
    assert session.at(dt.time(9, 30)) == session.open_ns


def test_a_half_day_closes_at_one(calendar: SessionCalendar) -> None:
    session = calendar.session(dt.date(2015, 12, 24))
    assert eastern(session.close_ns).time() == dt.time(13, 0)
    assert eastern(session.end_ns).time() == dt.time(13, 15)


@pytest.mark.parametrize(
    ("day", "offset_hours"),
    [("2025-03-07", 5), ("2025-03-10", 4), ("2025-10-31", 4), ("2025-11-03", 5)],
)
def test_the_open_follows_daylight_saving(
    calendar: SessionCalendar, day: str, offset_hours: int
) -> None:
    session = calendar.session(dt.date.fromisoformat(day))
    assert session.open_ns == utc_ns(f"{day}T09:30:00") + offset_hours * HOUR_NS


def test_a_holiday_is_refused_and_the_next_session_named(calendar: SessionCalendar) -> None:
    assert not calendar.is_session(dt.date(2025, 12, 25))
    with pytest.raises(CalendarError, match="2025-12-26"):
        calendar.session(dt.date(2025, 12, 25))


def test_neighbours_skip_weekends_and_holidays(calendar: SessionCalendar) -> None:
    assert calendar.following(dt.date(2025, 12, 24)).date == dt.date(2025, 12, 26)
    assert calendar.preceding(dt.date(2025, 12, 29)).date == dt.date(2025, 12, 26)


@pytest.mark.parametrize(
    ("now", "followed"),
    [
        ("2025-12-16T05:01:00", "2025-12-16"),  # midnight in New York
        ("2025-12-16T04:59:00", "2025-12-16"),  # still the evening before
        ("2025-12-16T21:15:00", "2025-12-16"),  # 16:15, the last print
        ("2025-12-16T21:15:01", "2025-12-17"),
        ("2025-12-20T15:00:00", "2025-12-22"),  # Saturday
        ("2025-12-25T15:00:00", "2025-12-26"),  # holiday
        ("2025-12-24T18:20:00", "2025-12-26"),  # after the end of a half day
    ],
)
def test_the_session_to_follow(calendar: SessionCalendar, now: str, followed: str) -> None:
    assert calendar.current(utc_ns(now)).date == dt.date.fromisoformat(followed)


def test_dates_outside_the_calendar_are_refused(calendar: SessionCalendar) -> None:
    for ask in (calendar.is_session, calendar.session, calendar.following, calendar.preceding):
        with pytest.raises(CalendarError, match="outside"):
            ask(dt.date(1999, 1, 4))


def test_the_first_and_the_last_day_belong_to_the_calendar(calendar: SessionCalendar) -> None:
    first, last = exchange_days.FIRST_DAY, exchange_days.LAST_DAY
    assert [calendar.session(day).date for day in (first, last)] == [first, last]
    assert calendar.preceding(first + dt.timedelta(days=1)).date == first
    with pytest.raises(CalendarError, match="2010-01-01 lies outside"):
        calendar.preceding(first)
    with pytest.raises(CalendarError, match="2041-01-01 lies outside"):
        calendar.following(last)


def test_eastern_time_goes_there_and_back() -> None:
    ns = eastern_ns(dt.date(2025, 7, 1), dt.time(9, 30, 0, 250_000))
    assert ns == utc_ns("2025-07-01T13:30:00") + 250_000_000
    assert eastern(ns) == dt.datetime.fromisoformat("2025-07-01T09:30:00.250000-04:00")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("09:30", dt.time(9, 30)),
        ("15:59:30", dt.time(15, 59, 30)),
        ("10:15:02.999999", dt.time(10, 15, 2, 999_999)),
    ],
)
def test_an_eastern_time_is_read(text: str, time: dt.time) -> None:
    assert eastern_time(text) == time


@pytest.mark.parametrize(
    "text", ["", "noon", "25:00", "15", "1515", "15:15:00Z", "15:15+02:00", "x" * 99]
)
def test_what_is_no_eastern_time_or_names_a_zone_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no Eastern time; write it as HH:MM:SS") as caught:
        eastern_time(text)
    assert len(str(caught.value)) < 100


@pytest.mark.filterwarnings("ignore:Series.values returning:DeprecationWarning")
def test_the_table_of_closed_days_is_that_of_the_library() -> None:
    first, last = exchange_days.FIRST_DAY, exchange_days.LAST_DAY
    theirs = exchange_calendars.get_calendar("XNYS", start=first, end=last)
    sessions = {day.date() for day in theirs.sessions}
    weekdays = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    closed = {day for day in weekdays if day.weekday() < 5} - sessions
    assert closed == exchange_days.CLOSED
    assert {day.date() for day in theirs.early_closes} == exchange_days.EARLY
    shut = {eastern(close.value).time() for close in theirs.closes[theirs.early_closes]}
    assert shut == {dt.time(13)}


@pytest.mark.parametrize("text", ["20251216", "2025-W51-2", "2025-12-16T00:00", "2025-13-01", ""])
def test_a_date_is_written_in_one_way(text: str) -> None:
    assert date_of("2025-12-16") == dt.date(2025, 12, 16)
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        date_of(text)
