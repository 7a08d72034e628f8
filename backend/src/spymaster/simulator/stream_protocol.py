"""The vendor's stream protocol from the server's side, without I/O.

One `ServerProtocol` for each connection. Texts of the client go in, statuses to send come out.
Rules that surprise: every element of a request has its own status; a contract that does not exist
and a prefix wildcard are confirmed and stay silent; an element already held is not answered at all;
a channel outside the plan is refused once, without a name, ahead of the confirmations.

Source: vendor protocol, sections 1.2-1.4 and 1.6.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from spymaster.simulator.faults import Faults

CHANNELS: Final = frozenset({"T", "Q", "A", "AM"})
_BUSINESS_ONLY: Final = frozenset({"FMV"})

type Status = dict[str, str]


def status(kind: str, message: str) -> Status:
    """One status object."""
    return {"ev": "status", "status": kind, "message": message}


CONNECTED: Final = status("connected", "Connected Successfully")
AUTH_SUCCESS: Final = status("auth_success", "authenticated")
AUTH_FAILED: Final = status("auth_failed", "authentication failed")
AUTH_TIMEOUT: Final = status("auth_timeout", "No authentication request received.")
AUTH_REQUIRED: Final = status("auth_required", "authentication required")
NOT_AUTHORIZED: Final = status("error", "not authorized")
MAX_CONNECTIONS: Final = status("max_connections", "Maximum number of connections exceeded.")
QUOTE_LIMIT_EXCEEDED: Final = status("error", "Maximum number of quote subscriptions exceeded.")
HANG_UPS: Final = {
    "max_connections": MAX_CONNECTIONS,
    "slow_consumer": status("slow_consumer", "You are reading too slowly."),
    "force_disconnect": status("force_disconnect", "The server ends this connection."),
}
NOT_ENTITLED: Final = status(
    "error",
    "You don't have access real-time data. If your plan only includes delayed data, you can "
    "connect to the delayed websocket at wss://delayed.polygon.io/options.",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request leads to."""

    statuses: list[Status] = field(default_factory=list)
    authenticated: str | None = None
    """The key, if this request authenticated the connection."""
    close: bool = False
    """Close after the statuses."""


class ServerProtocol:
    """What one connection is allowed and subscribed to."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.authenticated = False
        self.held: set[tuple[str, str]] = set()
        """Confirmed (channel, symbol) pairs that deliver, if the symbol exists."""
        self.silent: set[tuple[str, str]] = set()
        """Confirmed pairs above the quote limit: they never deliver."""

    def receive(self, text: str | bytes) -> Reply:
        """Take one message of the client; what cannot be read is answered with an error status."""
        try:
            message = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Reply([status("error", "invalid message")])
        action, params = message.get("action"), message.get("params")
        if not isinstance(params, str):
            return Reply([status("error", "invalid params")])
        if action == "auth":
            return self._authenticate(params)
        if action not in {"subscribe", "unsubscribe"}:
            return Reply([status("error", "unknown action")])
        if not self.authenticated:
            return Reply([AUTH_REQUIRED])
        elements = [element.strip() for element in params.split(",")]
        change = self._subscribe if action == "subscribe" else self._unsubscribe
        return Reply(change([element for element in elements if element]))

    def _authenticate(self, key: str) -> Reply:
        if self._faults.auth_timeout:
            return Reply()
        if self._faults.auth_failed or not key:
            return Reply([AUTH_FAILED], close=True)
        if self._faults.error_after_success:
            return Reply([AUTH_SUCCESS, NOT_ENTITLED])
        self.authenticated = True
        return Reply([AUTH_SUCCESS], authenticated=key)

    def _subscribe(self, elements: list[str]) -> list[Status]:
        refused = {name.strip() for name in self._faults.not_authorized_channels.split(",")}
        refused |= _BUSINESS_ONLY
        errors: list[Status] = []
        confirmed: list[Status] = []
        for element in elements:
            channel, _, symbol = element.partition(".")
            pair = (channel, symbol)
            if channel in refused:
                errors = errors or [NOT_AUTHORIZED]
            elif channel not in CHANNELS or pair in self.held or pair in self.silent:
                continue  # no answer at all
            elif channel == "Q" and self._quotes_full():
                self._excess(pair, errors, confirmed)
            else:
                self.held.add(pair)
                confirmed.append(status("success", f"subscribed to: {element}"))
        return errors + confirmed

    def _quotes_full(self) -> bool:
        return sum(channel == "Q" for channel, _ in self.held) >= self._faults.quote_limit

    def _excess(self, pair: tuple[str, str], errors: list[Status], confirmed: list[Status]) -> None:
        if self._faults.excess_quotes == "confirm":
            self.silent.add(pair)
            confirmed.append(status("success", f"subscribed to: {pair[0]}.{pair[1]}"))
        elif self._faults.excess_quotes == "error" and QUOTE_LIMIT_EXCEEDED not in errors:
            errors.append(QUOTE_LIMIT_EXCEEDED)

    def _unsubscribe(self, elements: list[str]) -> list[Status]:
        confirmed = []
        for element in elements:
            channel, _, symbol = element.partition(".")
            pair = (channel, symbol)
            if pair in self.held or pair in self.silent:
                self.held.discard(pair)
                self.silent.discard(pair)
                confirmed.append(status("success", f"unsubscribed to: {element}"))
        return confirmed
