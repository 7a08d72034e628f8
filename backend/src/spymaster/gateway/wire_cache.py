"""What the HTTP API tells of stored days and of fetching one."""

from typing import Literal

import msgspec


class CachedDay(msgspec.Struct, frozen=True):
    """One day that can be replayed."""

    date: str
    contracts: int | None
    """Contracts that have a file of trades; null for a day that is only in S3."""
    remote: bool = False
    """Whether it is only in S3; it comes from there when it is replayed."""
    complete: bool | None = None
    """Whether all that was asked for of it is on the disk; null where nothing tells."""


class CacheReply(msgspec.Struct, frozen=True):
    """``GET /api/cache``."""

    days: list[CachedDay]
    mirror_trouble: str | None = None
    """Why S3 is not kept up with the disk; null while it is, or where none is set."""


class FetchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/fetch``."""

    action: Literal["start", "stop"] = "start"
    date: str | None = None
    """YYYY-MM-DD; needed to start."""
    quotes: bool = False
    """Quotes too: they sign the prints, and take far longer."""


class FetchReply(msgspec.Struct, frozen=True):
    """``GET /api/fetch`` and ``POST /api/fetch``: how the fetch of a day goes."""

    state: Literal["idle", "running", "done", "failed", "stopped"]
    date: str | None = None
    contracts: int | None = None
    """Files of contracts to fetch; null until known, and rising while spot is followed."""
    contracts_done: int = 0
    rows: int = 0
    bytes: int = 0
    """Of the files written so far."""
    seconds_left: float | None = None
    """By the pace so far over the files known so far."""
    message: str | None = None
    """What went wrong, and what to do."""
