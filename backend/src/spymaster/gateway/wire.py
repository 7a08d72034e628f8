"""Everything that goes over ``/ws/stream`` and the HTTP API, as typed messages.

The page's TypeScript types are generated from here (`make wire`), and a check keeps them fresh.
Unknown is ``null``, never 0. Money is dollars, delta flow shares, gamma flow shares per $1, times
named ``t`` UNIX nanoseconds and the others UNIX milliseconds, UTC. Signs are the customer's.
"""

import json
from typing import Any, Literal

import msgspec

from spymaster.gateway.wire_cache import CacheReply, FetchReply, FetchRequest
from spymaster.gateway.wire_chain import (
    ExposurePathReply,
    ExposureReply,
    HeatmapReply,
    SmileReply,
)
from spymaster.gateway.wire_flow import (
    BarsReply,
    FlowBar,
    PrintsReply,
    TapeReply,
    TapeRow,
    UsualReply,
)

type Mode = Literal["live", "replay", "sim"]
type FeedState = Literal[
    "connecting",  # no data yet
    "waiting",  # the session has not opened
    "ok",
    "stale",  # connected, but nothing came for a while
    "reconnecting",  # the stream is lost and tried again
    "refused",  # the vendor refuses the key or the plan
    "closed",  # the session is over
    "paused",  # replay stands still
    "ended",  # replay has played the last event
    "empty",  # no data of that day is on the disk
]
type SpotSource = Literal["chain", "parity", "chain-delayed"]


class Feed(msgspec.Struct, frozen=True):
    """Health of the source of events."""

    state: FeedState
    lag_ms: float | None
    """Arrival less event time of the newest event; null across days, in replay and without data."""
    message: str | None = None
    """What is wrong, or going on, in words for a person."""
    since: int | None = None
    """When this state began, by the server's clock."""
    age_ms: int | None = None
    """Since the last message of any kind arrived."""
    reconnects: int = 0


class Replay(msgspec.Struct, frozen=True):
    """Where a replay stands."""

    playing: bool
    position: int
    """Market time that it stands at; the newest event may be older."""
    end: int
    """Market time of the day's last event."""


class Parity(msgspec.Struct, frozen=True):
    """Spot from put-call parity, with its quality."""

    spot: float
    strikes: int
    """That agreed on it."""
    low: float
    """The interval that allows no arbitrage."""
    high: float
    doubtful: bool
    """Some leg is stale, the interval is empty, or the estimate was not believed."""


class SessionInfo(msgspec.Struct, frozen=True):
    """The day that is shown, and where it stands."""

    mode: Mode
    date: str
    """YYYY-MM-DD; also the expiration of the contracts."""
    underlying: str
    spot: float | None
    atm: float | None
    """The listed strike nearest to spot."""
    strikes: list[float]
    """The window, lowest first."""
    spot_source: SpotSource | None
    market_time: int | None
    """The newest event's time."""
    feed: Feed
    span: int | Literal["all"]
    """Strikes each side of the ATM strike."""
    open_time: int
    close_time: int
    end_time: int
    """15 minutes after the close, when the last prints may come."""
    spot_open: float | None = None
    """The first spot of the session."""
    speed: float | None = None
    """Replay and sim: market seconds a second; null for as fast as possible. Live: 1."""
    replay: Replay | None = None
    """Only in replay."""
    parity: Parity | None = None
    """What put-call parity says now; null without two quoted strikes."""
    greeks_source: Literal["model", "vendor"] = "model"
    trade_size_rule: bool = False
    quote_lag_ms: int = 0
    """Prints are signed by quotes older than this: calibrated, see ``QUOTE_LAG_MS``."""
    quotes_left_out: int = 0
    """Contracts of the window whose quotes exceed what the vendor's plan allows."""
    latency_p99_ms: float | None = None
    """Frame received to state, over the last minute."""
    delivery_p99_ms: float | None = None
    """Oldest frame in an update received to a page's socket, over the last minute, the wait for the
    beat included; told on the stream."""


class Totals(msgspec.Struct, frozen=True):
    """Sums over every contract of the day, in the window or not."""

    net_delta_flow: float
    net_gamma_flow: float
    cumulative_premium: float
    cumulative_volume: int
    premium_by_rule: dict[str, float] = {}
    """How each part of the premium was signed, $; unsigned rules included."""
    hedging_pressure: float = 0.0
    """Weighted delta notional since the open, $; positive: dealers buy."""
    hedging_pressure_error: float | None = 0.0
    """Its standard error, $; null beyond 300 billion."""


class ContractRow(msgspec.Struct, frozen=True):
    """The day so far in one contract."""

    strike_price: float
    type: Literal["C", "P"]
    expiration: str
    in_window: bool
    cumulative_volume: int
    cumulative_premium: float
    trade_count: int
    last_price: float | None
    bid: float | None
    ask: float | None
    buy_volume: int
    """Contracts whose aggressor bought."""
    sell_volume: int
    net_premium: float
    net_delta_flow: float | None
    """Null while prints wait for their first greeks."""
    net_gamma_flow: float | None
    gross_delta_flow: float | None
    gross_gamma_flow: float | None
    delta: float | None
    gamma: float | None
    implied_volatility: float | None
    open_interest: int | None
    greeks_source: Literal["model", "vendor"] | None = None
    """Whose delta and gamma these are."""
    weighted_position: float = 0.0
    """Contracts that customers bought today less those sold, each print by its weight."""
    position_variance: float = 0.0
    quote_time: int | None = None
    """Of bid and ask, UNIX ms."""
    volatility_time: int | None = None
    """Of the quote or print that the model's volatility comes from, UNIX ms; null for none."""


class Counters(msgspec.Struct, frozen=True):
    """What was received and what became of it."""

    trades_received: int
    trades_counted: int
    trades_cancelled: int
    trades_rejected: int
    trades_backfilled: int
    quotes_received: int
    frames_rejected: int
    reconnects: int


class Event(msgspec.Struct, frozen=True):
    """Something that happened to the feed or the product."""

    t: int
    """When, in market time where known."""
    level: Literal["info", "warning", "error"]
    kind: Literal["feed", "gap", "refill", "mode", "recording", "cache", "product"]
    message: str
    start: int | None = None
    """Of a gap: market time at which it began."""
    end: int | None = None
    prints: int | None = None
    """Of a refill: how many were missing."""


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """The first frame: everything."""

    seq: int
    ts: int
    session: SessionInfo
    totals: Totals
    contracts: dict[str, ContractRow]
    trades: list[TapeRow]
    """The newest prints, oldest first."""


class Update(msgspec.Struct, frozen=True, tag="update"):
    """What changed since the previous frame to this client."""

    seq: int
    ts: int
    session: SessionInfo
    totals: Totals
    contracts: dict[str, ContractRow]
    trades: list[TapeRow]
    bars: list[FlowBar] = []
    """Seconds that changed, in full; a correction sends an old second again."""
    changed_trades: list[TapeRow] = []
    """Prints of earlier frames as they are now, by ``id``: taken back, part of a sweep or package,
    or given their greeks. Of the newest thousand."""


class Status(msgspec.Struct, frozen=True, tag="status"):
    """A change of mode or trouble with the feed, in words for a person."""

    seq: int
    ts: int
    level: Literal["info", "warning", "error"]
    message: str
    event: Event | None = None
    """What it is about, as ``GET /api/events`` has it."""


class Alert(msgspec.Struct, frozen=True, tag="alert"):
    """Something a trader asked to be told."""

    seq: int
    ts: int
    title: str
    message: str


type StreamFrame = Snapshot | Update | Status | Alert


class SessionReply(SessionInfo, frozen=True, kw_only=True):
    """``GET /api/session``."""

    counters: Counters


class ContractsReply(msgspec.Struct, frozen=True):
    """``GET /api/contracts``."""

    contracts: dict[str, ContractRow]


class WindowRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/window``."""

    span: int | Literal["all"]


class ModeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/mode``."""

    mode: Mode
    date: str | None = None
    """YYYY-MM-DD, of a replay; null for the latest complete stored session."""
    speed: float | Literal["max"] | None = None
    """Of a replay; null for the setting's."""


class ReplayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/replay``."""

    action: Literal["play", "pause", "seek", "speed", "step"]
    at: str | None = None
    """HH:MM:SS Eastern, to seek."""
    speed: float | Literal["max"] | None = None
    by: Literal["print", "second"] = "print"
    """How far to step."""


class EventsReply(msgspec.Struct, frozen=True):
    """``GET /api/events``: the latest, oldest first."""

    events: list[Event]


class RulesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/rules``: switch a rule; the whole day is signed anew."""

    trade_size: bool


class ErrorReply(msgspec.Struct, frozen=True):
    """Every error of the HTTP API."""

    detail: str
    """What is wrong, and what to do."""


class ReadyReply(msgspec.Struct, frozen=True):
    """``GET /readyz``."""

    status: Literal["ready", "not ready"]
    reasons: list[str]


EXPORTED = (
    Snapshot,
    Update,
    Status,
    Alert,
    SessionReply,
    ContractsReply,
    WindowRequest,
    ModeRequest,
    ReplayRequest,
    RulesRequest,
    CacheReply,
    FetchRequest,
    FetchReply,
    BarsReply,
    TapeReply,
    PrintsReply,
    UsualReply,
    ExposureReply,
    ExposurePathReply,
    SmileReply,
    HeatmapReply,
    EventsReply,
    ErrorReply,
    ReadyReply,
)


def json_schema(ref_template: str = "#/definitions/{name}") -> dict[str, Any]:
    """JSON Schema of every message, the source of the page's types."""
    _, components = msgspec.json.schema_components(EXPORTED, ref_template=ref_template)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": components}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))  # noqa: T201 - `make wire` reads it
