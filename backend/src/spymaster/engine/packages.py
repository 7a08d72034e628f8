"""Which multi-leg prints are legs of one package, and on which side its customer was. Compiled.

A leg may print anywhere in its own quote, so it has no side by itself; the package has a price and
a quote of its own. Looked for at each market second, over the legs that printed since: those of one
venue and one condition within 5 ms of the first, each contract's prints together, in ratios between
1:3 and 3:1. How legs may be signed is known of these shapes alone:

- two of one type: against each other (vertical); call and put: alike or against each other;
- three of one type: the middle against the outer (butterfly); four: the inner against the outer
  (condor); two calls and two puts: each type a vertical, alike or against each other.

A shape whose price lies outside its quote by more than a cent is not what traded. If just one is
left, its price against the middle of its quote tells the side, with p = 0.58 at a quarter of the
width or more from the middle, else 0.54. Otherwise the legs are known and the side is not. Packages
with stock are not looked at: the stock's price is not on the tape.

Legs that REST brings are looked for among all prints of their time that have no package yet.

Source: analytics sheet, 6.4; the shapes of three and four legs are our own judgement.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined, uncounted
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag, Rule
from spymaster.engine.counting import join_package
from spymaster.engine.measures import is_stock_tied
from spymaster.engine.store import LEGS_SEEN, PRINTS, VERSION

WITHIN_NS = 5_000_000
MAX_RATIO = 3
MAX_LEGS = 4
_CENT = PRICE_SCALE // 100
_FAR, _NEAR = 5_800, 5_400
_EVEN = CONFIDENCE_SCALE // 2
_COMPLEX = int(Rule.COMPLEX)
_TAKEN_BACK, _PACKAGED, _REFILLED = int(Flag.TAKEN_BACK), int(Flag.PACKAGED), int(Flag.REFILLED)


class _Room(NamedTuple):
    """Where one package is worked on: a value for each of its legs, in places 0 to `MAX_LEGS`."""

    legs: NDArray[np.int64]
    """Contracts."""
    ratio: NDArray[np.int64]
    """Their sizes by the greatest common divisor."""
    signs: NDArray[np.int64]
    """Their sides."""
    order: NDArray[np.int64]
    """The legs from first to last in a shape."""
    sums: NDArray[np.int64]
    """``[4, MAX_LEGS]``."""
    shapes: NDArray[np.int64]
    """``[2, MAX_LEGS]``."""


@njit(cache=True)
def find_packages(store, now_ns):  # type: ignore[no-untyped-def]
    """Look for the packages of the legs that printed since the last call.

    Those of the last 5 ms before ``now_ns`` wait: a leg of theirs may still come.
    """
    prints, counters = store.prints, store.counters
    first = counters[LEGS_SEEN]
    places = _legs_from(store, first, np.int64(0), np.int64(2**62))
    if len(places) == 0:
        counters[LEGS_SEEN] = counters[PRINTS]
        return
    refilled, earliest, latest = _span(prints, places)
    if refilled:
        places = _legs_from(store, np.int64(0), earliest - WITHIN_NS, latest + WITHIN_NS)
    places = _ordered(prints, places)
    room = np.empty((10, MAX_LEGS), dtype=np.int64)
    one = _Room(room[0], room[1], room[2], room[3], room[4:8], room[8:])
    counters[LEGS_SEEN] = _sign_packages(store, places, one, first, now_ns - WITHIN_NS)


@uncounted
def _sign_packages(store, places, room, first, until_ns):  # type: ignore[no-untyped-def]
    """Sign the packages of ordered legs; the place from which on legs wait, ``first`` or later."""
    prints = store.prints
    left = store.counters[PRINTS]
    start = 0
    while start < len(places):
        end = start + 1
        while end < len(places) and _together(prints, places[start], places[end]):
            end += 1
        if prints[places[end - 1]].ts > until_ns:  # the latest of them
            for row in range(start, end):
                left = min(left, max(first, places[row]))
        elif end - start > 1:
            _sign_package(store, places[start:end], room)
        start = end
    return left


@njit(cache=True)
def _legs_from(store, first, earliest, latest):  # type: ignore[no-untyped-def]
    """Places of the legs without a package, from a place on and within some time."""
    places = np.empty(store.counters[PRINTS] - first, dtype=np.int64)
    return places[: _write_legs(store, first, earliest, latest, places)]


@uncounted
def _write_legs(store, first, earliest, latest, places):  # type: ignore[no-untyped-def]
    """Write them; how many there are."""
    prints = store.prints
    count = 0
    for place in range(first, store.counters[PRINTS]):
        print_ = prints[place]
        if (
            print_.rule == _COMPLEX
            and print_.flags & (_TAKEN_BACK | _PACKAGED) == 0
            and earliest <= print_.ts <= latest
            and not is_stock_tied(print_.conditions)
        ):
            places[count] = place
            count += 1
    return count


@uncounted
def _span(prints, places):  # type: ignore[no-untyped-def]
    """Whether REST brought some of these prints, and the earliest and the latest time of them."""
    refilled = False
    earliest = latest = prints[places[0]].ts
    for place in places:
        print_ = prints[place]
        refilled |= print_.flags & _REFILLED != 0
        earliest, latest = min(earliest, print_.ts), max(latest, print_.ts)
    return refilled, earliest, latest


@njit(cache=True)
def _ordered(prints, places):  # type: ignore[no-untyped-def]
    """By venue and condition, then time; stable."""
    ts = np.empty(len(places), dtype=np.int64)
    kind = np.empty(len(places), dtype=np.int64)
    _write_keys(prints, places, ts, kind)
    by_time = np.argsort(ts, kind="mergesort")
    return places[by_time][np.argsort(kind[by_time], kind="mergesort")]


@uncounted
def _write_keys(prints, places, ts, kind):  # type: ignore[no-untyped-def]
    for row in range(len(places)):
        print_ = prints[places[row]]
        ts[row] = print_.ts
        kind[row] = print_.conditions ^ (np.int64(print_.exchange) << 48)


@inlined
def _together(prints, one, other):  # type: ignore[no-untyped-def]
    before, after = prints[one], prints[other]
    return (
        before.exchange == after.exchange
        and before.conditions == after.conditions
        and after.ts - before.ts <= WITHIN_NS
    )


@inlined
def _sign_package(store, places, room):  # type: ignore[no-untyped-def]
    """Tell the legs of some prints that printed together, if they fit, that they are a package."""
    contracts, prints, counters = store.contracts, store.prints, store.counters
    count = _find_legs(prints, places, room)
    if count < 2:
        return
    confidence = _choose(contracts, prints, places, count, room)
    first = places[0]
    for row in range(len(places)):
        first = min(first, places[row])
    counters[VERSION] += 1
    for row in range(len(places)):
        place = places[row]
        print_ = prints[place]
        side = room.signs[_leg_of(print_, room.legs)]
        join_package(store, place, first, side, confidence)
        contracts[print_.contract].version = counters[VERSION]


@inlined
def _leg_of(print_, legs):  # type: ignore[no-untyped-def]
    """Which of the legs a print is of; it is of one of them."""
    leg = 0
    while legs[leg] != print_.contract:
        leg += 1
    return leg


@inlined
def _find_legs(prints, places, room):  # type: ignore[no-untyped-def]
    """Write the contracts and their ratio; how many there are, 0 if they are no package."""
    legs, ratio = room.legs, room.ratio
    count = 0
    for row in range(len(places)):
        print_ = prints[places[row]]
        leg = 0
        while leg < count and legs[leg] != print_.contract:
            leg += 1
        if leg == MAX_LEGS:
            return 0
        if leg == count:
            legs[leg] = print_.contract
            ratio[leg] = 0
            count += 1
        ratio[leg] += print_.size
    divisor = ratio[0]
    for leg in range(1, count):
        divisor = math.gcd(divisor, ratio[leg])
    for leg in range(count):
        ratio[leg] //= divisor
        if ratio[leg] > MAX_RATIO:
            return 0
    return count


@inlined
def _choose(contracts, prints, places, count, room):  # type: ignore[no-untyped-def]
    """Write the legs' sides, if just one shape fits; the confidence in them.

    Prices are in 1/10,000 $ times the contracts of a leg, so that their sums are exact.
    """
    signs, shapes = room.signs, room.shapes
    volume, paid, bid, ask = room.sums[0], room.sums[1], room.sums[2], room.sums[3]
    for leg in range(count):
        signs[leg] = volume[leg] = paid[leg] = bid[leg] = ask[leg] = 0
    for row in range(len(places)):
        print_ = prints[places[row]]
        if print_.quote_age_ms < 0 or print_.ask <= 0 or print_.bid > print_.ask:
            return _EVEN
        leg = _leg_of(print_, room.legs)
        volume[leg] += print_.size
        paid[leg] += np.int64(print_.price) * print_.size
        bid[leg] += np.int64(print_.bid) * print_.size
        ask[leg] += np.int64(print_.ask) * print_.size
    unit = volume[0] // room.ratio[0]  # packages that traded
    found = fits = 0
    side, confidence = 0, _EVEN
    for row in range(_write_shapes(contracts, count, room)):
        price = low = high = np.int64(0)
        for leg in range(count):
            sign = shapes[row, leg]
            price += sign * paid[leg]
            low += sign * (bid[leg] if sign > 0 else ask[leg])
            high += sign * (ask[leg] if sign > 0 else bid[leg])
        if low - _CENT * unit <= price <= high + _CENT * unit:
            found += 1
            fits = row
            twice = 2 * price - low - high
            side = 1 if twice > 0 else (-1 if twice < 0 else 0)
            confidence = _FAR if 2 * abs(twice) >= high - low else _NEAR
    if found != 1 or side == 0:
        return _EVEN
    for leg in range(count):
        signs[leg] = side * shapes[fits, leg]
    return confidence


@inlined
def _write_shapes(contracts, count, room):  # type: ignore[no-untyped-def]
    """How the legs may be signed, one row a shape; its mirror image is the same shape, sold."""
    ratio, shapes, order = room.ratio, room.shapes, room.order
    calls = 0
    for leg in range(count):
        calls += contracts[room.legs[leg]].is_call
        place = leg
        while place > 0 and _precedes(contracts, room.legs[leg], room.legs[order[place - 1]]):
            order[place] = order[place - 1]
            place -= 1
        order[place] = leg
    if count == 2:
        shapes[0, order[0]], shapes[0, order[1]] = 1, -1
        shapes[1, 0] = shapes[1, 1] = 1
        return 2 if calls == 1 else 1
    if count == 3 and (calls == 0 or calls == 3):  # noqa: PLR1714 - numba
        shapes[0, order[0]], shapes[0, order[1]], shapes[0, order[2]] = 1, -1, 1
        return 1 if ratio[order[1]] == ratio[order[0]] + ratio[order[2]] else 0
    if count == 4 and (calls == 0 or calls == 4):  # noqa: PLR1714 - numba
        shapes[0, order[0]], shapes[0, order[3]] = 1, 1
        shapes[0, order[1]], shapes[0, order[2]] = -1, -1
        return 1
    if count == 4 and calls == 2:
        for row in range(2):
            shapes[row, order[0]], shapes[row, order[1]] = 1, -1
            shapes[row, order[2]] = 1 if row == 0 else -1
            shapes[row, order[3]] = -shapes[row, order[2]]
        return 2
    return 0


@inlined
def _precedes(contracts, one, other):  # type: ignore[no-untyped-def]
    """Calls come first, each type by strike."""
    before, after = contracts[one], contracts[other]
    if before.is_call != after.is_call:
        return before.is_call > after.is_call
    return before.strike < after.strike
