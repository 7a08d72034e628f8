"""What the feeds need from a vendor, as seen from inside.

The vendor's adapter implements these; `app` connects the two. So a feed can be tested against
a hand-written fake, and adapters do not know each other.
"""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Protocol

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.inputs import Input
from spymaster.core.snapshots import ChainSnapshot


@dataclass(frozen=True, slots=True)
class StreamConnected:
    """The stream is up and authenticated; wanted subscriptions are being sent again."""

    attempt: int
    """1 for the first connection of this client, then 2, 3, …"""


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The stream went away; what it would have delivered is missing from now on."""

    reason: str
    """One line for a person."""
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class StreamRefused:
    """The vendor refuses the key or the plan; the client goes on trying, slowly."""

    reason: str
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class StreamData:
    """The events of one frame, or of several that were waiting and are read together.

    ``arrival`` of the rows is their order in this batch, from 0; whoever merges batches offsets it.
    """

    batch: EventBatch
    read_s: float
    """When the oldest of the frames was read, monotonic seconds."""
    frames_rejected: int = 0
    """1 if the frame was no JSON array of objects."""
    waiting_bytes: int = 0
    """Of frames that were read and wait for their turn."""


@dataclass(frozen=True, slots=True)
class SubscriptionRefused:
    """The vendor refused some channel without naming it ("not authorized")."""

    reason: str


type StreamEvent = StreamConnected | StreamLost | StreamRefused | StreamData | SubscriptionRefused


class MarketStream(Protocol):
    """A stream that reconnects by itself, for ever, until its iterator is closed."""

    @property
    def quotes_left_out(self) -> tuple[str, ...]:
        """Tickers whose quotes are wanted but exceed what the vendor allows."""

    def events(self) -> AsyncGenerator[StreamEvent]:
        """Connect and yield what happens; ends only when closed."""

    async def subscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        """Want trades and quotes of these tickers too, now and after every reconnection."""

    async def unsubscribe(self, trades: Iterable[str], quotes: Iterable[str]) -> None:
        """No longer want these."""


class MarketRest(Protocol):
    """The vendor's request side. Every call may raise a `VendorError`."""

    async def chain(self, underlying: str, expiration: str) -> ChainSnapshot:
        """The chain of one expiration (``YYYY-MM-DD``), now."""

    async def trades(self, ticker: str, contract: int, start_ns: int, end_ns: int) -> TradeBatch:
        """All prints with ``start_ns <= ts_event < end_ns``, oldest first."""

    async def quotes(
        self, ticker: str, contract: int, start_ns: int, end_ns: int, max_rows: int
    ) -> QuoteBatch:
        """Quotes of the interval, oldest first, at most ``max_rows``."""


class SessionRecorder(Protocol):
    """Keeps the inputs of a session."""

    def record(self, entry: Input) -> None:
        """Keep one more input. Called on the event loop: returns at once and never raises."""
