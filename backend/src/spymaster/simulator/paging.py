"""Query parameters, pages and cursors of the vendor's REST side.

``next_url`` holds the path and only a cursor, never the key. The cursor is base64 without padding
of a query string, as the vendor's is; it carries the first request's filters, so that pages of one
walk fit together while the market moves on.

Source: vendor protocol, section 2.4.
"""

import base64
import binascii
import datetime as dt
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

from spymaster.core.sessions import eastern_ns

_OPERATORS: Final = ("gte", "gt", "lte", "lt")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadRequestError(Exception):
    """A parameter is wrong: the answer is 400 with this text."""


class Query:
    """The parameters of one request, those of its cursor included."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self.values = {name: text for name, text in query.items() if name != "apiKey"}
        cursor = self.values.pop("cursor", None)
        if cursor is not None:
            self.values = _read_cursor(cursor)

    @property
    def offset(self) -> int:
        """Rows that earlier pages have given."""
        return int(self.values.get("ap", "0"))

    def limit(self, default: int, most: int) -> int:
        """Rows of a page."""
        text = self.values.get("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise BadRequestError(f"'limit' must be between 1 and {most}")
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """A parameter of a closed set."""
        found = self.values.get(name, default)
        if found not in allowed:
            raise BadRequestError(f"'{name}' must be one of {', '.join(allowed)}")
        return found

    def flag(self, name: str) -> bool:
        """A parameter that is true or false, false by default."""
        return self.choice(name, ("true", "false"), "false") == "true"

    def number_range(self, name: str) -> tuple[float, float]:
        """Inclusive bounds of a number from ``name`` and ``name.gte`` and its like."""
        low, high = float("-inf"), float("inf")
        for operator, text in self._conditions(name):
            try:
                value = float(text)
            except ValueError as exc:
                raise BadRequestError(f"'{name}' must be a number") from exc
            if operator in {"", "gte", "gt"}:
                low = max(low, value + (1e-9 if operator == "gt" else 0))
            if operator in {"", "lte", "lt"}:
                high = min(high, value - (1e-9 if operator == "lt" else 0))
        return low, high

    def date_range(self, name: str) -> tuple[dt.date, dt.date]:
        """Inclusive bounds of a date."""
        low, high = dt.date.min, dt.date.max
        day = dt.timedelta(days=1)
        for operator, text in self._conditions(name):
            value = read_date(name, text)
            if operator in {"", "gte", "gt"}:
                low = max(low, value + (day if operator == "gt" else 0 * day))
            if operator in {"", "lte", "lt"}:
                high = min(high, value - (day if operator == "lt" else 0 * day))
        return low, high

    def time_range(self, name: str) -> tuple[int, int]:
        """Half-open bounds of a time, UNIX ns; dates are Eastern days."""
        low, high = 0, 2**62
        for operator, text in self._conditions(name):
            start, end = _instant(name, text)
            if operator in {"", "gte"}:
                low = max(low, start)
            elif operator == "gt":
                low = max(low, end)
            if operator in {"", "lte"}:
                high = min(high, end)
            elif operator == "lt":
                high = min(high, start)
        return low, high

    def _conditions(self, name: str) -> list[tuple[str, str]]:
        names = [("", name), *((operator, f"{name}.{operator}") for operator in _OPERATORS)]
        return [(operator, self.values[key]) for operator, key in names if self.values.get(key)]

    def cursor(self, offset: int, **fixed: Any) -> str:
        """The cursor of the page that begins at ``offset``; ``fixed`` replaces parameters."""
        values = {**self.values, **{name.replace("__", "."): str(v) for name, v in fixed.items()}}
        values["ap"] = str(offset)
        values["as"] = ""
        text = urllib.parse.urlencode(values)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_date(name: str, text: str) -> dt.date:
    """A date of the form YYYY-MM-DD.

    Raises:
        BadRequestError: It is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as exc:
        raise BadRequestError(f"'{name}' must be a date of the form YYYY-MM-DD") from exc


def _instant(name: str, text: str) -> tuple[int, int]:
    """Start and end of what a timestamp text names: one nanosecond, or an Eastern day."""
    if _DATE.fullmatch(text):
        day = read_date(name, text)
        midnight = dt.time(0)
        return eastern_ns(day, midnight), eastern_ns(day + dt.timedelta(days=1), midnight)
    if not text.isdigit():
        raise BadRequestError(f"could not parse '{name}': expected YYYY-MM-DD or nanoseconds")
    return int(text), int(text) + 1


def _read_cursor(cursor: str) -> dict[str, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        values = dict(urllib.parse.parse_qsl(text, strict_parsing=True, keep_blank_values=True))
    except (binascii.Error, UnicodeDecodeError, ValueError) as exc:
        raise BadRequestError("'cursor' is not valid") from exc
    if not values.get("ap", "").isdigit():
        raise BadRequestError("'cursor' is not valid")
    return values
