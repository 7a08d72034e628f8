"""Finds prints by what they are, compiled: those behind an aggregate, those of a tape's filter."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.compiling import inlined
from spymaster.engine.columns import Flag, Rule
from spymaster.engine.store import Store

ANY: Final = -9
"""In place of a choice: all of them."""
CANCELS: Final = int(Flag.CANCEL)
NOT_COUNTED: Final = int(Flag.CANCEL | Flag.TAKEN_BACK)
_COMPLEX = int(Rule.COMPLEX)
_END_OF_TIME: Final = 2**63 - 1


class Choices(NamedTuple):
    """What the wanted prints are like; integers, as the records have them."""

    open_ns: int
    """A print before it counts as one of the session's first second, likewise at its end."""
    end_ns: int
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


@dataclass(frozen=True, slots=True)
class Selection:
    """Which prints are wanted."""

    contracts: NDArray[np.bool_]
    """By number; none for all of them."""
    choices: Choices


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
    chosen = np.flatnonzero(wanted.contracts)
    places: NDArray[np.int64] = _walk(store.prints, store.contracts, chosen, wanted.choices)
    return np.sort(places)


def select(
    store: Store, first: int, end: int, wanted: Selection, low_ns: int, high_ns: int
) -> tuple[NDArray[np.int64], int]:
    """Look through prints ``first`` to ``end``: (places of the wanted ones, how many are wanted).

    All are counted, but those that are stamped outside of ``low_ns`` to ``high_ns`` are not told.
    """
    places: NDArray[np.int64]
    places, total = _select(
        store.prints,
        store.contracts,
        wanted.contracts,
        first,
        end,
        wanted.choices,
        low_ns,
        high_ns,
    )
    return places, int(total)


# Inlined and given arrays, not the store: a call that takes a tuple of arrays costs more than the
# look at a print.
@inlined
def _fits(prints, contracts, place, wanted):  # type: ignore[no-untyped-def]
    print_ = prints[place]
    record = contracts[print_.contract]
    ts = min(max(print_.ts, wanted.open_ns), wanted.end_ns - 1)
    return (
        print_.flags & wanted.without == 0
        and print_.flags & wanted.with_flags == wanted.with_flags
        and wanted.from_ns <= ts < wanted.until_ns
        and (
            print_.ts < wanted.before_ns
            or (print_.ts == wanted.before_ns and place < wanted.before)
        )
        and (wanted.side == ANY or wanted.side == print_.side)
        and (wanted.rule == ANY or wanted.rule == print_.rule)
        and print_.tags & wanted.tags == wanted.tags
        and print_.size >= wanted.min_size
        and (wanted.multi_leg == ANY or wanted.multi_leg == (print_.rule == _COMPLEX))
        and (wanted.is_call == ANY or wanted.is_call == record.is_call)
        and np.int64(print_.price) * print_.size * record.multiplier >= wanted.min_premium
    )


@njit(cache=True)
def _walk(prints, contracts, chosen, wanted):  # type: ignore[no-untyped-def]
    room = 64
    for contract in chosen:
        room += contracts[contract].trade_count
    places = np.empty(room, dtype=np.int64)
    found = 0
    for contract in chosen:
        place = np.int64(contracts[contract].last_print)
        while place >= 0:
            if _fits(prints, contracts, place, wanted):
                if found == len(places):
                    places = np.concatenate((places, np.empty_like(places)))
                places[found] = place
                found += 1
            place = np.int64(prints[place].previous)
    return places[:found].copy()


@njit(cache=True)
def _select(prints, contracts, chosen, first, end, wanted, low_ns, high_ns):  # type: ignore[no-untyped-def]
    places = np.empty(end - first, dtype=np.int64)
    found = total = 0
    for place in range(first, end):
        if len(chosen) and not chosen[prints[place].contract]:
            continue
        if _fits(prints, contracts, place, wanted):
            total += 1
            if low_ns <= prints[place].ts <= high_ns:
                places[found] = place
                found += 1
    return places[:found].copy(), total
