"""Finds prints by what they are, compiled: those behind an aggregate, those of a tape's filter."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.engine.columns import Flag, Rule
from spymaster.engine.store import Store

ANY: Final = -9
"""In place of a choice: all of them."""
CANCELS: Final = int(Flag.CANCEL)
NOT_COUNTED: Final = int(Flag.CANCEL | Flag.TAKEN_BACK)
_COMPLEX = int(Rule.COMPLEX)
_END_OF_TIME: Final = 2**63 - 1


class Selection(NamedTuple):
    """Which prints are wanted; integers, as the records have them."""

    open_ns: int
    """A print before it counts as one of the session's first second, likewise at its end."""
    end_ns: int
    contracts: NDArray[np.bool_]
    """By number; none for all of them."""
    from_ns: int = 0
    until_ns: int = _END_OF_TIME
    """The first moment that is no longer wanted."""
    before_ns: int = _END_OF_TIME
    """Of a print, with its place: wanted are those that come before it by time, then by place."""
    before: int = _END_OF_TIME
    is_call: int = ANY
    multi_leg: int = ANY
    side: int = ANY
    rule: int = ANY
    tags: int = 0
    """All of them."""
    min_premium: int = 0
    """1/10,000 $."""
    min_size: int = 0
    without: int = CANCELS
    """Set of `Flag`: prints that have one of them are left out."""
    with_flags: int = 0
    """Prints that lack one of them are left out."""


def chosen_contracts(store: Store, strike: float | None, number: int | None) -> NDArray[np.bool_]:
    """Which contracts have a strike (dollars), or this number; none at all for no such choice."""
    if strike is None and number is None:
        return np.zeros(0, dtype=np.bool_)
    chosen = np.ones(len(store.contracts), dtype=np.bool_)
    if strike is not None:
        chosen &= np.abs(store.contracts["strike"] - strike) < 0.0005
    if number is not None:
        chosen &= np.arange(len(chosen)) == number
    return chosen


def places_of(store: Store, wanted: Selection) -> NDArray[np.int64]:
    """Places of the wanted prints of the chosen contracts, lowest first; needs such a choice."""
    found = [
        _walk(store, int(number), wanted)
        for number in np.flatnonzero(wanted.contracts)
        if store.contracts[number]["last_print"] >= 0
    ]
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


@njit(cache=True)
def _fits(store, place, wanted):  # type: ignore[no-untyped-def]
    print_ = store.prints[place]
    if print_.flags & wanted.without or print_.flags & wanted.with_flags != wanted.with_flags:
        return False
    ts = min(max(print_.ts, wanted.open_ns), wanted.end_ns - 1)
    if not wanted.from_ns <= ts < wanted.until_ns:
        return False
    if print_.ts > wanted.before_ns or (print_.ts == wanted.before_ns and place >= wanted.before):
        return False
    if len(wanted.contracts) and not wanted.contracts[print_.contract]:
        return False
    if wanted.side != ANY and wanted.side != print_.side:
        return False
    if wanted.rule != ANY and wanted.rule != print_.rule:
        return False
    if print_.tags & wanted.tags != wanted.tags or print_.size < wanted.min_size:
        return False
    if wanted.multi_leg != ANY and wanted.multi_leg != (print_.rule == _COMPLEX):
        return False
    record = store.contracts[print_.contract]
    if wanted.is_call != ANY and wanted.is_call != record.is_call:
        return False
    return np.int64(print_.price) * print_.size * record.multiplier >= wanted.min_premium


@njit(cache=True)
def _walk(store, contract, wanted):  # type: ignore[no-untyped-def]
    places = np.empty(store.contracts[contract].trade_count + 64, dtype=np.int64)
    found = 0
    place = store.contracts[contract].last_print
    while place >= 0:
        if _fits(store, place, wanted):
            if found == len(places):
                places = np.concatenate((places, np.empty_like(places)))
            places[found] = place
            found += 1
        place = store.prints[place].previous
    return places[:found].copy()


@njit(cache=True)
def select(store, first, end, wanted, low_ns, high_ns):  # type: ignore[no-untyped-def]
    """Look through prints ``first`` to ``end``: (places of the wanted ones, how many are wanted).

    All are counted, but those that are stamped outside of ``low_ns`` to ``high_ns`` are not told.
    """
    places = np.empty(end - first, dtype=np.int64)
    found = total = 0
    for place in range(first, end):
        if _fits(store, place, wanted):
            total += 1
            if low_ns <= store.prints[place].ts <= high_ns:
                places[found] = place
                found += 1
    return places[:found].copy(), total
