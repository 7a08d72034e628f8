"""Moments of the day, as questions name them."""

from spymaster.core.errors import SettingsError
from spymaster.core.sessions import Session, eastern_time


def time_of_day(session: Session, name: str, text: str) -> int:
    """The UNIX ns of an Eastern time of the session's day.

    Args:
        session: The day.
        name: Of the parameter.
        text: HH:MM or HH:MM:SS.

    Raises:
        SettingsError: The text is no such time.
    """
    try:
        time = eastern_time(text)
    except SettingsError:
        time = None
    if time is None or time.microsecond:
        raise SettingsError(
            f"{name}: {text[:40]!r} is no Eastern time; send 10:15:00, as in {name}=10:15:00"
        )
    return session.at(time)
