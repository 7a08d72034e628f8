"""Recorded inputs into an engine, as they went in when they came."""

from spymaster.core.inputs import (
    ChainSeen,
    ContractsListed,
    Events,
    Input,
    Lost,
    Refilled,
    RuleChosen,
    SpanChosen,
    Started,
    Streaming,
    Whole,
)
from spymaster.engine.flow_engine import FlowEngine


def apply_input(engine: FlowEngine, entry: Input) -> int:
    """Let an input change the state; how many prints REST added with it."""
    match entry:
        case Events(batch):
            engine.apply(batch)
        case ContractsListed(tickers):
            engine.list_contracts(tickers)
        case ChainSeen(snapshot, market_ns):
            engine.apply_snapshot(snapshot, market_ns)
        case Refilled(contract, trades, quotes):
            return engine.refill(contract, trades, quotes)
        case SpanChosen(span):
            engine.set_span(span)
        case RuleChosen(trade_size):
            engine.set_trade_size_rule(on=trade_size)
        case Started(_, rules):
            if rules is not None:
                engine.set_sources(rules.greeks_source, rules.quote_lag_ms)
        case Streaming() | Whole() | Lost():
            pass
    return 0
