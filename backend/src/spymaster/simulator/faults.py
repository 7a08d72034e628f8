"""Misbehaviour that can be switched on, at the start or while the simulator runs.

Source: vendor protocol, sections 1.2-1.9, 2.2 and 10.
"""

import random
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self, get_args, get_origin, get_type_hints

from spymaster.core.conditions import CANCEL
from spymaster.core.errors import SettingsError

UNKNOWN_CONDITION: Final = 299
UNKNOWN_EXCHANGE: Final = 399


@dataclass(slots=True)
class Faults:
    """Switches; the defaults are a vendor on a good day. Shares run from 0 to 1."""

    # The stream's handshake
    auth_failed: bool = False
    """Answer every authentication with ``auth_failed``."""
    auth_timeout: bool = False
    """Do not hear the authentication: after the time limit, ``auth_timeout`` and close."""
    error_after_success: bool = False
    """``auth_success``, then the refusal of a key without real-time data; nothing is sent."""
    pings_before_connected: int = 0
    """Ping frames before the greeting."""
    not_authorized_channels: str = ""
    """Channels outside the plan, for example ``Q`` or ``Q,T``: a bare ``not authorized``."""
    excess_quotes: Literal["confirm", "error", "ignore"] = "error"
    """What happens to a quote subscription above `quote_limit`."""

    quote_limit: int = 1_000
    """Contracts with quotes on one connection."""
    mixed_frames: bool = False
    """Confirmations share a frame with the events that follow."""

    # The stream's frames
    omit_conditions: float = 0.0
    """Share of trades without ``c``, and without ``conditions`` in REST; cancels keep theirs."""
    extra_keys: bool = False
    """Keys that no one has heard of, in every event."""
    float_ints: bool = False
    """``z`` of bars and ``s`` of trades as ``12.0``."""
    malformed_frames: int = 0
    """Frames of broken JSON to slip in; counts down."""
    mutated_frames: int = 0
    """Copies of good frames, spoilt so that they are no JSON, to slip in; counts down."""
    flood: int = 0
    """How often each quote is said again."""
    bad_trades: float = 0.0
    """Unreadable or impossible trades, beside the good ones, for each of them."""
    unknown_conditions: float = 0.0
    """Share of trades with a condition that no table knows, in REST too; cancels keep theirs."""
    unknown_exchanges: float = 0.0
    """Share of trades from a venue that no table knows, in REST too."""
    repeat_sequence: float = 0.0
    """Share of trades whose ``q`` is that of the trade before."""
    duplicates: float = 0.0
    """Share of trades delivered twice."""
    late_delivery: float = 0.0
    """Share of trades held back until the next flush."""

    # The stream's connection
    drop_connection: bool = False
    """Abort every connection now, without a close frame; falls back to false."""
    close_clean: bool = False
    """Close every connection now with 1000; falls back to false."""
    hang_up: Literal["", "slow_consumer", "force_disconnect", "max_connections"] = ""
    """Tell every connection this status now and close it with 1008; falls back to none."""
    stall: bool = False
    """Send nothing on open connections, not even pongs; what would have been sent is lost."""
    late_pongs: float = 0.0
    """Seconds by which pongs come late."""

    # REST
    key_refused: bool = False
    """403 with ``message`` for every request."""
    rest_status: int = 0
    """Answer with this status; 0 for none."""
    rest_count: int = -1
    """Answers that the REST faults still hit; -1 for all."""
    rest_path: str = ""
    """Only paths that begin with this."""
    rest_delay_s: float = 0.0
    """Real seconds before each answer."""
    rest_empty_body: bool = False
    """Faulty answers have no body."""
    rest_html: bool = False
    """Faulty answers are a proxy's HTML page."""
    rest_broken_json: bool = False
    """Faulty answers end in the middle."""
    missing_greeks: float = 0.0
    """Share of contracts without greeks and volatility, on top of those deep in the money."""
    underlying_price: Literal["real-time", "delayed", "absent"] = "real-time"
    """What the stocks plan shows in ``underlying_asset``."""

    def update(self, changes: dict[str, Any]) -> None:
        """Set some switches.

        Raises:
            SettingsError: A name or value is unknown; the message says what fits.
        """
        hints = get_type_hints(type(self))
        good = {name: _fitting(name, value, hints.get(name)) for name, value in changes.items()}
        for name, value in good.items():
            setattr(self, name, value)

    @classmethod
    def parse(cls, texts: list[str]) -> Self:
        """Read ``name=value`` texts from the command line; a bare name switches it on.

        Raises:
            SettingsError: A name or value is unknown; the message says what fits.
        """
        faults = cls()
        for text in texts:
            name, _, value = text.partition("=")
            faults.update({name.strip().replace("-", "_"): value.strip() or "true"})
        return faults

    def as_shown(self, condition: int, exchange: int, sequence: int) -> tuple[int | None, int]:
        """Condition (None for none) and venue of a print as the vendor tells them.

        Stream and REST tell the same of a print, as long as the switches stay.
        """
        if condition not in CANCEL:
            if self.unknown_conditions and _drawn(sequence, 1) < self.unknown_conditions:
                condition = UNKNOWN_CONDITION
            if self.omit_conditions and _drawn(sequence, 2) < self.omit_conditions:
                return None, exchange
        if self.unknown_exchanges and _drawn(sequence, 3) < self.unknown_exchanges:
            exchange = UNKNOWN_EXCHANGE
        return condition, exchange

    def as_dict(self) -> dict[str, Any]:
        """Every switch by name."""
        return {column.name: getattr(self, column.name) for column in fields(self)}


def _drawn(sequence: int, salt: int) -> float:
    """A number from 0 to 1 that belongs to a print."""
    return random.Random(sequence * 31 + salt).random()


def _fitting(name: str, value: Any, kind: Any) -> Any:
    if kind is None:
        known = ", ".join(column.name for column in fields(Faults))
        raise SettingsError(f"unknown fault {name!r}; known: {known}")
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise SettingsError(f"fault {name} takes one of {', '.join(get_args(kind))}")
        return value
    if kind is bool:
        words = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
        found = words.get(str(value).lower())
        if found is None:
            raise SettingsError(f"fault {name} takes true or false, not {value!r}")
        return found
    try:
        return kind(value)
    except (TypeError, ValueError) as exc:
        raise SettingsError(f"fault {name} takes a {kind.__name__}, not {value!r}") from exc
