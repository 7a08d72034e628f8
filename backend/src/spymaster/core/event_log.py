"""What happened to the feed and the product, for people: the latest events, numbered."""

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

type Level = Literal["info", "warning", "error"]
type Kind = Literal["feed", "gap", "refill", "mode", "recording", "cache", "product"]

KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """Something that happened. Times are UNIX ns."""

    t_ns: int
    """Market time where it is known, else the clock's."""
    level: Level
    kind: Kind
    message: str
    """In words for a person."""
    start_ns: int | None = None
    """Of a gap: market time at which it began."""
    end_ns: int | None = None
    prints: int | None = None
    """Of a refill: how many were missing."""


class EventLog:
    """Keeps the latest events; who reads remembers how many it has seen."""

    def __init__(self) -> None:
        self._events: deque[LoggedEvent] = deque(maxlen=KEPT)
        self.count = 0
        """How many have been told so far."""

    def tell(self, event: LoggedEvent) -> None:
        """Note what happened."""
        self._events.append(event)
        self.count += 1

    def since(self, count: int) -> list[LoggedEvent]:
        """What was told after the first so many, oldest first, as far as kept."""
        fresh = min(self.count - count, len(self._events))
        return list(self._events)[len(self._events) - fresh :]
