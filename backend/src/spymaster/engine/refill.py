"""What REST adds to a contract's prints, and how such prints are signed.

The vendor gives trades no identity, the stream stamps milliseconds and REST nanoseconds, and rows
identical in every field are legitimate. So the day's count of each key (millisecond, price, size,
venue, conditions) is the larger of what REST and the stream tell: REST adds the multiset
difference.

Source: design, section 8.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import QuoteBatch, TradeBatch
from spymaster.core.conditions import ConditionGroup
from spymaster.engine.columns import CONFIDENCE_SCALE, PRINT, QUOTE, Flag, Rule
from spymaster.engine.kernel import RULE_BY_GROUP, group_of
from spymaster.engine.side import UNCROSSED_MS, find_quote, sign, tags_of
from spymaster.engine.ticks import tick_signs

_MS = 1_000_000

EVIDENCE = np.dtype(
    [
        (name, PRINT[name])
        for name in (
            *("bid", "ask", "bid_size", "ask_size", "quote_age_ms", "tags"),
            *("bid_exchange", "ask_exchange", "confidence", "side", "aggressor", "rule"),
        )
    ],
    align=True,
)
"""What a print was signed by, and how, as in `PRINT`."""


@njit(cache=True)
def places_since(prints, newest, since):  # type: ignore[no-untyped-def]
    """Places of one contract's prints stamped from a time on, in the order they were taken.

    Args:
        prints: `PRINT` records.
        newest: Place of the contract's newest one; -1 for none.
        since: UNIX ns.
    """
    places = np.empty(64, dtype=np.int64)
    count, place = 0, np.int64(newest)
    while place >= 0:
        if prints[place].ts >= since:
            if count == len(places):
                places = np.append(places, np.empty(count, dtype=np.int64))
            places[count] = place
            count += 1
        place = np.int64(prints[place].previous)
    return places[:count][::-1].copy()


def missing_rows(rest: TradeBatch, held: NDArray[np.void]) -> TradeBatch:
    """The prints of ``rest`` that are not among the ``held`` ones, oldest first.

    Both are of one contract. Of a key that REST has r times and the store h times, the last
    max(0, r - h) rows are missing.
    """
    ordered = rest.take(np.argsort(rest.ts_event, kind="stable"))
    number = _numbered(
        np.concatenate([ordered.ts_event, held["ts"]]) // _MS,
        np.concatenate([ordered.price, held["price"]]),
        np.concatenate([ordered.size, held["size"]]),
        np.concatenate([ordered.exchange, held["exchange"]]),
        np.concatenate([ordered.conditions, held["conditions"]]),
    )
    rest_number, held_number = number[: len(ordered)], number[len(ordered) :]
    held_count = np.bincount(held_number, minlength=int(number.max(initial=0)) + 1)
    return ordered.take(_rank_within(rest_number) >= held_count[rest_number])


def _numbered(*columns: NDArray[np.integer]) -> NDArray[np.intp]:
    """A number for each row, the same where all columns are the same."""
    order = np.lexsort(columns)
    differs = np.zeros(len(order), dtype=np.bool_)
    for column in columns:
        sorted_column = column[order]
        differs[1:] |= sorted_column[1:] != sorted_column[:-1]
    number = np.empty(len(order), dtype=np.intp)
    number[order] = np.cumsum(differs)
    return number


def _rank_within(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each row, how many rows before it are of the same group."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    rank = np.empty(len(groups), dtype=np.intp)
    rank[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return rank


def signing_quotes(trades: TradeBatch, quotes: QuoteBatch, lag_ms: int = 0) -> QuoteBatch:
    """Of the quotes that cover some prints of one contract, those that `evidence` would look at."""
    if not len(quotes):
        return quotes
    ms = trades.ts_event // _MS - lag_ms
    bounds = (ms.min() - UNCROSSED_MS) * _MS, ms.max() * _MS
    first, end = np.searchsorted(quotes.ts_event, bounds, side="left").tolist()
    quotes = quotes.take(slice(max(first - 1, 0), end))
    newest = np.searchsorted(quotes.ts_event // _MS, ms, side="left") - 1
    used = _places(_records(quotes), newest + 1, ms)
    return quotes.take(np.unique(np.concatenate([newest[newest >= 0], used[used >= 0]])))


def evidence(
    trades: TradeBatch,
    quotes: QuoteBatch,
    held: NDArray[np.void],
    *,
    by_size: bool = False,
    lag_ms: int = 0,
) -> NDArray[np.void]:
    """Sign prints of one contract that came by REST, by the quotes fetched for them.

    The quotes have come without gaps; spot at their time is not known, nor is the model.

    Args:
        trades: The missing prints, oldest first.
        quotes: Quotes of the same contract that cover them, oldest first; may be empty.
        held: The contract's prints that were held before, in any order.
        by_size: Whether the trade-size rule is on.
        lag_ms: Prints are signed by quotes older than this.

    Returns:
        One `EVIDENCE` record a print.
    """
    ms = trades.ts_event // _MS
    rows = np.zeros(len(trades), dtype=EVIDENCE)
    _sign_all(
        rows,
        _records(quotes),
        np.searchsorted(quotes.ts_event // _MS, ms - lag_ms, side="left"),
        trades.rows,
        lag_ms,
        _ticks(trades, held),
        by_size,
    )
    return rows


def _records(quotes: QuoteBatch) -> NDArray[np.void]:
    """Quotes as `QUOTE` records; at least one, so that compiled code has one to refer to."""
    records = np.zeros(max(len(quotes), 1), dtype=QUOTE)
    records["spot"] = np.nan
    if len(quotes):
        records["ms"] = quotes.ts_event // _MS
        for name in ("bid", "ask", "bid_size", "ask_size", "bid_exchange", "ask_exchange"):
            records[name] = getattr(quotes, name)
    return records


@njit(cache=True)
def _places(quotes, counts, ms):  # type: ignore[no-untyped-def]
    places = np.empty(len(ms), dtype=np.int64)
    for row in range(len(ms)):
        places[row], _, _ = find_quote(
            quotes, counts[row] - 1, counts[row], ms[row], 0, np.nan, np.nan, False
        )
    return places


@njit(cache=True)
def _sign_all(rows, quotes, counts, trades, lag_ms, ticks, by_size):  # type: ignore[no-untyped-def]
    for place in range(len(trades)):
        row, trade = rows[place], trades[place]
        ms = trade.ts_event // _MS
        found, usable, tags = find_quote(
            quotes, counts[place] - 1, counts[place], ms - lag_ms, 0, np.nan, np.nan, False
        )
        row.confidence = CONFIDENCE_SCALE // 2
        row.quote_age_ms = -1
        if found >= 0:
            quote = quotes[found]
            row.bid = quote.bid
            row.ask = quote.ask
            row.bid_size = quote.bid_size
            row.ask_size = quote.ask_size
            row.bid_exchange = quote.bid_exchange
            row.ask_exchange = quote.ask_exchange
            row.quote_age_ms = min(ms - quote.ms, 2**31 - 1)
        tags |= tags_of(trade.conditions)
        row.tags = tags
        group = group_of(trade.conditions)
        row.rule = RULE_BY_GROUP[group]
        if group == 0:
            side, aggressor, rule, confidence, tags = sign(
                quotes[max(found, 0)],
                usable,
                tags,
                trade.conditions,
                trade.price,
                trade.size,
                trade.exchange,
                ticks[place],
                np.nan,
                np.nan,
                by_size,
            )
            row.side = side
            row.aggressor = aggressor
            row.rule = rule
            row.confidence = confidence
            row.tags = tags


@njit(cache=True)
def _groups(trades):  # type: ignore[no-untyped-def]
    groups = np.empty(len(trades), dtype=np.int8)
    for row in range(len(trades)):
        groups[row] = group_of(trades[row].conditions)
    return groups


def _ticks(trades: TradeBatch, held: NDArray[np.void]) -> NDArray[np.int64]:
    """Tick test of each missing print among all prints of its contract, in order of time."""
    before = held[(held["flags"] & Flag.CANCEL == 0) & (held["rule"] != Rule.LATE)]
    compared = _groups(trades.rows) < ConditionGroup.LATE
    ts = np.concatenate([before["ts"], trades.ts_event[compared]])
    price = np.concatenate([before["price"], trades.price[compared]]).astype(np.int64)
    order = np.argsort(ts, kind="stable")
    ordered_signs = np.empty(len(ts), dtype=np.int64)
    ordered_signs[order] = tick_signs(ts[order], price[order])
    signs = np.zeros(len(trades), dtype=np.int64)
    signs[compared] = ordered_signs[len(before) :]
    return signs
