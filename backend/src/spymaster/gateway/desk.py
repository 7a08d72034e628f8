"""What the gateway shows: the session that is running, as `app` hands it over."""

from dataclasses import dataclass
from typing import Protocol

from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.strike_manager import Span
from spymaster.gateway.wire import FeedState, Mode


class Health(Protocol):
    """How the source of events is doing."""

    @property
    def message(self) -> str | None:
        """What is wrong or going on, for a person."""

    @property
    def lag_ms(self) -> float | None:
        """Arrival less event time of the newest event."""

    @property
    def age_ms(self) -> int | None:
        """Since the last message arrived."""

    @property
    def since_ns(self) -> int:
        """When the state began, UNIX ns."""

    @property
    def reconnects(self) -> int:
        """How often the stream came back."""

    @property
    def frames_rejected(self) -> int:
        """Frames that were no JSON array."""

    def state(self, market_ns: int) -> FeedState:
        """The state now, given the newest event's time."""


@dataclass(frozen=True, slots=True)
class Showing:
    """One session in one mode. A switch of mode or day makes a new one."""

    mode: Mode
    engine: FlowEngine
    health: Health
    speed: float | None


class Desk(Protocol):
    """The running product, as far as the gateway is concerned."""

    @property
    def showing(self) -> Showing:
        """What is shown now."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""
