"""What REST adds to a contract's prints, and how such prints are signed.

The vendor gives trades no identity, the stream stamps milliseconds and REST nanoseconds, and rows
identical in every field are legitimate. So the day's count of each key (millisecond, price, size,
venue, conditions) is the larger of what REST and the stream tell: REST adds the multiset
difference.

Source: design, section 8.
"""

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QuoteBatch, TradeBatch
from spymaster.core.conditions import ConditionGroup
from spymaster.engine.columns import Flag, Rule
from spymaster.engine.kernel import group_of, sign_by_quote, tick_signs

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
    newest = np.searchsorted(quotes.ts_event // _MS, trades.ts_event // _MS, side="left") - 1
    return quotes.take(np.unique(newest[newest >= 0]))


def evidence(trades: TradeBatch, quotes: QuoteBatch, held: NDArray[np.void]) -> NDArray[np.int64]:
    """Sign prints of one contract that came by REST: by the quotes fetched for them, else by ticks.

    Args:
        trades: The missing prints, oldest first.
        quotes: Quotes of the same contract that cover them, oldest first; may be empty.
        held: The contract's prints that were held before, in any order.

    Returns:
        One row a print: side, rule, bid, ask (1/10,000 $, 0 for none), quote age in ms (-1: none).
    """
    rows = np.zeros((len(trades), 5), dtype=np.int64)
    rows[:, 4] = -1
    ticks = _ticks(trades, held)
    quote_ms = quotes.ts_event // _MS
    trade_ms = trades.ts_event // _MS
    newest = np.searchsorted(quote_ms, trade_ms, side="left") - 1
    for row, place in enumerate(newest):
        if place >= 0:
            rows[row, 2:] = (
                quotes.bid[place],
                quotes.ask[place],
                trade_ms[row] - quote_ms[place],
            )
        rows[row, :2] = _sign(
            int(trades.conditions[row]), int(trades.price[row]), rows[row], ticks[row]
        )
    return rows


def _sign(conditions: int, price: int, row: NDArray[np.int64], tick: np.int64) -> tuple[int, int]:
    group = ConditionGroup(group_of(conditions))
    if group != ConditionGroup.REGULAR:
        return 0, int(_RULE_OF[group])
    side, rule = sign_by_quote(price, int(row[2]), int(row[3]))
    if side:
        return side, rule
    return (int(tick), int(Rule.TICK)) if tick else (0, int(Rule.NONE))


_RULE_OF = {
    ConditionGroup.COMPLEX: Rule.COMPLEX,
    ConditionGroup.EXCLUDED: Rule.EXCLUDED,
    ConditionGroup.LATE: Rule.LATE,
    ConditionGroup.CANCEL: Rule.CANCEL,
}


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
