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
from spymaster.engine.columns import CONFIDENCE_SCALE, QUOTE, Flag, Rule
from spymaster.engine.kernel import RULE_BY_GROUP, group_of, tick_signs
from spymaster.engine.side import find_quote, sign, tags_of

_MS = 1_000_000
_KEY = ("ms", "price", "size", "exchange", "conditions")


def missing_rows(rest: TradeBatch, held: NDArray[np.void]) -> TradeBatch:
    """The prints of ``rest`` that are not among the ``held`` ones, oldest first.

    Both are of one contract. Of a key that REST has r times and the store h times, the last
    max(0, r - h) rows are missing.
    """
    ordered = rest.take(np.argsort(rest.ts_event, kind="stable"))
    keys = _keys(
        ordered.ts_event, ordered.price, ordered.size, ordered.exchange, ordered.conditions
    )
    known = _keys(held["ts"], held["price"], held["size"], held["exchange"], held["conditions"])
    _, number = np.unique(np.concatenate([keys, known]), return_inverse=True)
    rest_number, held_number = number[: len(keys)], number[len(keys) :]
    held_count = np.bincount(held_number, minlength=int(number.max(initial=0)) + 1)
    return ordered.take(_rank_within(rest_number) >= held_count[rest_number])


def _keys(
    ts: NDArray[np.int64],
    price: NDArray[np.int32],
    size: NDArray[np.int32],
    exchange: NDArray[np.int16],
    conditions: NDArray[np.int64],
) -> NDArray[np.void]:
    keys = np.empty(len(ts), dtype=[(name, np.int64) for name in _KEY])
    columns = (ts // _MS, price, size, exchange, conditions)
    for name, column in zip(_KEY, columns, strict=True):
        keys[name] = column
    return keys


def _rank_within(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each row, how many rows before it are of the same group."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    rank = np.empty(len(groups), dtype=np.intp)
    rank[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return rank


def signing_quotes(trades: TradeBatch, quotes: QuoteBatch) -> QuoteBatch:
    """Of the quotes that cover some prints of one contract, those that `evidence` would look at."""
    if not len(quotes):
        return quotes
    newest = np.searchsorted(quotes.ts_event // _MS, trades.ts_event // _MS, side="left") - 1
    used = _places(_records(quotes), newest + 1, trades.ts_event // _MS)
    return quotes.take(np.unique(np.concatenate([newest[newest >= 0], used[used >= 0]])))


def evidence(
    trades: TradeBatch, quotes: QuoteBatch, held: NDArray[np.void], *, by_size: bool = False
) -> NDArray[np.int64]:
    """Sign prints of one contract that came by REST, by the quotes fetched for them.

    The quotes have come without gaps; spot at their time is not known, nor is the model.

    Args:
        trades: The missing prints, oldest first.
        quotes: Quotes of the same contract that cover them, oldest first; may be empty.
        held: The contract's prints that were held before, in any order.
        by_size: Whether the trade-size rule is on.

    Returns:
        One row a print: side, aggressor, rule, confidence (1/10,000), tags, bid, ask (1/10,000 $,
        0 for none), quote age in ms (-1: none).
    """
    ms = trades.ts_event // _MS
    rows: NDArray[np.int64] = _evidence(
        _records(quotes),
        np.searchsorted(quotes.ts_event // _MS, ms, side="left"),
        ms,
        trades.conditions,
        trades.price,
        trades.size,
        trades.exchange,
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
        places[row], _, _ = find_quote(quotes, counts[row], ms[row], 0, np.nan, np.nan, False)
    return places


@njit(cache=True)
def _evidence(quotes, counts, ms, conditions, price, size, exchange, ticks, by_size):  # type: ignore[no-untyped-def]
    rows = np.zeros((len(ms), 8), dtype=np.int64)
    for row in range(len(ms)):
        place, usable, tags = find_quote(quotes, counts[row], ms[row], 0, np.nan, np.nan, False)
        rows[row, 3] = CONFIDENCE_SCALE // 2
        rows[row, 7] = -1
        if place >= 0:
            rows[row, 5] = quotes[place].bid
            rows[row, 6] = quotes[place].ask
            rows[row, 7] = ms[row] - quotes[place].ms
        group = group_of(conditions[row])
        rows[row, 2] = RULE_BY_GROUP[group]
        if group == 0:
            side, aggressor, rule, confidence, tags = sign(
                quotes[max(place, 0)],
                usable,
                tags | tags_of(conditions[row]),
                conditions[row],
                price[row],
                size[row],
                exchange[row],
                ticks[row],
                np.nan,
                np.nan,
                by_size,
            )
            rows[row, 0] = side
            rows[row, 1] = aggressor
            rows[row, 2] = rule
            rows[row, 3] = confidence
            rows[row, 4] = tags
    return rows


def _ticks(trades: TradeBatch, held: NDArray[np.void]) -> NDArray[np.int64]:
    """Tick test of each missing print among all prints of its contract, in order of time."""
    before = held[(held["flags"] & Flag.CANCEL == 0) & (held["rule"] != Rule.LATE)]
    groups = np.array([group_of(conditions) for conditions in trades.conditions], dtype=np.int8)
    compared = groups < ConditionGroup.LATE
    ts = np.concatenate([before["ts"], trades.ts_event[compared]])
    price = np.concatenate([before["price"], trades.price[compared]]).astype(np.int64)
    order = np.argsort(ts, kind="stable")
    ordered_signs = np.empty(len(ts), dtype=np.int64)
    ordered_signs[order] = tick_signs(ts[order], price[order])
    signs = np.zeros(len(trades), dtype=np.int64)
    signs[compared] = ordered_signs[len(before) :]
    return signs
