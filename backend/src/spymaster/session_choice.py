"""Which trading day is shown, followed or fetched."""

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from spymaster.core.clock import Clock
from spymaster.core.errors import SettingsError, SpymasterError
from spymaster.core.sessions import Session, date_of, default_calendar
from spymaster.day_sources import past_session, remote_dates
from spymaster.settings import Settings
from spymaster.storage import coverage
from spymaster.storage.day_files import cached_dates
from spymaster.storage.recordings import recorded_dates


def session_to_show(settings: Settings, clock: Clock) -> Session:
    """The trading day that the settings ask for.

    Raises:
        SettingsError: The date is no trading day, or no day is stored to replay.
    """
    calendar = default_calendar()
    try:
        if settings.mode == "replay":
            date = settings.replay_date
            if date is None:
                date = _latest_day(settings)
            return calendar.session(date)
        if settings.session_date:
            return calendar.session(settings.session_date)
        return calendar.current(clock.now_ns())
    except SettingsError:
        raise
    except SpymasterError as exc:
        name = "REPLAY_DATE" if settings.mode == "replay" else "SESSION_DATE"
        raise SettingsError(f"{name}: {exc}") from exc


def check_dates(settings: Settings) -> None:
    """See that the dates of the settings can be followed and replayed, whatever mode comes first.

    Raises:
        SettingsError: One is no trading day, or is to be replayed and lies in the future.
    """
    for name, date, session in (
        ("REPLAY_DATE", settings.replay_date, past_session),
        ("SESSION_DATE", settings.session_date, default_calendar().session),
    ):
        if date is not None:
            try:
                session(date)
            except SpymasterError as exc:
                raise SettingsError(f"{name}: {exc}") from exc


def session_to_fetch(date: str | None) -> Session:
    """The trading day that a request asks to fetch.

    Raises:
        SettingsError: None is named, or what is named is no trading day that has come.
    """
    if date is None:
        raise SettingsError('date: send {"action": "start", "date": "2025-12-16"}')
    try:
        return past_session(requested_date(date))
    except SettingsError:
        raise
    except SpymasterError as exc:
        raise SettingsError(f"date: {exc}") from exc


def requested_date(text: str) -> dt.date:
    """The date that a request names.

    Raises:
        SettingsError: It is none.
    """
    try:
        return date_of(text)
    except SettingsError as exc:
        raise SettingsError(f"date: {exc}") from exc


def _latest_day(settings: Settings) -> dt.date:
    """The latest stored day not known to be incomplete; where none is on the disk, S3's latest."""
    # A day that is only in the journal has not reached its close.
    dates = cached_dates(settings.data_dir) or recorded_dates(settings.data_dir)
    for date in reversed(dates):
        kept = coverage.load(settings.data_dir, date)
        if kept is None or kept.complete:
            return date
    if not dates:
        with ThreadPoolExecutor(1) as aside:  # an event loop may be running here
            dates = aside.submit(asyncio.run, remote_dates(settings)).result()
    if not dates:
        raise SettingsError(
            f"no day is stored under {settings.data_dir}; fetch one, or set REPLAY_MODE=false"
        )
    return dates[-1]
