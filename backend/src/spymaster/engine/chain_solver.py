"""The model's greeks of the whole chain at one market second, compiled.

A strike's volatility is that of the middle of its out-of-the-money side's quote; both its legs take
it. A zero bid, a missing side or a crossed quote tells none. A day that has no quotes at all takes
the price of that side's last print instead, once for each print, if it is no older than 300 s. What
a strike told last holds for 300 s; after that, and where a strike never told any, its volatility
lies on the line between the nearest strikes on both sides that have one. Outside of those nothing
is made up: such a strike keeps the last volatility it had, or has none. Spot and time are always
the current ones, so delta moves also while a quote stands still.

Less than a minute before the close counts as a minute: gamma is a spike by then. Prints take the
greeks of their contract as they were solved at their own second. Between two of these only time
moves, and by one second, so nothing is gained by solving at each print.

Source: analytics sheet, sections 2, 3.7 and 4.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import delta_and_gamma
from spymaster.analytics.implied_vol import refine
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined, uncounted
from spymaster.engine.columns import RING, GreeksSource
from spymaster.engine.counting import settle_waiting
from spymaster.engine.kernel import scaled_spot
from spymaster.engine.measures import years_left
from spymaster.engine.store import QUOTES, VERSION

_MODEL = int(GreeksSource.MODEL)
_VENDOR = int(GreeksSource.VENDOR)

VOLATILITY_HOLDS_NS = 300 * 1_000_000_000
"""So long is a strike's own volatility preferred to that of its neighbours, or to the vendor's."""
_LOG_EVERY_NS = 10 * 1_000_000_000
_LOG_AT_ONCE = 0.01
_LOG_DELTA = 0.001
_LOG_GAMMA_SHARE = 0.02
_SHOW_DELTA = 0.0005


class ChainColumns(NamedTuple):
    """The strikes of the day, lowest first, with the numbers of their legs; -1 for no such leg."""

    strike: NDArray[np.float64]
    call: NDArray[np.int64]
    put: NDArray[np.int64]


@inlined
def _volatility_at(contracts, ring, leg, strike, spot, years, now_ns, quoted):  # type: ignore[no-untyped-def]
    """(volatility, time it is of) that the out-of-the-money leg tells; NaN for none."""
    if leg < 0:
        return math.nan, now_ns
    record = contracts[leg]
    if quoted:
        if record.quotes == 0:
            return math.nan, now_ns
        quote = ring[leg, (record.quotes - 1) % RING]
        if quote.bid <= 0 or quote.ask < quote.bid:
            return math.nan, now_ns
        price = (np.int64(quote.bid) + np.int64(quote.ask)) / (2.0 * PRICE_SCALE)
        return refine(spot, strike, years, price, record.volatility), now_ns
    age = now_ns - record.last_ts
    if record.last_price == 0 or age > VOLATILITY_HOLDS_NS:
        return math.nan, now_ns
    if record.volatility_own and record.last_ts <= record.volatility_ns:
        return math.nan, now_ns
    price = record.last_price / PRICE_SCALE
    return refine(spot, strike, years, price, record.volatility), record.last_ts


@uncounted
def _put_volatility(contracts, leg, volatility, ts, own):  # type: ignore[no-untyped-def]
    if leg >= 0:
        record = contracts[leg]
        record.volatility = volatility
        record.volatility_ns = ts
        record.volatility_own = own


@inlined
def _put_greeks(record, delta, gamma, counters):  # type: ignore[no-untyped-def]
    record.delta = delta
    record.gamma = gamma
    record.greeks_volatility = record.volatility
    record.greeks_source = _MODEL
    if record.waiting != 0 or not abs(delta - record.shown_delta) <= _SHOW_DELTA:
        record.shown_delta = delta
        counters[VERSION] += 1
        record.version = counters[VERSION]


@njit(cache=True)
def _worth_logging(record, now_ns):  # type: ignore[no-untyped-def]
    moved = abs(record.delta - record.logged_delta)
    if not moved <= _LOG_AT_ONCE:  # also the first
        return True
    bent = abs(record.gamma - record.logged_gamma) > _LOG_GAMMA_SHARE * record.gamma
    return now_ns - record.logged_ns >= _LOG_EVERY_NS and (moved > _LOG_DELTA or bent)


@njit(cache=True)
def solve_chain(store, chain, spot, close_ns, now_ns, log):  # type: ignore[no-untyped-def]
    """Solve what the quotes (or prints) tell now, and put greeks in force; rows written to log.

    A leg whose greeks are the vendor's keeps them while its volatility is older than 300 s.
    """
    return _solve(store, chain, spot, close_ns, now_ns, log, np.empty(len(chain.strike), np.int64))


@uncounted
def _solve(store, chain, spot, close_ns, now_ns, log, before):  # type: ignore[no-untyped-def]
    """The same; ``before`` is room for a number of each strike."""
    contracts, ring, counters = store.contracts, store.ring, store.counters
    strikes, calls, puts = chain.strike, chain.call, chain.put
    years = years_left(close_ns, now_ns)
    quoted = counters[QUOTES] > 0
    count = len(strikes)
    last = -1  # the nearest strike so far with a volatility of its own
    for k in range(count):
        strike, call, put = strikes[k], calls[k], puts[k]
        leg = call if strike >= spot else put
        volatility, ts = _volatility_at(contracts, ring, leg, strike, spot, years, now_ns, quoted)
        if not math.isnan(volatility):
            _put_volatility(contracts, call, volatility, ts, 1)
            _put_volatility(contracts, put, volatility, ts, 1)
        record = contracts[call if call >= 0 else put]
        if record.volatility_own and now_ns - record.volatility_ns <= VOLATILITY_HOLDS_NS:
            last = k
        before[k] = last
    after = -1
    rows = 0
    for back in range(count):
        k = count - 1 - back
        strike, call, put = strikes[k], calls[k], puts[k]
        if before[k] == k:
            after = k
        elif before[k] >= 0 and after >= 0:
            low, high = before[k], after
            share = (strike - strikes[low]) / (strikes[high] - strikes[low])
            left = contracts[calls[low] if calls[low] >= 0 else puts[low]]
            right = contracts[calls[high] if calls[high] >= 0 else puts[high]]
            volatility = left.volatility + share * (right.volatility - left.volatility)
            ts = min(left.volatility_ns, right.volatility_ns)
            _put_volatility(contracts, call, volatility, ts, 0)
            _put_volatility(contracts, put, volatility, ts, 0)
        record = contracts[call if call >= 0 else put]
        if math.isnan(record.volatility):
            continue
        delta, gamma = delta_and_gamma(True, spot, strike, years, record.volatility)
        stale = now_ns - record.volatility_ns > VOLATILITY_HOLDS_NS
        for right_ in range(2):
            leg = call if right_ == 0 else put
            if leg < 0 or (stale and contracts[leg].greeks_source == _VENDOR):
                continue
            leg_record = contracts[leg]
            _put_greeks(leg_record, delta - right_, gamma, counters)
            if leg_record.waiting != 0:
                settle_waiting(store, leg, scaled_spot(spot))
            if _worth_logging(leg_record, now_ns):
                leg_record.logged_delta = leg_record.delta
                leg_record.logged_gamma = leg_record.gamma
                leg_record.logged_ns = now_ns
                log[rows].ts = now_ns
                log[rows].contract = leg
                log[rows].delta = leg_record.delta
                log[rows].gamma = leg_record.gamma
                log[rows].volatility = leg_record.greeks_volatility
                rows += 1
    return rows
