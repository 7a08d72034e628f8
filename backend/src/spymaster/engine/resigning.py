"""The day signed anew from the evidence that each print kept, when the trade-size rule changes.

The rule decides between two readings of a print at one side of its quote, `TSIZE` and `QUOTE_AT`,
and of no other print; the aggressor is the same in both, so parent orders and packages stay.

Source: analytics sheet, 1.4, step 4.
"""

from numba import njit

from spymaster.engine.columns import Flag, Rule
from spymaster.engine.counting import count
from spymaster.engine.side import sign
from spymaster.engine.store import BY_SIZE, PRINTS, VERSION

_AT, _TSIZE = int(Rule.QUOTE_AT), int(Rule.TSIZE)
_NOT_COUNTED = int(Flag.CANCEL | Flag.TAKEN_BACK)


@njit(cache=True)
def sign_anew(store, by_size, counting):  # type: ignore[no-untyped-def]
    """Sign every print as if the trade-size rule had been on, or off, from the start.

    With ``counting`` all sums go along; without, they are taken to be of that rule already.
    """
    counters = store.counters
    counters[BY_SIZE] = by_size
    if counting:
        counters[VERSION] += 1
    for place in range(counters[PRINTS]):
        print_ = store.prints[place]
        if print_.rule != _AT and print_.rule != _TSIZE:  # noqa: PLR1714 - numba
            continue
        side, aggressor, rule, confidence, _ = sign(
            print_,
            True,
            print_.tags,
            print_.conditions,
            print_.price,
            print_.size,
            print_.exchange,
            0,
            0.0,
            0.0,
            by_size,
        )
        if rule == print_.rule:
            continue
        counted = counting and print_.flags & _NOT_COUNTED == 0
        if counted:
            count(store, place, -1)
        print_.side = side
        print_.aggressor = aggressor
        print_.rule = rule
        print_.confidence = confidence
        if counted:
            count(store, place, 1)
            store.contracts[print_.contract].version = counters[VERSION]
