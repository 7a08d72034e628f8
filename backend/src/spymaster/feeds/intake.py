"""The one way into a live session's engine.

Whatever changes the engine passes here, in one order: into the recorder, then into the engine. So
what is recorded is what the engine saw, and playing it again gives the same state.
"""

from dataclasses import replace

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.inputs import (
    ChainSeen,
    Events,
    Input,
    Refilled,
    RuleChosen,
    Rules,
    Span,
    SpanChosen,
    Started,
    Streaming,
    Whole,
)
from spymaster.core.ports import SessionRecorder
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.holdings import Holdings
from spymaster.engine.inputs import apply_input
from spymaster.engine.refill import signing_quotes


class Intake:
    """Takes the inputs of one session; outlives the feeds that bring them."""

    def __init__(self, engine: FlowEngine) -> None:
        self.engine = engine
        self.holdings = Holdings()
        """What is held of each contract."""
        self._recorder: SessionRecorder | None = None
        self._next_arrival = 0

    def record_to(self, recorder: SessionRecorder) -> None:
        """Record every input from now on."""
        self._recorder = recorder

    def restore(self, entry: Input) -> None:
        """Take an input of an earlier run, which is recorded already."""
        if isinstance(entry, Events):
            self._next_arrival = max(self._next_arrival, _after(entry.batch))
        apply_input(self.engine, entry)
        self.holdings.follow(entry, self.engine.market_ns)

    def started(self, configured_span: Span, rules: Rules) -> None:
        """A feed begins; a setting that was changed since the last run counts from now on."""
        span, before = self.holdings.configured_span, self.holdings.configured_rules
        self._take(Started(configured_span, rules))
        if configured_span != span:
            self.choose_span(configured_span)
        if before is None or rules.trade_size != before.trade_size:
            self.choose_rule(trade_size=rules.trade_size)

    def events(self, batch: EventBatch) -> None:
        """Take events in the order of their arrival, numbered from 0.

        Numbers have gaps where a frame held what is no event of ours, so the next batch's begin
        after the last number given, not after so many events: neighbours are joined by them.
        """
        offset = self._next_arrival
        self._next_arrival += _after(batch)
        if offset and len(batch):
            batch = replace(
                batch,
                trades=batch.trades.numbered(batch.trades.arrival + offset),
                quotes=batch.quotes.numbered(batch.quotes.arrival + offset),
            )
        self._take(Events(batch))

    def chain(self, snapshot: ChainSnapshot, market_ns: int) -> None:
        """Take the vendor's chain, received at a market time."""
        self._take(ChainSeen(snapshot, market_ns))

    def refill(self, contract: int, trades: TradeBatch, quotes: QuoteBatch) -> int:
        """Count what REST has and the store lacks; how many rows that were."""
        if not len(trades):
            return 0
        lag_ms = self.engine.flow.quote_lag_ms
        return self._take(Refilled(contract, trades, signing_quotes(trades, quotes, lag_ms)))

    def choose_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM from now on."""
        self._take(SpanChosen(span))

    def choose_rule(self, *, trade_size: bool) -> None:
        """Sign the whole day with the trade-size rule, or without."""
        self._take(RuleChosen(trade_size))

    def streaming(self, contracts: list[int], *, on: bool) -> None:
        """The stream brings these contracts from now on, or no longer."""
        if contracts:
            self._take(Streaming(contracts, on))

    def whole(self, contract: int, until_ns: int) -> None:
        """A contract's prints are all there until then, and on while the stream brings it."""
        self._take(Whole(contract, until_ns))

    def _take(self, entry: Input) -> int:
        if self._recorder is not None:
            self._recorder.record(entry)
        added = apply_input(self.engine, entry)
        self.holdings.follow(entry, self.engine.market_ns)
        return added


def _after(batch: EventBatch) -> int:
    """The first arrival number after those of a batch."""
    lasts = [int(rows.arrival[-1]) for rows in (batch.trades, batch.quotes) if len(rows)]
    return max(lasts, default=-1) + 1
