"""A figure that may not exist, and then why."""

import math
from typing import NamedTuple


class Finding(NamedTuple):
    """A figure, or the reason why there is none; exactly one of the two is None."""

    value: float | None
    reason: str | None = None


def finding(value: float, otherwise: str) -> Finding:
    """A figure that is NaN where there is none, with the reason in that case."""
    return Finding(None, otherwise) if math.isnan(value) else Finding(value)
