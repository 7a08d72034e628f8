"""The kernel over a day in memory, against a plain pandas computation of the same totals."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from spymaster.core.batches import EventBatch, quote_batch, trade_batch
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_aggregator import FlowAggregator

DATE = dt.date(2025, 12, 16)
TRADES = 500_000
QUOTES = 1_500_000
CONTRACTS = 300


def day() -> EventBatch:
    """A day of random prints and quotes, in order of arrival."""
    random = np.random.default_rng(1)
    session = default_calendar().session(DATE)
    count = TRADES + QUOTES
    ts = np.sort(random.integers(session.open_ns, session.close_ns, count))
    is_trade = np.zeros(count, dtype=bool)
    is_trade[random.choice(count, TRADES, replace=False)] = True
    contract = np.minimum(random.geometric(0.02, count) - 1, CONTRACTS - 1)
    bid = random.integers(90, 110, QUOTES)
    arrival = np.arange(count)
    trades, _ = trade_batch(
        contract[is_trade],
        ts[is_trade],
        random.integers(90, 113, TRADES) / 100,
        random.integers(1, 20, TRADES),
        random.integers(300, 320, TRADES),
        random.choice([209, 219, 232, 201], TRADES, p=[0.6, 0.15, 0.249, 0.001]),
        np.zeros(TRADES),
        arrival[is_trade],
    )
    quotes = quote_batch(
        contract[~is_trade],
        ts[~is_trade],
        bid / 100,
        (bid + 2) / 100,
        np.full(QUOTES, 10),
        np.full(QUOTES, 12),
        np.full(QUOTES, 302),
        np.full(QUOTES, 316),
        arrival[~is_trade],
    )
    return EventBatch(trades, quotes)


def figures(figure: Callable[..., Any]) -> list[Any]:
    """The lines of the table."""
    events = day()
    trades = pd.DataFrame(
        {
            name: getattr(events.trades, name)
            for name in ("contract", "ts_event", "price", "size", "conditions")
        }
    )
    quotes = pd.DataFrame(
        {name: getattr(events.quotes, name) for name in ("contract", "ts_event", "bid", "ask")}
    )

    def ours() -> None:
        flow = FlowAggregator()
        flow.reserve_prints(TRADES)
        flow.apply(events, lambda _: None)
        assert flow.trades_received == TRADES

    def pandas_totals() -> None:
        counted = trades[trades["conditions"] != 201]
        signed = pd.merge_asof(
            counted, quotes, on="ts_event", by="contract", allow_exact_matches=False
        )
        twice, middle = 2 * signed["price"], signed["bid"] + signed["ask"]
        side = np.sign(twice - middle).where(signed["conditions"] != 232, 0)
        premium = signed["price"] * signed["size"]
        signed.assign(side=side, premium=premium, net=side * premium).groupby("contract")[
            ["size", "premium", "net"]
        ].sum()

    return [
        figure(
            f"kernel: {TRADES:,} prints, {QUOTES:,} quotes",
            "events",
            TRADES + QUOTES,
            ours,
            "pandas, same totals",
            pandas_totals,
            1.0,
        )
    ]
