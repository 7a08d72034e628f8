"""The compiled heart: prints and quotes in, totals out. Live and replay run the same code.

`advance` walks a batch in arrival order and stops before the first event of a new market second, so
that whatever is done once a second happens at the same places in a replay as it did live.

The side of a print is what the live sequence in `side` says; `counting` adds it to every sum, and
`cancels` finds what a cancel takes back.

Source: analytics sheet, 1.2 to 1.5; design, section 7 for cancels and late prints.
"""

import numpy as np
from numba import njit

from spymaster.analytics.black_scholes import price_of
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined, uncounted
from spymaster.core.conditions import GROUP_BY_ID, ConditionGroup
from spymaster.engine.bars import SECOND_NS
from spymaster.engine.cancels import (
    delivered_late,
    is_named,
    match_anew,
    remember_cancel,
    remember_trade,
    take_back,
)
from spymaster.engine.columns import CONFIDENCE_SCALE, RING, Flag, Rule
from spymaster.engine.counting import altered, count, weigh_new
from spymaster.engine.measures import years_left
from spymaster.engine.side import find_quote, sign, tags_of
from spymaster.engine.store import (
    BY_SIZE,
    CANCELLED,
    CLOSE_NS,
    COUNTED,
    DELIVERED_LATE,
    LAG_MS,
    MARKET_NS,
    OPEN_NS,
    PRINTS,
    QUOTES,
    VERSION,
)
from spymaster.engine.sweeps import forget_run, join_run, size_tags
from spymaster.engine.ticks import remember_tick, tick_sign

_GROUPS = GROUP_BY_ID
_LATE = int(ConditionGroup.LATE)
_CANCEL = int(ConditionGroup.CANCEL)

RULE_BY_GROUP = np.array(
    [int(Rule.NONE), int(Rule.COMPLEX), int(Rule.EXCLUDED), int(Rule.LATE), int(Rule.CANCEL)]
)

_IS_CANCEL = int(Flag.CANCEL)
_REFILLED = int(Flag.REFILLED)
_WAITING, _NO_SPOT = int(Flag.WAITING), int(Flag.NO_SPOT)

_MS = 1_000_000
MODEL_HOLDS_NS = 90 * 1_000_000_000
"""A volatility of this age still signs."""
_EVEN = CONFIDENCE_SCALE // 2
_NEVER = np.int64(2**63 - 1)


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


@uncounted
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


@inlined
def scaled_spot(spot):  # type: ignore[no-untyped-def]
    """Dollars as 1/10,000 $; an unknown spot (NaN) is 0."""
    return np.int32(0) if np.isnan(spot) else np.int32(np.rint(spot * PRICE_SCALE))


@uncounted
def put_spot(store, spot, now_ns):  # type: ignore[no-untyped-def]
    """Tell the price of the underlying (dollars, NaN unknown) that holds from a market time on."""
    store.market[0] = spot
    bars = store.bars
    second = (now_ns - store.counters[OPEN_NS]) // SECOND_NS
    scaled = scaled_spot(spot)
    if scaled and 0 <= second < len(bars.spot) and bars.spot[second] != scaled:
        store.counters[VERSION] += 1
        bars.spot[second] = scaled
        bars.version[second] = store.counters[VERSION]


@inlined
def _is_trade_next(trades, quotes, i, j):  # type: ignore[no-untyped-def]
    """Whether the trade came before the quote, or there is no quote."""
    return j >= len(quotes) or (i < len(trades) and trades[i].arrival < quotes[j].arrival)


@uncounted
def first_of_second(trades, quotes, i, j):  # type: ignore[no-untyped-def]
    """The market second in which the next event lies, as its first instant."""
    ts = trades[i].ts_event if _is_trade_next(trades, quotes, i, j) else quotes[j].ts_event
    return ts // SECOND_NS * SECOND_NS


@inlined
def _append(store, trade):  # type: ignore[no-untyped-def]
    """Write what the tape says of a print at the end of the store; the place it got."""
    contract, ts = trade.contract, trade.ts_event
    counters = store.counters
    place = counters[PRINTS]
    counters[PRINTS] += 1
    altered(store, place)
    record = store.contracts[contract]
    print_ = store.prints[place]
    print_.contract = contract
    print_.ts = ts
    print_.price = trade.price
    print_.size = trade.size
    print_.exchange = trade.exchange
    print_.conditions = trade.conditions
    print_.side = 0
    print_.aggressor = 0
    print_.confidence = _EVEN
    print_.tags = 0
    print_.group = -1
    print_.ahead = 0
    print_.package = -1
    print_.package_side = 0
    print_.package_confidence = _EVEN
    print_.previous = record.last_print
    print_.previous_alike = -1
    record.last_print = place
    if ts // _MS < record.newest_ms:
        record.disordered = 1
    else:
        record.newest_ms = ts // _MS
    counters[VERSION] += 1
    record.version = counters[VERSION]
    return place


@njit(cache=True)
def _keep_quote(print_, quote, age_ms):  # type: ignore[no-untyped-def]
    """Keep with a print the quote that signs it, or was not fit to."""
    print_.bid = quote.bid
    print_.ask = quote.ask
    print_.bid_size = quote.bid_size
    print_.ask_size = quote.ask_size
    print_.bid_exchange = quote.bid_exchange
    print_.ask_exchange = quote.ask_exchange
    print_.quote_age_ms = min(age_ms, 2**31 - 1)


@njit(cache=True)
def _keep_no_quote(print_):  # type: ignore[no-untyped-def]
    print_.bid = 0
    print_.ask = 0
    print_.bid_size = 0
    print_.ask_size = 0
    print_.bid_exchange = 0
    print_.ask_exchange = 0
    print_.quote_age_ms = -1


@inlined
def _state(print_):  # type: ignore[no-untyped-def]
    """The flags that say what is not known of a print yet."""
    return (_WAITING if np.isnan(print_.delta) else 0) | (_NO_SPOT if print_.spot == 0 else 0)


@inlined
def _finish_trade(store, place, group):  # type: ignore[no-untyped-def]
    """Count a signed print."""
    print_ = store.prints[place]
    record = store.contracts[print_.contract]
    remember_trade(store, place)
    print_.tags |= size_tags(print_, record.multiplier, store.counters[CLOSE_NS])
    join_run(store.prints, record, place)
    count(store, place, 1)
    store.counters[COUNTED] += 1
    if group == _LATE:
        return
    remember_tick(record, print_.price, print_.ts)
    if print_.ts >= record.last_ts:
        record.last_price = print_.price
        record.last_ts = print_.ts


@inlined
def _sign_streamed(store, print_, group, gap_ms):  # type: ignore[no-untyped-def]
    """Find the quote of a print of the stream, and sign it if it is a regular one."""
    record, row = store.contracts[print_.contract], store.ring[print_.contract]
    ms, spot = print_.ts // _MS, store.market[0]
    found, usable, tags = find_quote(
        row,
        (record.quotes - 1) % RING,
        min(record.quotes, RING),
        ms - store.counters[LAG_MS],
        gap_ms,
        record.delta,
        spot,
        False,
    )
    if found >= 0:
        _keep_quote(print_, row[found], ms - row[found].ms)
    else:
        _keep_no_quote(print_)
    tags |= tags_of(print_.conditions)
    print_.tags = tags
    if group != 0:
        return
    middle, half = np.nan, np.nan
    if not usable:
        middle, half = _model(record, row, spot, store.counters[CLOSE_NS], print_.ts)
    side, aggressor, rule, confidence, tags = sign(
        row[max(found, 0)],
        usable,
        tags,
        print_.conditions,
        print_.price,
        print_.size,
        print_.exchange,
        tick_sign(record, print_.price, print_.ts),
        middle,
        half,
        store.counters[BY_SIZE] != 0,
    )
    print_.side = side
    print_.aggressor = aggressor
    print_.rule = rule
    print_.confidence = confidence
    print_.tags = tags


@inlined
def _on_trade(store, gap_ms, trade):  # type: ignore[no-untyped-def]
    """Take a print; whether the cancels of its contract have to be matched anew."""
    record = store.contracts[trade.contract]
    ms = trade.ts_event // _MS
    if ms <= record.refilled_until_ms and delivered_late(store, record, trade):
        store.counters[DELIVERED_LATE] += 1
        return False
    group = group_of(trade.conditions)
    in_order = ms >= record.newest_ms
    place = _append(store, trade)
    print_ = store.prints[place]
    print_.delta = record.delta
    print_.gamma = record.gamma
    print_.volatility = record.greeks_volatility
    print_.spot = scaled_spot(store.market[0])
    print_.rule = RULE_BY_GROUP[group]
    print_.flags = _state(print_) | (_IS_CANCEL if group == _CANCEL else 0)
    if group == _CANCEL:
        _keep_no_quote(print_)
        store.counters[CANCELLED] += 1
        remember_cancel(record, print_, place)
        if in_order:
            take_back(store, place)
        return not in_order
    _sign_streamed(store, print_, group, gap_ms)
    _finish_trade(store, place, group)
    return ms <= record.newest_cancel_ms and is_named(store.prints, record, print_)


@inlined
def _put_quote(record, row, spot, came):  # type: ignore[no-untyped-def]
    """Make a quote the newest of its contract."""
    ms = came.ts_event // _MS
    # Of several quotes in one millisecond only the last can matter: nothing prints between them.
    if record.quotes == 0 or row[(record.quotes - 1) % RING].ms != ms:
        record.quotes += 1
    quote = row[(record.quotes - 1) % RING]
    quote.ms = ms
    quote.bid = came.bid
    quote.ask = came.ask
    quote.bid_size = came.bid_size
    quote.ask_size = came.ask_size
    quote.bid_exchange = came.bid_exchange
    quote.ask_exchange = came.ask_exchange
    quote.spot = spot


@inlined
def _take_quotes(store, quotes, j, due, stop_ns):  # type: ignore[no-untyped-def]
    """Take the quotes that arrived before ``due``, until one is at ``stop_ns``; the next one."""
    contracts, ring, counters = store.contracts, store.ring, store.counters
    first, newest, version = j, counters[MARKET_NS], counters[VERSION]
    while j < len(quotes) and quotes[j].arrival <= due and quotes[j].ts_event < stop_ns:
        came = quotes[j]
        newest = max(newest, came.ts_event)
        version += 1
        record = contracts[came.contract]
        record.version = version
        _put_quote(record, ring[came.contract], store.market[0], came)
        j += 1
    counters[QUOTES] += j - first
    counters[MARKET_NS], counters[VERSION] = newest, version
    return j


@uncounted
def advance(store, trades, quotes, i, j, stop_ns):  # type: ignore[no-untyped-def]
    """Take events in arrival order, from trade ``i`` and quote ``j``, until one is at ``stop_ns``.

    The caller has made room for all trades in the store. An event stamped before the newest one is
    taken like any other; it does not turn the market's clock back. After a print that disturbs the
    matching of cancels it returns early: the caller matches them anew (that allocates) and goes on.
    When it returns with nothing left to take, and no such print, all prints are weighed.

    Returns:
        Places of the first trade and the first quote that were not taken, and the contract whose
        cancels have to be matched anew, -1 for none.
    """
    counters = store.counters
    while True:
        due = trades[i].arrival if i < len(trades) else _NEVER
        j = _take_quotes(store, quotes, j, due, stop_ns)
        if i == len(trades) or (j < len(quotes) and quotes[j].arrival <= due):
            break
        ts = trades[i].ts_event
        if ts >= stop_ns:
            break
        silent_ns = ts - counters[MARKET_NS]
        counters[MARKET_NS] = max(counters[MARKET_NS], ts)
        i += 1
        if _on_trade(store, silent_ns // _MS, trades[i - 1]):
            return i, j, np.int64(trades[i - 1].contract)
    if i == len(trades) and j == len(quotes):
        weigh_new(store)
    return i, j, np.int64(-1)


@njit(cache=True)
def refill(store, trades, signed, greeks):  # type: ignore[no-untyped-def]
    """Count prints that REST brought: oldest first, of one contract, none of them held yet.

    ``signed`` holds what `spymaster.engine.refill.evidence` says, and ``greeks`` a row of
    delta, gamma, volatility and spot (1/10,000 $) of each print's time, NaN where unknown.
    """
    if len(trades):
        forget_run(store.contracts[trades[0].contract])
    for row in range(len(trades)):
        record = store.contracts[trades[row].contract]
        group = group_of(trades[row].conditions)
        place = _append(store, trades[row])
        print_ = store.prints[place]
        print_.delta = greeks[row, 0]
        print_.gamma = greeks[row, 1]
        print_.volatility = greeks[row, 2]
        print_.spot = 0 if np.isnan(greeks[row, 3]) else np.int32(greeks[row, 3])
        evidence = signed[row]
        _keep_quote(print_, evidence, evidence.quote_age_ms)
        print_.side = evidence.side
        print_.aggressor = evidence.aggressor
        print_.rule = evidence.rule
        print_.confidence = evidence.confidence
        print_.tags = evidence.tags
        print_.flags = _REFILLED | _state(print_) | (_IS_CANCEL if group == _CANCEL else 0)
        ms = print_.ts // _MS
        record.refilled_until_ms = max(record.refilled_until_ms, ms)
        if group == _CANCEL:
            store.counters[CANCELLED] += 1
            remember_cancel(record, print_, place)
        else:
            _finish_trade(store, place, group)
    if len(trades):
        forget_run(store.contracts[trades[0].contract])
        match_anew(store, trades[0].contract, scaled_spot(store.market[0]))
