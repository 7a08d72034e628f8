"""What one print adds to every sum, and how it is taken back. Compiled.

A new print is added to the sums of its contract at once, and to the bars and the weighted sums when
all of its batch have been taken (`weigh_new`). Nobody looks at these before; what a print gets
meanwhile, greeks or a package, changes none of them, and one loop for all takes less time.
"""

import numpy as np

from spymaster.core.compiling import inlined, uncounted
from spymaster.engine.bars import add_to_cell, part_of, second_of
from spymaster.engine.columns import Flag
from spymaster.engine.measures import (
    DELTA_NOTIONAL,
    VARIANCE,
    WEIGHTED,
    position_of,
)
from spymaster.engine.store import (
    ALTERED_BLOCK,
    CLOSE_NS,
    OPEN_NS,
    PREMIUM_BY_RULE,
    PRESSURE,
    PRESSURE_VARIANCE,
    PRINTS,
    VERSION,
    WEIGHED,
)

_NOT_COUNTED = int(Flag.CANCEL | Flag.TAKEN_BACK)
_WAITING, _NO_SPOT, _PACKAGED = int(Flag.WAITING), int(Flag.NO_SPOT), int(Flag.PACKAGED)


@inlined
def add_exactly(total, value):  # type: ignore[no-untyped-def]
    """Add to an unevaluated sum (hi, lo) without losing the bits that hi cannot hold (TwoSum)."""
    high = total[0] + value
    part = high - total[0]
    total[1] += (total[0] - (high - part)) + (value - part)
    total[0] = high


@inlined
def altered(store, place):  # type: ignore[no-untyped-def]
    """Take note that the flags of the print at a place have been written."""
    store.altered[place // ALTERED_BLOCK] = 1


@inlined
def count(store, place, sign):  # type: ignore[no-untyped-def]
    """Add (sign +1) or take back (-1) what the print at a place contributes to its contract's sums.

    And to all others, once it is weighed.
    """
    print_ = store.prints[place]
    record = store.contracts[print_.contract]
    premium = np.int64(print_.price) * print_.size * record.multiplier * sign
    record.volume += sign * print_.size
    record.premium += premium
    record.net_premium += premium * print_.side
    record.trade_count += sign
    if print_.aggressor > 0:
        record.buy_volume += sign * print_.size
    elif print_.aggressor < 0:
        record.sell_volume += sign * print_.size
    store.counters[PREMIUM_BY_RULE + print_.rule] += premium
    if np.isnan(print_.delta):
        record.waiting += sign * print_.size
    else:
        _add_flow(record, print_, sign)
    if place < store.counters[WEIGHED]:
        _weigh(store, place, sign)


@uncounted
def weigh_new(store):  # type: ignore[no-untyped-def]
    """Add the prints that came since the last call to the bars and the weighted sums."""
    counters = store.counters
    pressure = error = np.int64(0)
    for place in range(counters[WEIGHED], counters[PRINTS]):
        print_ = store.prints[place]
        if print_.flags & _NOT_COUNTED == 0:
            more, wider = _add_to_sums(store, print_, 1)
            pressure += more
            error += wider
    counters[PRESSURE] += pressure
    counters[PRESSURE_VARIANCE] += error
    counters[WEIGHED] = counters[PRINTS]


@uncounted
def _weigh(store, place, sign):  # type: ignore[no-untyped-def]
    """Add (+1) or take back (-1) what a print contributes to the bars and to weighted sums."""
    pressure, error = _add_to_sums(store, store.prints[place], sign)
    store.counters[PRESSURE] += pressure
    store.counters[PRESSURE_VARIANCE] += error


@inlined
def _add_to_sums(store, print_, sign):  # type: ignore[no-untyped-def]
    """The same, but for the pressure of the day and its error: what they change by is returned."""
    counters, bars = store.counters, store.bars
    record = store.contracts[print_.contract]
    _add_position(record, print_, sign)
    second = second_of(print_.ts, counters[OPEN_NS], len(bars.version))
    part = part_of(print_, record)
    sums = bars.sums[second, part]
    pressure, error = sums[WEIGHTED, DELTA_NOTIONAL], sums[VARIANCE, DELTA_NOTIONAL]
    add_to_cell(bars.counts[second, part], sums, print_, record, counters[CLOSE_NS], sign)
    bars.version[second] = counters[VERSION]
    return sums[WEIGHTED, DELTA_NOTIONAL] - pressure, sums[VARIANCE, DELTA_NOTIONAL] - error


@inlined
def join_package(store, place, package, side, confidence):  # type: ignore[no-untyped-def]
    """Make a counted print the leg of a package, whose side it then has in the weighted sums."""
    print_ = store.prints[place]
    print_.package = package
    print_.flags |= _PACKAGED
    altered(store, place)
    if side == 0:  # it counts as it did
        return
    weighed = place < store.counters[WEIGHED]
    if weighed:
        _weigh(store, place, -1)
    print_.package_side = side
    print_.package_confidence = confidence
    if weighed:
        _weigh(store, place, 1)


@inlined
def _add_position(record, print_, sign):  # type: ignore[no-untyped-def]
    position, variance = position_of(print_)
    record.weighted_position += sign * position
    record.position_variance += sign * variance


@inlined
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


@uncounted
def settle(store, place, spot):  # type: ignore[no-untyped-def]
    """Give a print that waited, and is not counted, the greeks that are in force now."""
    print_ = store.prints[place]
    record = store.contracts[print_.contract]
    print_.delta = record.delta
    print_.gamma = record.gamma
    print_.volatility = record.greeks_volatility
    if not np.isnan(print_.delta):
        print_.flags &= ~_WAITING
        altered(store, place)
        if print_.flags & _NO_SPOT:
            print_.spot = spot


@uncounted
def settle_waiting(store, contract, spot):  # type: ignore[no-untyped-def]
    """Give a contract's waiting prints the greeks that have just become known.

    Args:
        store: The session's.
        contract: Its number.
        spot: That the greeks are of, 1/10,000 $, 0 unknown; a print that knows its own keeps it.
    """
    store.counters[VERSION] += 1
    record = store.contracts[contract]
    place = record.last_print
    while place >= 0:
        print_ = store.prints[place]
        if np.isnan(print_.delta):
            counted = print_.flags & _NOT_COUNTED == 0
            weighed = counted and place < store.counters[WEIGHED]
            if weighed:
                _weigh(store, place, -1)
            settle(store, place, spot)
            if weighed:
                _weigh(store, place, 1)
            if counted:
                _add_flow(record, print_, 1)
        place = print_.previous
    record.waiting = 0
