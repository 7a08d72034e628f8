"""The tick test: a print against the contract's last earlier price that differed. Compiled."""

import numpy as np
from numba import njit

TICK_MEMORY_NS = 300 * 1_000_000_000
"""The tick test looks back this far."""


@njit(cache=True)
def tick_sign(record, price, ts):  # type: ignore[no-untyped-def]
    """Tick test against the contract's earlier prints; 0 without a differing price in reach."""
    reference = record.tick_price
    seen = record.tick_ts
    if reference == price:
        reference = record.differing_price
        seen = record.differing_ts
    if reference == 0 or ts - seen > TICK_MEMORY_NS:
        return 0
    return 1 if price > reference else -1


@njit(cache=True)
def tick_signs(ts, price):  # type: ignore[no-untyped-def]
    """Tick test over prints in order of time: +1, -1, or 0 without a differing price in reach."""
    signs = np.zeros(len(ts), dtype=np.int64)
    last, last_ts, differing, differing_ts = 0, np.int64(0), 0, np.int64(0)
    for row in range(len(ts)):
        reference, seen = (last, last_ts) if last != price[row] else (differing, differing_ts)
        if reference != 0 and ts[row] - seen <= TICK_MEMORY_NS:
            signs[row] = 1 if price[row] > reference else -1
        if last != price[row] and last != 0:
            differing, differing_ts = last, last_ts
        last, last_ts = price[row], ts[row]
    return signs


@njit(cache=True)
def remember_tick(record, price, ts):  # type: ignore[no-untyped-def]
    """Take a print for the tests to come, unless it is older than the last."""
    if ts < record.tick_ts:
        return
    if record.tick_price != price and record.tick_price != 0:  # noqa: PLR1714 - numba
        record.differing_price = record.tick_price
        record.differing_ts = record.tick_ts
    record.tick_price = price
    record.tick_ts = ts
