"""Everything that changes the state of a live session, as values that can be kept and played again.

A session's state is a function of its inputs in their order, and of nothing else: no clock, no
setting. So whoever records the inputs can bring the very same state back, after a crash or in a
replay. The first group changes the figures; the second says what of each contract's prints is held,
so that after a restart REST is asked for what is missing and nothing else.
"""

from dataclasses import dataclass
from typing import Literal

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.snapshots import ChainSnapshot

type Span = int | Literal["all"]
"""Strikes followed each side of ATM, or the whole chain."""


@dataclass(frozen=True, slots=True)
class Events:
    """Prints and quotes from the stream; `arrival` goes on through the session."""

    batch: EventBatch


@dataclass(frozen=True, slots=True)
class ContractsListed:
    """Contracts that were numbered next, in the order of their numbers."""

    tickers: list[str]


@dataclass(frozen=True, slots=True)
class ChainSeen:
    """The vendor's chain, received at a market time (UNIX ns)."""

    snapshot: ChainSnapshot
    market_ns: int


@dataclass(frozen=True, slots=True)
class Refilled:
    """What REST has of one contract for some interval."""

    contract: int
    trades: TradeBatch
    quotes: QuoteBatch
    """Those that sign the prints, oldest first."""


@dataclass(frozen=True, slots=True)
class SpanChosen:
    """Follow so many strikes each side of ATM from now on."""

    span: Span


@dataclass(frozen=True, slots=True)
class RuleChosen:
    """Sign the whole day with the trade-size rule, or without."""

    trade_size: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide how prints are signed and whose greeks they get."""

    greeks_source: Literal["model", "vendor"]
    trade_size: bool
    """A person's later choice overrules it."""
    quote_lag_ms: int
    """Prints are signed by quotes older than this."""


@dataclass(frozen=True, slots=True)
class Started:
    """A feed was started, the first one or another; it brings nothing until `Streaming`."""

    configured_span: Span
    """The setting's, which a person's later choice overrules."""
    rules: Rules | None = None
    """None in recordings of before they were kept: those of today hold."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """From now on the stream brings (or no longer brings) these contracts."""

    contracts: list[int]
    on: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A contract's prints are all there until a market time, and on while the stream brings it."""

    contract: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Inputs that came here could not be kept."""

    rows: int
    """Prints and quotes among them, as far as known."""


type Input = (
    Events
    | ContractsListed
    | ChainSeen
    | Refilled
    | SpanChosen
    | RuleChosen
    | Started
    | Streaming
    | Whole
    | Lost
)


def rows_of(entry: Input) -> int:
    """Prints and quotes that an input holds."""
    match entry:
        case Events(batch):
            return len(batch)
        case Refilled(_, trades, quotes):
            return len(trades) + len(quotes)
        case _:
            return 0
