"""Prints signed by the whole live sequence and counted, against pandas' totals and quote rule.

Ours goes through conditions, fitness of the quote, locked markets, trade size, quote rule, depth
and tick test, keeps the evidence, and adds up the contract; it stops at 23,400 market seconds,
without what a session does there. One reference makes what totals and bars pandas has plain words
for; the other joins each print with its last quote and takes the sign of its distance from the
middle, nothing else.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pandas_totals

from spymaster.core.batches import EventBatch, quote_batch, trade_batch
from spymaster.core.sessions import default_calendar
from spymaster.engine.columns import Rule
from spymaster.engine.flow_aggregator import FlowAggregator, Walked

DATE = dt.date(2025, 12, 16)
TRADES = 2_000_000
QUOTES = 6_000_000
CONTRACTS = 300
ROUNDS = 3
CONDITIONS = {209: 0.55, 219: 0.12, 227: 0.1, 232: 0.225, 204: 0.003, 201: 0.002}


def day() -> EventBatch:
    """Random quotes, one in a hundred locked or crossed, and prints around the quotes in force."""
    random = np.random.default_rng(1)
    session = default_calendar().session(DATE)
    count = TRADES + QUOTES
    ts = np.sort(random.integers(session.open_ns, session.close_ns, count))
    is_trade = np.zeros(count, dtype=bool)
    is_trade[random.choice(count, TRADES, replace=False)] = True
    contract = np.minimum(random.geometric(0.02, count) - 1, CONTRACTS - 1)
    bid = random.integers(90, 110, count)
    width = random.choice([-1, 0, 1, 2, 4, 14], count, p=[0.003, 0.007, 0.3, 0.4, 0.27, 0.02])
    bid_size, ask_size = random.integers(1, 40, (2, count))
    bid_venue, ask_venue = random.integers(300, 320, (2, count))
    inside = _quote_in_force(contract, is_trade)
    at = random.choice([0.0, 0.5, 1.0, 0.8, 1.5], TRADES, p=[0.28, 0.34, 0.28, 0.08, 0.02])
    matched = random.random(TRADES) < 0.1
    arrival = np.arange(count)
    trades, _ = trade_batch(
        contract[is_trade],
        ts[is_trade],
        np.floor(bid[inside] + at * width[inside]) / 100,
        np.where(matched, ask_size[inside], random.integers(1, 20, TRADES)),
        np.where(matched, ask_venue[inside], random.integers(300, 320, TRADES)),
        random.choice(list(CONDITIONS), TRADES, p=list(CONDITIONS.values())),
        np.zeros(TRADES),
        arrival[is_trade],
    )
    columns = (bid / 100, (bid + width) / 100, bid_size, ask_size, bid_venue, ask_venue)
    quotes = quote_batch(
        contract[~is_trade],
        ts[~is_trade],
        *(column[~is_trade] for column in columns),
        arrival[~is_trade],
    )
    return EventBatch(trades, quotes)


def _quote_in_force(contract: np.ndarray, is_trade: np.ndarray) -> np.ndarray:
    """Place of the last quote of each print's contract, or of any quote where it has none yet."""
    order = np.argsort(contract, kind="stable")
    last = np.maximum.accumulate(np.where(is_trade[order], 0, np.arange(len(order))))
    places = np.empty(len(order), dtype=np.int64)
    places[order] = order[last]
    return places[is_trade]


def figures(figure: Callable[..., Any]) -> list[Any]:
    """The lines of the table."""
    events = day()
    trades = pd.DataFrame(
        {name: getattr(events.trades, name) for name in ("contract", "ts_event", "price")}
    )
    quotes = pd.DataFrame(
        {name: getattr(events.quotes, name) for name in ("contract", "ts_event", "bid", "ask")}
    )

    def ours() -> None:
        flow = FlowAggregator(trade_size_rule=True)
        flow.reserve_prints(TRADES)
        flow.apply(events, lambda _t, _q, i, j, begins_ns: Walked(i, j, -1, begins_ns))
        used = np.bincount(flow.prints["rule"], minlength=len(Rule))
        assert used.sum() == TRADES
        assert used[[Rule.TSIZE, Rule.QUOTE_AT, Rule.DEPTH, Rule.TICK]].all()

    columns = [events.trades.price, events.trades.size, events.trades.conditions]
    tape = trades.assign(
        is_call=trades["contract"] % 2 == 0,
        **dict(zip(("price", "size", "condition"), columns, strict=True)),
    )

    def same_totals() -> None:
        pandas_totals.totals(tape, quotes)

    def quote_rule() -> None:
        signed = pd.merge_asof(
            trades, quotes, on="ts_event", by="contract", allow_exact_matches=False
        )
        np.sign(2 * signed["price"] - signed["bid"] - signed["ask"])

    return [
        figure(
            f"sides: {TRADES / 1e6:.0f} M prints, {QUOTES / 1e6:.0f} M quotes",
            "events",
            TRADES + QUOTES,
            ours,
            reference,
            work,
            target,
            ROUNDS,
        )
        for reference, work, target in (
            ("pandas, the totals without measures", same_totals, 1.0),
            # No target: it signs, and adds nothing up.
            ("pandas merge_asof, quote rule alone", quote_rule, None),
        )
    ]
