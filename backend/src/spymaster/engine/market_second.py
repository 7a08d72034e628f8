"""What is done once a market second, and the walk over many of them. Compiled.

At the first event of each second, before it is taken: packages are looked for, spot is read from
parity, the greeks of the chain are solved, and every so often the chain is sampled. What needs more
than compiled code can do (the window may move, there is no room left) is left to the caller, at
that very place: a second is the same whoever ends it.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.compiling import inlined
from spymaster.engine.chain_history import SampleColumns, VendorColumns, is_due, take_sample
from spymaster.engine.chain_solver import ChainColumns, solve_chain
from spymaster.engine.kernel import advance, first_of_second, put_spot
from spymaster.engine.packages import find_packages
from spymaster.engine.parity_reader import PairColumns, read_parity
from spymaster.engine.side import FEED_GAP_MS
from spymaster.engine.spot import pricing_of, take_parity
from spymaster.engine.store import CLOSE_NS, MARKET_NS, OPEN_NS
from spymaster.engine.strike_manager import keeps_strikes

_MS = 1_000_000
_SECOND_NS = 1_000 * _MS


class SecondColumns(NamedTuple):
    """What a market second reads and writes besides the store."""

    spot: NDArray[np.void]
    """One `SPOT` record."""
    pairs: PairColumns
    """That parity is read from."""
    chain: ChainColumns
    greeks_log: NDArray[np.void]
    """Rows of `GREEKS`."""
    greeks_logged: NDArray[np.int64]
    """``[1]``: how many of them there are."""
    solves: bool
    """Whether the model's greeks are wanted."""
    window: NDArray[np.void]
    """One `WINDOW` record."""
    samples: SampleColumns
    vendor: VendorColumns


@njit(cache=True, nogil=True)
def walk(store, second, trades, quotes, i, j, now_ns):  # type: ignore[no-untyped-def]
    """Take events second by second, from the second ``now_ns`` on, in which the next event lies.

    Returns:
        Places of the first trade and the first quote that were not taken, the contract whose
        cancels have to be matched anew (-1 for none), the second that came last, and whether the
        caller has to see to the window and to room, and `end_second`, before its first event is
        taken.
    """
    while True:
        estimate(store, second, now_ns)
        if _is_left(second, now_ns):
            return i, j, np.int64(-1), now_ns, True
        end_second(store, second, now_ns)
        i, j, disturbed = advance(store, trades, quotes, i, j, now_ns + _SECOND_NS)
        if disturbed >= 0 or (i == len(trades) and j == len(quotes)):
            return i, j, disturbed, now_ns, False
        now_ns = first_of_second(trades, quotes, i, j)


@inlined
def estimate(store, second, now_ns):  # type: ignore[no-untyped-def]
    """Look for packages and read spot, at a market second that begins."""
    spot = second.spot[0]
    silent_ns = now_ns - store.counters[MARKET_NS]
    if silent_ns > FEED_GAP_MS * _MS:
        spot.resumed_ns = now_ns
    find_packages(store, now_ns)
    found = read_parity(
        store.contracts,
        store.ring,
        second.pairs,
        now_ns // _MS,
        silent_ns // _MS,
        spot.parity,
        spot.resumed_ns // _MS,
    )
    take_parity(second.spot, found, now_ns)


@inlined
def _is_left(second, now_ns):  # type: ignore[no-untyped-def]
    """Whether the caller has something to do before the second is ended."""
    price = second.spot[0].price
    if not np.isnan(price) and not keeps_strikes(second.window[0], price, now_ns):
        return True
    if second.samples.taken[0] == len(second.samples.ts):
        return True
    return second.greeks_logged[0] + 2 * len(second.chain.strike) > len(second.greeks_log)


@inlined
def end_second(store, second, now_ns):  # type: ignore[no-untyped-def]
    """Tell spot, solve the model's greeks where they are wanted, sample the chain where it is due.

    Before the open and from the close on greeks stay as they are.
    """
    counters = store.counters
    spot = pricing_of(second.spot)
    put_spot(store, spot, now_ns)
    inside = counters[OPEN_NS] <= now_ns < counters[CLOSE_NS]
    if second.solves and inside and not np.isnan(spot):
        log = second.greeks_log[second.greeks_logged[0] :]
        second.greeks_logged[0] += solve_chain(
            store, second.chain, spot, counters[CLOSE_NS], now_ns, log
        )
    if is_due(store, second.samples, now_ns):
        take_sample(store, second.samples, second.vendor, spot, now_ns)
