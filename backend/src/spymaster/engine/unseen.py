"""Which strikes the window would have held while nothing came: those of a feed without a break.

After an outage spot may stand where it stood, and have been elsewhere meanwhile. The prints that
REST brings for the strikes around it tell, by put-call parity, where; a window that is moved along
that path by the rules of the live one passes the strikes that are missing.

Source: design, section 8.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.print_path import SMOOTH, Legs, Prints, smoothed, spot_at
from spymaster.core.batches import PRICE_SCALE
from spymaster.engine.columns import Flag, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.strike_manager import StrikeManager, Window

STEP_S: Final = 5
"""Seconds between two looks at spot."""
_MAX_AGE_NS: Final = 300 * 1_000_000_000
_SLICE: Final = 200
"""Looks that take a few milliseconds."""
_NS: Final = 1_000_000_000
_OF_NO_MARKET: Final = (Rule.LATE, Rule.COMPLEX, Rule.EXCLUDED, Rule.CANCEL)


def strikes_between(
    engine: FlowEngine, before: Window, since_ns: int, until_ns: int
) -> Iterator[frozenset[float]]:
    """Strikes that the window passes between two market times, slice by slice of the path.

    Args:
        engine: Holds the prints of the time between, of some strikes at least.
        before: The window at the start.
        since_ns: Start, UNIX ns.
        until_ns: End, UNIX ns.
    """
    window = StrikeManager(engine.strikes.span)
    window.list_strikes(engine.strikes.listed)
    window.restore(before)
    legs = _legs(engine, since_ns - _MAX_AGE_NS, until_ns)
    times = np.arange(since_ns, until_ns + 1, STEP_S * _NS, dtype=np.int64)
    last, recent = before.spot, np.empty(0)
    for start in range(0, len(times), _SLICE):
        looks = times[start : start + _SLICE]
        spot = spot_at(legs, looks, last)
        known = ~np.isnan(spot)
        path = np.concatenate([recent, spot[known]])
        passed: set[float] = set()
        # The first estimates of a path have no two before them, so its median lags by one look.
        medians = smoothed(path) if len(path) >= SMOOTH else path[:0]
        for now_ns, price in zip(looks[known][-len(medians) :], medians, strict=False):
            window.on_spot(int(now_ns), float(price))
            passed.update(window.strikes)
        if known.any():
            last = float(path[-1])
        recent = path[1 - SMOOTH :]
        yield frozenset(passed)


def _legs(engine: FlowEngine, since_ns: int, until_ns: int) -> dict[float, Legs]:
    """Prints that say where the market was, by strike."""
    prints = engine.flow.prints
    ts = prints["ts"]
    rows = prints[(ts >= since_ns) & (ts <= until_ns)]
    rows = rows[(rows["flags"] & Flag.CANCEL == 0) & ~np.isin(rows["rule"], _OF_NO_MARKET)]
    rows = rows[np.lexsort((rows["ts"], rows["contract"]))]
    numbers, starts = np.unique(rows["contract"], return_index=True)
    found: dict[tuple[float, str], Prints] = {}
    for number, part in zip(numbers.tolist(), np.split(rows, starts[1:]), strict=False):
        contract = engine.table[number]
        found[contract.strike, contract.right] = _prints(part)
    return {
        strike: Legs(found[strike, "C"], found[strike, "P"])
        for strike, right in found
        if right == "C" and (strike, "P") in found
    }


def _prints(rows: NDArray[np.void]) -> Prints:
    return Prints(rows["ts"].copy(), rows["price"] / PRICE_SCALE)
