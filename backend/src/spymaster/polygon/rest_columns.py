"""Rows of REST answers to columns.

Source: vendor protocol, sections 3.1, 3.4 and 3.5; times are UNIX ns here, unlike on the stream.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QuoteBatch, TradeBatch, quote_batch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.snapshots import ChainSnapshot, Timeframe
from spymaster.polygon.rest_models import (
    NAN,
    ChainRow,
    Greeks,
    LastQuote,
    QuoteRow,
    TradeRow,
    Whole,
)

_NO_GREEKS = Greeks()
_NO_QUOTE = LastQuote()
_INT_LIMIT = 2**62


def trade_columns(rows: Sequence[TradeRow], contract: int) -> tuple[TradeBatch, int]:
    """The prints of one contract, in the order of the rows, and how many were rejected."""
    return trade_batch(
        contract=np.full(len(rows), contract),
        ts_event=_whole(row.sip_timestamp for row in rows),
        price=[row.price for row in rows],
        size=[row.size for row in rows],
        exchange=_whole(row.exchange for row in rows),
        conditions=[pack([int(c) for c in row.conditions or ()]) for row in rows],
        sequence=_whole(row.sequence_number for row in rows),
        arrival=np.arange(len(rows)),
    )


def quote_columns(rows: Sequence[QuoteRow], contract: int) -> QuoteBatch:
    """The quotes of one contract, in the order of the rows."""
    return quote_batch(
        contract=np.full(len(rows), contract),
        ts_event=_whole(row.sip_timestamp for row in rows),
        bid=[row.bid_price or 0.0 for row in rows],
        ask=[row.ask_price or 0.0 for row in rows],
        bid_size=[row.bid_size or 0.0 for row in rows],
        ask_size=[row.ask_size or 0.0 for row in rows],
        bid_exchange=_whole(row.bid_exchange for row in rows),
        ask_exchange=_whole(row.ask_exchange for row in rows),
        arrival=np.arange(len(rows)),
    )


def oldest_first(ts_event: NDArray[np.int64], start_ns: int, end_ns: int) -> NDArray[np.intp]:
    """Indices of the rows inside the interval, by time, and as they came where times are equal."""
    inside = np.flatnonzero((ts_event >= start_ns) & (ts_event < end_ns))
    return inside[np.argsort(ts_event[inside], kind="stable")]


def chain_snapshot(rows: Sequence[ChainRow], ts_received: int) -> ChainSnapshot:
    """The chain of the rows, which must all have a name; NaN for what the vendor left out."""
    greeks = [row.greeks or _NO_GREEKS for row in rows]
    quotes = [row.last_quote or _NO_QUOTE for row in rows]
    price, timeframe = _underlying(rows)
    return ChainSnapshot(
        ts_received=ts_received,
        tickers=[row.name or "" for row in rows],
        delta=_floats(one.delta for one in greeks),
        gamma=_floats(one.gamma for one in greeks),
        theta=_floats(one.theta for one in greeks),
        vega=_floats(one.vega for one in greeks),
        implied_volatility=_floats(row.implied_volatility for row in rows),
        open_interest=_floats(row.open_interest for row in rows),
        bid=_floats(one.bid for one in quotes),
        ask=_floats(one.ask for one in quotes),
        shares_per_contract=_floats(
            row.details.shares_per_contract if row.details else None for row in rows
        ),
        underlying_price=price,
        underlying_timeframe=timeframe,
    )


def _underlying(rows: Sequence[ChainRow]) -> tuple[float | None, Timeframe | None]:
    """Price of the underlying in the last row that has one: pages are read one after another."""
    for row in reversed(rows):
        asset = row.underlying_asset
        if asset is None:
            continue
        price = asset.price if asset.price is not None else asset.value
        if price is not None and price > 0:
            if asset.timeframe == "REAL-TIME":
                return price, "REAL-TIME"
            return price, "DELAYED" if asset.timeframe == "DELAYED" else None
    return None, None


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    column = np.array([NAN if value is None else value for value in values], dtype=np.float64)
    column.flags.writeable = False
    return column


def _whole(values: Iterable[Whole | None]) -> NDArray[np.int64]:
    """Whole numbers, 0 for what is absent or fits no column."""
    return np.array(
        [int(value) if value and abs(value) < _INT_LIMIT else 0 for value in values],
        dtype=np.int64,
    )
