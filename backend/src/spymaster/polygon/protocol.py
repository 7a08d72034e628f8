"""The vendor's stream protocol, without I/O.

Frames go in, events and messages-to-send come out. Nothing here awaits, opens a socket or reads a
clock, so the live client, the simulator's tests and the benchmarks drive the same code.

A connection runs through these states; the vendor speaks first::

    CONNECTING --connected--> GREETED --auth_success--> LIVE
                                 '------auth_failed---> (close; the key is wrong)
    LIVE --error about access--> (close; the plan does not include this)
    any  --max_connections, slow_consumer, force_disconnect, auth_timeout--> (the vendor hangs up)

``auth_success`` does not mean entitled: a plan without real-time data, or with exchange agreements
unsigned, is refused right after it. Subscriptions live with the connection, and nothing missed is
replayed. So make a new object for every connection, `StreamProtocol.subscribe` to everything
wanted, and send `StreamProtocol.resubscribe` on `Authenticated`.

Source: vendor protocol, sections 1.2 (handshake), 1.3 (subscriptions) and 1.6 (disconnection).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, get_args

import msgspec

from spymaster.core.batches import EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.polygon.batch_builder import BatchBuilder, FrameEvents
from spymaster.polygon.channels import MAX_QUOTES, HeldChannels, request
from spymaster.polygon.elements import (
    Element,
    Frame,
    QuoteElement,
    StatusElement,
    TradeElement,
    decode_frame,
    decode_tolerantly,
)

type HangUp = Literal["auth_timeout", "max_connections", "force_disconnect", "slow_consumer"]
"""Statuses after which the vendor closes the connection."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The vendor's hello: send `StreamProtocol.auth` now."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The key is known: send `StreamProtocol.resubscribe` now."""


@dataclass(frozen=True, slots=True)
class AuthenticationFailed:
    """The key is refused. Close, and do not try again soon."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor will not serve this connection. Close it.

    ``cause`` is ``plan`` where the plan does not include the stream, which time alone does not
    mend; all others may pass.
    """

    cause: Literal["plan"] | HangUp
    reason: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new channel is confirmed; that is no evidence of data."""

    channel: str


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A channel that was held is given up."""

    channel: str


@dataclass(frozen=True, slots=True)
class NotAuthorized:
    """Some channel of a request is refused; the vendor does not say which."""

    reason: str


@dataclass(frozen=True, slots=True)
class Data:
    """The events of the frames read together; ``arrival`` is their order in them, from 0."""

    batch: EventBatch


@dataclass(frozen=True, slots=True)
class FrameRejected:
    """A frame was no JSON array of objects."""


type ProtocolEvent = (
    Connected
    | Authenticated
    | AuthenticationFailed
    | Refused
    | Subscribed
    | Unsubscribed
    | NotAuthorized
    | Data
    | FrameRejected
)


class _State(Enum):
    CONNECTING = auto()
    GREETED = auto()
    LIVE = auto()


_SUBSCRIBED = "subscribed to:"
_UNSUBSCRIBED = "unsubscribed to:"
_HANG_UPS = frozenset(get_args(HangUp.__value__))
_MAX_REASON = 300


class StreamProtocol:
    """State of one connection; make a new one for every connection."""

    def __init__(self, table: ContractTable, max_quotes: int = MAX_QUOTES) -> None:
        self._table = table
        self._builder = BatchBuilder(table)
        self._channels = HeldChannels(max_quotes)
        self._state = _State.CONNECTING
        self._quotes_rejected = 0

    @property
    def is_live(self) -> bool:
        """Whether the vendor accepted the key."""
        return self._state is _State.LIVE

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels asked for on this connection, in the order in which they were wanted."""
        return self._channels.held

    @property
    def quotes_left_out(self) -> tuple[str, ...]:
        """Tickers whose quotes are wanted but exceed the vendor's limit."""
        return self._channels.quotes_left_out

    @property
    def quotes_rejected(self) -> int:
        """Unreadable quotes since the connection was made."""
        return self._quotes_rejected

    def receive(self, frame: bytes | str) -> list[ProtocolEvent]:
        """Take one frame and return what it means, in order; never raises."""
        return self.receive_all([frame])

    def receive_all(self, frames: Sequence[bytes | str]) -> list[ProtocolEvent]:
        """Take frames that were read together, as if they were one; never raises.

        Every batch costs something whatever its length, so a busy stream of small frames is read
        faster this way. ``arrival`` runs on from frame to frame.
        """
        raw = [frame.encode() if isinstance(frame, str) else frame for frame in frames]
        if (found := self._builder.scan(raw)) is not None:
            return self._data(found)
        decoded = [decode_frame(frame, self._table) for frame in frames]
        try:
            found = self._builder.build(_all_elements(decoded))
        except OverflowError:
            decoded = [decode_tolerantly(frame, self._table) for frame in frames]
            found = self._builder.build(_all_elements(decoded))
        return self._events(decoded, found)

    def auth(self, key: str) -> str:
        """The message that presents the key; send it on `Connected`, and log it nowhere."""
        return msgspec.json.encode({"action": "auth", "params": key}).decode()

    def subscribe(self, channels: Iterable[str]) -> list[str]:
        """Want these channels too; returns messages to send, none before `Authenticated`."""
        return self._when_live("subscribe", self._channels.add(channels))

    def unsubscribe(self, channels: Iterable[str]) -> list[str]:
        """Want these channels no longer; returns messages to send.

        Quotes that were left out take the room of quotes given up.
        """
        gone, risen = self._channels.remove(channels)
        return self._when_live("unsubscribe", gone) + self._when_live("subscribe", risen)

    def resubscribe(self) -> list[str]:
        """Messages that ask for every wanted channel; send them on `Authenticated`."""
        return request("subscribe", self._channels.held)

    def _when_live(self, action: str, channels: list[str]) -> list[str]:
        return request(action, channels) if self.is_live else []

    def _data(self, found: FrameEvents) -> list[ProtocolEvent]:
        self._quotes_rejected += found.quotes_rejected
        batch = found.batch
        return [Data(batch)] if len(batch) or batch.trades_rejected else []

    def _events(self, frames: list[Frame], found: FrameEvents) -> list[ProtocolEvent]:
        batch = found.batch
        self._quotes_rejected += found.quotes_rejected
        unreadable = 0
        events: list[ProtocolEvent] = []
        for frame in frames:
            unreadable += frame.trades_rejected
            self._quotes_rejected += frame.quotes_rejected
            if frame.rejected:
                events.append(FrameRejected())
        if unreadable:
            batch = EventBatch(batch.trades, batch.quotes, batch.trades_rejected + unreadable)
        data = [Data(batch)] if len(batch) or batch.trades_rejected else []
        elements = _all_elements(frames)
        if len(batch) == len(elements):
            return [*events, *data]
        for element in elements:
            if isinstance(element, StatusElement):
                events.extend(self._status(element))
            elif data and isinstance(element, TradeElement | QuoteElement):
                events.append(data.pop())
        return events + data

    def _status(self, element: StatusElement) -> list[ProtocolEvent]:
        """What a status means; unknown ones mean nothing."""
        status, message = element.status, element.message.strip()[:_MAX_REASON]
        if status == "auth_success":
            self._state = _State.LIVE
            return [Authenticated()]
        if status == "auth_failed":
            return [AuthenticationFailed(message or "authentication failed")]
        if status in _HANG_UPS:
            return [Refused(status, message or status)]  # type: ignore[arg-type]
        if status in ("connected", "success"):
            return self._success(message)
        if status == "error" and _is_about_plan(message):
            return [Refused("plan", message)]
        if status in ("error", "auth_required"):
            return [NotAuthorized(message or status)]
        return []

    def _success(self, message: str) -> list[ProtocolEvent]:
        if message.startswith(_SUBSCRIBED):
            return [Subscribed(message.removeprefix(_SUBSCRIBED).strip())]
        if message.startswith(_UNSUBSCRIBED):
            return [Unsubscribed(message.removeprefix(_UNSUBSCRIBED).strip())]
        if self._state is _State.CONNECTING:
            self._state = _State.GREETED
            return [Connected()]
        return []


def _all_elements(frames: list[Frame]) -> list[Element]:
    if len(frames) == 1:
        return frames[0].elements
    return [element for frame in frames for element in frame.elements]


def _is_about_plan(message: str) -> bool:
    """Whether an error refuses the whole connection; the vendor words this in several ways."""
    text = message.lower()
    return "access" in text or "agreement" in text or "entitled" in text or "upgrade" in text


__all__ = [
    "Authenticated",
    "AuthenticationFailed",
    "Connected",
    "Data",
    "FrameRejected",
    "HangUp",
    "NotAuthorized",
    "ProtocolEvent",
    "Refused",
    "StreamProtocol",
    "Subscribed",
    "Unsubscribed",
]
