"""Log output: plain lines for a console, or one JSON object a line.

Every line carries the id of this run, so that lines of two runs in one file can be told apart. No
line shows a secret, whoever wrote it: libraries put whole addresses into their errors. A warning
that repeats is written a few times a minute; the next one after that says how many were left out.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Final, Literal

from pythonjsonlogger.json import JsonFormatter

MOST_REPEATS: Final = 5
"""Warnings of one kind that are written in `REPEATS_S`."""
REPEATS_S: Final = 60.0
SHORTEST_SECRET: Final = 8
"""Shorter ones are left alone: as parts of words they would make the log unreadable."""
_KINDS: Final = 1_000
_LOGIN: Final = re.compile(r"(?<=://)[^\s/@\"']+@")
_PARAMETER: Final = re.compile(r"([?&](?:token|apikey)=)[^&\s\"']+", re.IGNORECASE)


def set_up_logging(
    log_format: Literal["console", "json"], hidden: Iterable[str] = (), session: str = ""
) -> None:
    """Send every logger's lines to stderr in the chosen form.

    Args:
        log_format: The setting's.
        hidden: Secrets that no line may show.
        session: The id of this run; empty for a new one.
    """
    handler = logging.StreamHandler()
    session = session or secrets.token_hex(2)
    form: logging.Formatter
    if log_format == "json":
        form = JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"session": session},
        )
    else:
        lines = f"%(asctime)s {session} %(levelname)-7s %(message)s"
        form = logging.Formatter(lines, datefmt="%H:%M:%S")
    handler.setFormatter(Discreet(form, hidden))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").addFilter(_is_said_otherwise)
    # One line for every asset and health check says nothing to a trader.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def _is_said_otherwise(record: logging.LogRecord) -> bool:
    """False for the error that uvicorn writes after each stream that was refused on purpose."""
    return record.msg != "ASGI callable returned without completing handshake."


class Discreet(logging.Formatter):
    """Formats like another one, and hides secrets in what comes out, tracebacks included."""

    def __init__(self, form: logging.Formatter, hidden: Iterable[str]) -> None:
        super().__init__()
        self._form = form
        long = {secret for secret in hidden if len(secret) >= SHORTEST_SECRET}
        as_json = {json.dumps(secret)[1:-1] for secret in long}
        self._hidden = sorted(long | as_json, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """One line; with a traceback, several."""
        text = self._form.format(record)
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return _PARAMETER.sub(r"\1***", _LOGIN.sub("***@", text))


class Repeats(logging.Filter):
    """Lets a warning or error through a few times a minute, and counts what it left out."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic_s = monotonic_s
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.levelno < logging.WARNING:
            return True
        text = str(record.msg)
        key = (record.name, record.getMessage() if text == "%s" else text)
        now_s = self._monotonic_s()
        since_s, count = self._seen.get(key, (now_s, 0))
        if now_s - since_s < REPEATS_S:
            self._seen[key] = since_s, count + 1
            if len(self._seen) > _KINDS:
                del self._seen[next(iter(self._seen))]
            return count < MOST_REPEATS
        self._seen[key] = now_s, 1
        if count > MOST_REPEATS:
            left_out = f"({count - MOST_REPEATS} more of these since they were last told)"
            record.msg, record.args = f"{record.getMessage()} {left_out}", ()
        return True
