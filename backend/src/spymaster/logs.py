"""Log output: plain lines for a console, or one JSON object a line."""

import logging
import re
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_TOKEN = re.compile(r"(?<=[?&]token=)[^&\s\"]+")


def set_up_logging(log_format: Literal["console", "json"]) -> None:
    """Send every logger's lines to stderr in the chosen form."""
    handler = logging.StreamHandler()
    if log_format == "json":
        handler.setFormatter(
            JsonFormatter(
                "{asctime}{levelname}{name}{message}",
                style="{",
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            )
        )
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
        )
    handler.addFilter(_hide_tokens)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # One line for every asset and health check says nothing to a trader.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def _hide_tokens(record: logging.LogRecord) -> bool:
    """The server logs the address of every stream, which may hold the access token."""
    if record.name.startswith("uvicorn"):
        record.msg, record.args = _TOKEN.sub("***", record.getMessage()), ()
    return True
