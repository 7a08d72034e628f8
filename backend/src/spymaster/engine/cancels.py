"""Which trade a cancel takes back, and which late delivery is known already. Compiled.

A cancel takes back the latest counted trade of its price and size that came before it. Where prints
came out of order, the trades of all cancels of a contract are found again, in order of time.

All trades of one contract, price and size are in one chain, from the newest back, so that a cancel
does not look through everything that its contract printed. A chain holds others too, as many as
there are more of them than chains. The cancels of a contract are in a chain of their own.

Source: design, section 7.
"""

import numpy as np
from numba import njit

from spymaster.core.compiling import inlined, uncounted
from spymaster.engine.columns import Flag
from spymaster.engine.counting import altered, count, settle
from spymaster.engine.store import ALIKE

_IS_CANCEL = int(Flag.CANCEL)
_USED = int(Flag.USED)
_TAKEN_BACK = int(Flag.TAKEN_BACK)
_REFILLED = int(Flag.REFILLED)
_DELIVERED = int(Flag.DELIVERED)
_MS = 1_000_000
_NAMES = 65_536


@inlined
def remember_cancel(record, print_, place):  # type: ignore[no-untyped-def]
    """Take note that the print at a place is a cancel."""
    record.cancels += 1
    record.newest_cancel_ms = max(record.newest_cancel_ms, print_.ts // _MS)
    print_.previous_alike = record.last_cancel
    record.last_cancel = place


@inlined
def _chain_of(print_):  # type: ignore[no-untyped-def]
    """The chain of `Store.alike` that the trades of a contract, price and size are in."""
    mixed = (np.int64(print_.contract) * 31 + print_.price) * 31 + print_.size
    return (mixed ^ (mixed >> 15)) % ALIKE


@inlined
def remember_trade(store, place):  # type: ignore[no-untyped-def]
    """Put the trade at a place at the head of its chain."""
    chain = _chain_of(store.prints[place])
    store.prints[place].previous_alike = store.alike[chain]
    store.alike[chain] = place


@uncounted
def is_named(prints, record, print_):  # type: ignore[no-untyped-def]
    """Whether a cancel of no earlier millisecond is of the price and size of a print."""
    place = record.last_cancel
    while place >= 0:
        cancel = prints[place]
        if (
            cancel.price == print_.price
            and cancel.size == print_.size
            and cancel.ts // _MS >= print_.ts // _MS
        ):
            return True
        place = cancel.previous_alike
    return False


@uncounted
def _precedes(prints, trade, cancel):  # type: ignore[no-untyped-def]
    """Whether a trade came before a cancel. The stream stamps milliseconds, REST nanoseconds."""
    before, after = prints[trade], prints[cancel]
    if before.ts // _MS != after.ts // _MS:
        return before.ts < after.ts
    refilled = (before.flags & _REFILLED) + (after.flags & _REFILLED)
    if refilled == 0:
        return trade < cancel
    return refilled == _REFILLED or before.ts <= after.ts


@inlined
def _can_take(prints, cancel, place, found):  # type: ignore[no-untyped-def]
    """Whether a cancel may mean the trade at a place, rather than the one found before."""
    order, print_ = prints[cancel], prints[place]
    return (
        print_.price == order.price
        and print_.size == order.size
        and print_.contract == order.contract
        and print_.flags & (_IS_CANCEL | _TAKEN_BACK) == 0
        and (found < 0 or print_.ts > prints[found].ts)
        and _precedes(prints, place, cancel)
    )


@uncounted
def _take(store, found, cancel):  # type: ignore[no-untyped-def]
    """Let a cancel take back the trade that was found, if one was."""
    if found >= 0:
        count(store, found, -1)
        store.prints[found].flags |= _TAKEN_BACK
        store.prints[cancel].flags |= _USED
        altered(store, found)
        altered(store, cancel)


@uncounted
def take_back(store, cancel):  # type: ignore[no-untyped-def]
    """Let a cancel take back the latest counted trade of its price and size, if there is one."""
    prints = store.prints
    record = store.contracts[prints[cancel].contract]
    found = -1
    place = store.alike[_chain_of(prints[cancel])]
    while place >= 0:
        if _can_take(prints, cancel, place, found):
            found = place
            if not record.disordered:
                break
        place = prints[place].previous_alike
    _take(store, found, cancel)


@njit(cache=True)
def match_anew(store, contract, spot):  # type: ignore[no-untyped-def]
    """Find the trades of all cancels of a contract again, in order of time.

    Due after prints that came out of order: a cancel may have taken back an earlier trade than its
    own, or none, because its own was not known yet.
    """
    prints = store.prints
    record = store.contracts[contract]
    if record.cancels == 0:
        return
    cancels = np.empty(record.cancels, dtype=np.int64)
    ms = np.empty(record.cancels, dtype=np.int64)
    named = np.zeros(_NAMES, dtype=np.bool_)
    left = record.cancels
    place = record.last_print
    while place >= 0:
        print_ = prints[place]
        if print_.flags & _IS_CANCEL:
            left -= 1
            cancels[left] = place
            ms[left] = print_.ts // _MS
            named[_name(print_)] = True
            print_.flags &= ~_USED
            altered(store, place)
        elif print_.flags & _TAKEN_BACK:
            print_.flags &= ~_TAKEN_BACK
            altered(store, place)
            if np.isnan(print_.delta):  # taken back while it waited, so it was never settled
                settle(store, place, spot)
            count(store, place, 1)
        place = print_.previous
    trades = _named(prints, record.last_print, named)
    for row in np.argsort(ms, kind="mergesort"):
        found = -1
        for place in trades:
            if _can_take(prints, cancels[row], place, found):
                found = place
        _take(store, found, cancels[row])


@njit(cache=True)
def _named(prints, last, named):  # type: ignore[no-untyped-def]
    """Places of a contract's prints of which a cancel might speak, newest first.

    Few: so no cancel has to look through all that the contract printed.
    """
    places = []
    place = last
    while place >= 0:
        if named[_name(prints[place])]:
            places.append(place)
        place = prints[place].previous
    return places


@inlined
def _name(print_):  # type: ignore[no-untyped-def]
    """Alike for prints of one price and size."""
    return (np.int64(print_.price) * 31 + print_.size) % _NAMES


@uncounted
def delivered_late(store, record, trade):  # type: ignore[no-untyped-def]
    """Whether REST has brought this very print before the stream does; marks it as delivered."""
    place = record.last_print
    while place >= 0:
        print_ = store.prints[place]
        if (
            print_.flags & (_REFILLED | _DELIVERED) == _REFILLED
            and print_.ts // _MS == trade.ts_event // _MS
            and print_.price == trade.price
            and print_.size == trade.size
            and print_.exchange == trade.exchange
            and print_.conditions == trade.conditions
        ):
            print_.flags |= _DELIVERED
            altered(store, place)
            return True
        place = print_.previous
    return False
