"""What the gateway shows: the session that is running, as `app` hands it over."""

from dataclasses import dataclass
from typing import Protocol

from spymaster.core.inputs import Span
from spymaster.core.latency import LatencyHistogram
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.flow_history import FlowHistory
from spymaster.gateway.wire import FeedState, Mode, ModeRequest, ReplayRequest
from spymaster.gateway.wire_cache import CacheReply, FetchReply, FetchRequest


class Health(Protocol):
    """How the source of events is doing."""

    @property
    def message(self) -> str | None:
        """What is wrong or going on, for a person."""

    @property
    def trouble(self) -> str | None:
        """What else keeps the product from being ready, whatever the state."""

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

    @property
    def gaps(self) -> int:
        """Times without data from the stream, for which REST was asked."""

    @property
    def contracts_owed(self) -> int:
        """Contracts of which REST may still owe prints."""

    @property
    def quotes_left_out(self) -> int:
        """Contracts whose quotes are wanted but exceed what the vendor allows."""

    @property
    def stream_waiting_bytes(self) -> int:
        """Of frames that were read and not taken yet."""

    @property
    def frame_times(self) -> LatencyHistogram:
        """From the reading of a frame until the state holds it."""

    @property
    def latency_p99_ms(self) -> float | None:
        """Of nearly all frames of the last minute."""

    def take_unshown_s(self) -> float | None:
        """When the oldest frame was read of those in the state since the last call, monotonic."""

    def state(self, market_ns: int) -> FeedState:
        """The state now, given the newest event's time."""


class Recorder(Protocol):
    """The recording of the session that is followed."""

    @property
    def waiting(self) -> int:
        """Prints and quotes that are not written yet."""

    @property
    def lost_rows(self) -> int:
        """Prints and quotes that could not be kept."""

    @property
    def flush_times(self) -> LatencyHistogram:
        """How long the disk took to make durable what was written."""


class Replaying(Protocol):
    """Where a replay stands."""

    @property
    def playing(self) -> bool:
        """Whether market time moves on."""

    @property
    def speed(self) -> float | None:
        """Market seconds a second, or None for as fast as possible."""

    @property
    def position_ns(self) -> int:
        """Market time that it stands at."""

    @property
    def end_ns(self) -> int:
        """Market time of the day's last event."""


@dataclass(frozen=True, slots=True, eq=False)
class Showing:
    """One session in one mode. A switch of mode or day, or a leap in time, makes a new one."""

    mode: Mode
    engine: FlowEngine
    health: Health
    speed: float | None
    """Market seconds a second at the start; None for as fast as possible."""
    replay: Replaying | None = None
    history: FlowHistory | None = None
    """What earlier sessions had; None while that is not known."""


class Desk(Protocol):
    """The running product, as far as the gateway is concerned."""

    @property
    def showing(self) -> Showing:
        """What is shown now."""

    @property
    def recorder(self) -> Recorder | None:
        """Of the session that is followed, shown or not; None in replay alone."""

    async def ready(self) -> None:
        """Wait until compiled code is loaded: to call it before would stop the event loop."""

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM."""

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the whole day with the trade-size rule, or without."""

    async def switch(self, request: ModeRequest) -> None:
        """Show another mode or day.

        Raises:
            SettingsError: The request does not fit the settings or the calendar.
            DataError: That day is not stored; what was shown goes on.
        """

    def control(self, request: ReplayRequest) -> None:
        """Play, pause, seek, step or change the speed of the replay that is shown.

        Raises:
            SettingsError: The request lacks what its action needs.
            DataError: No replay is shown.
        """

    def cache(self) -> CacheReply:
        """The days that can be replayed, oldest first, on the disk and in S3."""

    @property
    def fetching(self) -> FetchReply:
        """How the fetch of a day goes, or went."""

    async def fetch(self, request: FetchRequest) -> FetchReply:
        """Start or stop fetching a day; how it goes then.

        Raises:
            SettingsError: There is no such day to fetch, or nobody to ask.
            DataError: Another day is being fetched.
        """
