"""The compiled heart: prints and quotes in, totals out. Live and replay run the same code.

`advance` walks a batch in arrival order and stops before the first event of a new market second, so
that whatever is done once a second happens at the same places in a replay as it did live.

The side of a print is what the live sequence in `side` says.

Source: analytics sheet, 1.2 to 1.5; design, section 7 for cancels and late prints.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics.black_scholes import YEAR_SECONDS, price_of
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.conditions import GROUP_BY_ID, ConditionGroup
from spymaster.engine.columns import CONFIDENCE_SCALE, RING, Flag, Rule
from spymaster.engine.side import find_quote, sign, tags_of

_GROUPS = GROUP_BY_ID
_COMPLEX = int(ConditionGroup.COMPLEX)
_EXCLUDED = int(ConditionGroup.EXCLUDED)
_LATE = int(ConditionGroup.LATE)
_CANCEL = int(ConditionGroup.CANCEL)

RULE_BY_GROUP = np.array(
    [int(Rule.NONE), int(Rule.COMPLEX), int(Rule.EXCLUDED), int(Rule.LATE), int(Rule.CANCEL)]
)

_IS_CANCEL = int(Flag.CANCEL)
_USED = int(Flag.USED)
_TAKEN_BACK = int(Flag.TAKEN_BACK)
_REFILLED = int(Flag.REFILLED)
_DELIVERED = int(Flag.DELIVERED)

_MS = 1_000_000
TICK_MEMORY_NS = 300 * 1_000_000_000
"""The tick test looks back this far."""
MODEL_HOLDS_NS = 90 * 1_000_000_000
"""A volatility of this age still signs."""
_MIN_SECONDS = 60.0
_EVEN = CONFIDENCE_SCALE // 2

# Places in the counters that compiled code keeps.
PRINTS = 0
COUNTED = 1
CANCELLED = 2
DELIVERED_LATE = 3
VERSION = 4
MARKET_NS = 5
QUOTES = 6
CLOSE_NS = 7
BY_SIZE = 8
COUNTERS = 9


class TradeColumns(NamedTuple):
    """The columns of a `TradeBatch` that compiled code reads."""

    contract: NDArray[np.int32]
    ts_event: NDArray[np.int64]
    price: NDArray[np.int32]
    size: NDArray[np.int32]
    exchange: NDArray[np.int16]
    conditions: NDArray[np.int64]
    arrival: NDArray[np.int64]


class QuoteColumns(NamedTuple):
    """The columns of a `QuoteBatch` that compiled code reads."""

    contract: NDArray[np.int32]
    ts_event: NDArray[np.int64]
    bid: NDArray[np.int32]
    ask: NDArray[np.int32]
    bid_size: NDArray[np.int32]
    ask_size: NDArray[np.int32]
    bid_exchange: NDArray[np.int16]
    ask_exchange: NDArray[np.int16]
    arrival: NDArray[np.int64]


@njit(cache=True, inline="always")
def add_exactly(total, value):  # type: ignore[no-untyped-def]
    """Add to an unevaluated sum (hi, lo) without losing the bits that hi cannot hold (TwoSum)."""
    high = total[0] + value
    part = high - total[0]
    total[1] += (total[0] - (high - part)) + (value - part)
    total[0] = high


@njit(cache=True)
def group_of(conditions):  # type: ignore[no-untyped-def]
    """Strongest `ConditionGroup` among packed condition ids."""
    group = 0
    while conditions:
        condition = conditions & 0xFFFF
        if condition < len(_GROUPS) and _GROUPS[condition] > group:
            group = _GROUPS[condition]
        conditions >>= 16
    return group


@njit(cache=True)
def _tick_sign(record, price, ts):  # type: ignore[no-untyped-def]
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
def years_left(close_ns, now_ns):  # type: ignore[no-untyped-def]
    """Time to the close that is priced with, years."""
    return max((close_ns - now_ns) / 1e9, _MIN_SECONDS) / YEAR_SECONDS


@njit(cache=True)
def _model(record, ring_row, spot, close_ns, ts):  # type: ignore[no-untyped-def]
    """(price, half spread) of the model at a print, dollars; NaN for none.

    Source: analytics sheet, 1.5.
    """
    if not ts - record.volatility_ns <= MODEL_HOLDS_NS or np.isnan(record.volatility + spot):
        return np.nan, np.nan
    years = years_left(close_ns, ts)
    middle = price_of(record.is_call == 1, spot, record.strike, years, record.volatility)
    if record.quotes > 0:
        quote = ring_row[(record.quotes - 1) % RING]
        if quote.bid > 0 and quote.ask >= quote.bid:
            return middle, (quote.ask - quote.bid) / (2.0 * PRICE_SCALE)
    return middle, max(0.005, 0.01 * middle)


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
def _remember_tick(record, price, ts):  # type: ignore[no-untyped-def]
    if ts < record.tick_ts:
        return
    if record.tick_price != price and record.tick_price != 0:
        record.differing_price = record.tick_price
        record.differing_ts = record.tick_ts
    record.tick_price = price
    record.tick_ts = ts


@njit(cache=True)
def _add_flow(record, print_, sign):  # type: ignore[no-untyped-def]
    """Add (sign +1) or take back (-1) the greek flow of one print that has greeks."""
    shares = np.float64(print_.size) * record.multiplier * sign
    delta = shares * print_.delta
    gamma = shares * print_.gamma
    add_exactly(record.gross_delta, delta)
    add_exactly(record.gross_gamma, gamma)
    if print_.side != 0:
        add_exactly(record.net_delta, delta * print_.side)
        add_exactly(record.net_gamma, gamma * print_.side)


@njit(cache=True)
def _count(record, print_, sign):  # type: ignore[no-untyped-def]
    """Add (+1) or take back (-1) everything that one print contributes to its contract."""
    premium = np.int64(print_.price) * print_.size * record.multiplier * sign
    record.volume += sign * print_.size
    record.premium += premium
    record.net_premium += premium * print_.side
    record.trade_count += sign
    if print_.aggressor > 0:
        record.buy_volume += sign * print_.size
    elif print_.aggressor < 0:
        record.sell_volume += sign * print_.size
    if np.isnan(print_.delta):
        record.waiting += sign * print_.size
    else:
        _add_flow(record, print_, sign)


@njit(cache=True, inline="always")
def _remember_cancel(record, ts):  # type: ignore[no-untyped-def]
    record.cancels += 1
    record.newest_cancel_ms = max(record.newest_cancel_ms, ts // _MS)


@njit(cache=True)
def _precedes(prints, trade, cancel):  # type: ignore[no-untyped-def]
    """Whether a trade came before a cancel. The stream stamps milliseconds, REST nanoseconds."""
    before, after = prints[trade], prints[cancel]
    if before.ts // _MS != after.ts // _MS:
        return before.ts < after.ts
    refilled = (before.flags & _REFILLED) + (after.flags & _REFILLED)
    if refilled == 0:
        return trade < cancel
    return refilled == _REFILLED or before.ts <= after.ts


@njit(cache=True)
def _take_back(contracts, prints, cancel):  # type: ignore[no-untyped-def]
    """Let a cancel take back the latest counted trade of its price and size, if there is one."""
    order = prints[cancel]
    record = contracts[order.contract]
    found = -1
    place = record.last_print
    while place >= 0:
        print_ = prints[place]
        if (
            print_.price == order.price
            and print_.size == order.size
            and print_.flags & (_IS_CANCEL | _TAKEN_BACK) == 0
            and (found < 0 or print_.ts > prints[found].ts)
            and _precedes(prints, place, cancel)
        ):
            found = place
            if not record.disordered:
                break
        place = print_.previous
    if found >= 0:
        _count(record, prints[found], -1)
        prints[found].flags |= _TAKEN_BACK
        prints[cancel].flags |= _USED


@njit(cache=True)
def _match_anew(contracts, prints, contract):  # type: ignore[no-untyped-def]
    """Find the trades of all cancels of a contract again, in order of time.

    Due after prints that came out of order: a cancel may have taken back an earlier trade than its
    own, or none, because its own was not known yet.
    """
    record = contracts[contract]
    if record.cancels == 0:
        return
    cancels = np.empty(record.cancels, dtype=np.int64)
    ms = np.empty(record.cancels, dtype=np.int64)
    left = record.cancels
    place = record.last_print
    while place >= 0:
        print_ = prints[place]
        if print_.flags & _IS_CANCEL:
            left -= 1
            cancels[left] = place
            ms[left] = print_.ts // _MS
            print_.flags &= ~_USED
        elif print_.flags & _TAKEN_BACK:
            print_.flags &= ~_TAKEN_BACK
            if np.isnan(print_.delta):  # taken back while it waited, so it was never settled
                print_.delta = record.delta
                print_.gamma = record.gamma
            _count(record, print_, 1)
        place = print_.previous
    for row in np.argsort(ms, kind="mergesort"):
        _take_back(contracts, prints, cancels[row])


@njit(cache=True)
def _delivered_late(prints, record, ts, price, size, exchange, conditions):  # type: ignore[no-untyped-def]
    """Whether REST has brought this very print before the stream does; marks it as delivered."""
    place = record.last_print
    while place >= 0:
        print_ = prints[place]
        if (
            print_.flags & (_REFILLED | _DELIVERED) == _REFILLED
            and print_.ts // _MS == ts // _MS
            and print_.price == price
            and print_.size == size
            and print_.exchange == exchange
            and print_.conditions == conditions
        ):
            print_.flags |= _DELIVERED
            return True
        place = print_.previous
    return False


@njit(cache=True)
def _append(contracts, prints, counters, contract, ts, price, size, exchange, conditions):  # type: ignore[no-untyped-def]
    """Write the raw part of a print at the end of the store; the place it got."""
    place = counters[PRINTS]
    counters[PRINTS] += 1
    record = contracts[contract]
    print_ = prints[place]
    print_.contract = contract
    print_.ts = ts
    print_.price = price
    print_.size = size
    print_.exchange = exchange
    print_.conditions = conditions
    print_.previous = record.last_print
    record.last_print = place
    if ts // _MS < record.newest_ms:
        record.disordered = 1
    else:
        record.newest_ms = ts // _MS
    counters[VERSION] += 1
    record.version = counters[VERSION]
    return place


@njit(cache=True)
def _finish_trade(contracts, prints, counters, place, group):  # type: ignore[no-untyped-def]
    """Count a signed print."""
    print_ = prints[place]
    record = contracts[print_.contract]
    _count(record, print_, 1)
    counters[COUNTED] += 1
    if group == _LATE:
        return
    _remember_tick(record, print_.price, print_.ts)
    if print_.ts >= record.last_ts:
        record.last_price = print_.price
        record.last_ts = print_.ts


@njit(cache=True)
def _on_trade(  # type: ignore[no-untyped-def]
    contracts,
    ring,
    prints,
    counters,
    market,
    gap_ms,
    contract,
    ts,
    price,
    size,
    exchange,
    conditions,
):
    record = contracts[contract]
    if ts // _MS <= record.refilled_until_ms and _delivered_late(
        prints, record, ts, price, size, exchange, conditions
    ):
        counters[DELIVERED_LATE] += 1
        return
    group = group_of(conditions)
    in_order = ts // _MS >= record.newest_ms
    place = _append(contracts, prints, counters, contract, ts, price, size, exchange, conditions)
    print_ = prints[place]
    print_.delta = record.delta
    print_.gamma = record.gamma
    print_.side = 0
    print_.aggressor = 0
    print_.rule = RULE_BY_GROUP[group]
    print_.bid = 0
    print_.ask = 0
    print_.quote_age_ms = -1
    print_.flags = _IS_CANCEL if group == _CANCEL else 0
    print_.confidence = _EVEN
    print_.tags = 0
    if group == _CANCEL:
        counters[CANCELLED] += 1
        _remember_cancel(record, ts)
        if in_order:
            _take_back(contracts, prints, place)
        else:
            _match_anew(contracts, prints, contract)
        return
    ms = ts // _MS
    spot = market[0]
    row = ring[contract]
    found, usable, tags = find_quote(row, record.quotes, ms, gap_ms, record.delta, spot, False)
    if found >= 0:
        quote = row[found]
        print_.bid = quote.bid
        print_.ask = quote.ask
        print_.quote_age_ms = min(ms - quote.ms, 2**31 - 1)
    if group == 0:
        middle, half = np.nan, np.nan
        if not usable:
            middle, half = _model(record, row, spot, counters[CLOSE_NS], ts)
        side, aggressor, rule, confidence, tags = sign(
            row[max(found, 0)],
            usable,
            tags | tags_of(conditions),
            conditions,
            price,
            size,
            exchange,
            _tick_sign(record, price, ts),
            middle,
            half,
            counters[BY_SIZE] != 0,
        )
        print_.side = side
        print_.aggressor = aggressor
        print_.rule = rule
        print_.confidence = confidence
        print_.tags = tags
    _finish_trade(contracts, prints, counters, place, group)
    if ms <= record.newest_cancel_ms:
        _match_anew(contracts, prints, contract)


@njit(cache=True)
def _on_quote(contracts, ring, counters, market, quotes, row):  # type: ignore[no-untyped-def]
    contract = quotes.contract[row]
    record = contracts[contract]
    ms = quotes.ts_event[row] // _MS
    # Of several quotes in one millisecond only the last can matter: nothing prints between them.
    if record.quotes == 0 or ring[contract, (record.quotes - 1) % RING].ms != ms:
        record.quotes += 1
    quote = ring[contract, (record.quotes - 1) % RING]
    quote.ms = ms
    quote.bid = quotes.bid[row]
    quote.ask = quotes.ask[row]
    quote.bid_size = quotes.bid_size[row]
    quote.ask_size = quotes.ask_size[row]
    quote.bid_exchange = quotes.bid_exchange[row]
    quote.ask_exchange = quotes.ask_exchange[row]
    quote.spot = market[0]
    counters[QUOTES] += 1
    counters[VERSION] += 1
    record.version = counters[VERSION]


@njit(cache=True)
def advance(contracts, ring, prints, counters, market, trades, quotes, i, j, stop_ns):  # type: ignore[no-untyped-def]
    """Take events in arrival order, from trade ``i`` and quote ``j``, until one is at ``stop_ns``.

    The caller has made room for all trades in ``prints``. An event stamped before the newest one is
    taken like any other; it does not turn the market's clock back.

    Returns:
        Places of the first trade and the first quote that were not taken.
    """
    while i < len(trades.contract) or j < len(quotes.contract):
        is_trade = j >= len(quotes.contract) or (
            i < len(trades.contract) and trades.arrival[i] < quotes.arrival[j]
        )
        ts = trades.ts_event[i] if is_trade else quotes.ts_event[j]
        if ts >= stop_ns:
            break
        gap_ms = (ts - counters[MARKET_NS]) // _MS
        counters[MARKET_NS] = max(counters[MARKET_NS], ts)
        if is_trade:
            _on_trade(
                contracts,
                ring,
                prints,
                counters,
                market,
                gap_ms,
                trades.contract[i],
                ts,
                trades.price[i],
                trades.size[i],
                trades.exchange[i],
                trades.conditions[i],
            )
            i += 1
        else:
            _on_quote(contracts, ring, counters, market, quotes, j)
            j += 1
    return i, j


@njit(cache=True)
def refill(contracts, prints, counters, trades, evidence, delta, gamma):  # type: ignore[no-untyped-def]
    """Count prints that REST brought: oldest first, of one contract, none of them held yet.

    ``evidence`` holds what `spymaster.engine.refill.evidence` says; ``delta`` and
    ``gamma`` are those in force at its time, NaN where unknown.
    """
    for row in range(len(trades.contract)):
        contract = trades.contract[row]
        record = contracts[contract]
        group = group_of(trades.conditions[row])
        place = _append(
            contracts,
            prints,
            counters,
            contract,
            trades.ts_event[row],
            trades.price[row],
            trades.size[row],
            trades.exchange[row],
            trades.conditions[row],
        )
        print_ = prints[place]
        print_.delta = delta[row]
        print_.gamma = gamma[row]
        print_.side = evidence[row, 0]
        print_.aggressor = evidence[row, 1]
        print_.rule = evidence[row, 2]
        print_.confidence = evidence[row, 3]
        print_.tags = evidence[row, 4]
        print_.bid = evidence[row, 5]
        print_.ask = evidence[row, 6]
        print_.quote_age_ms = evidence[row, 7]
        print_.flags = _REFILLED | (_IS_CANCEL if group == _CANCEL else 0)
        ms = print_.ts // _MS
        record.refilled_until_ms = max(record.refilled_until_ms, ms)
        if group == _CANCEL:
            counters[CANCELLED] += 1
            _remember_cancel(record, print_.ts)
        else:
            _finish_trade(contracts, prints, counters, place, group)
    if len(trades.contract):
        _match_anew(contracts, prints, trades.contract[0])


@njit(cache=True)
def settle_waiting(contracts, prints, contract):  # type: ignore[no-untyped-def]
    """Give a contract's waiting prints the greeks that have just become known."""
    record = contracts[contract]
    place = record.last_print
    while place >= 0:
        print_ = prints[place]
        if np.isnan(print_.delta):
            print_.delta = record.delta
            print_.gamma = record.gamma
            if print_.flags & (_IS_CANCEL | _TAKEN_BACK) == 0:
                _add_flow(record, print_, 1)
        place = print_.previous
    record.waiting = 0
