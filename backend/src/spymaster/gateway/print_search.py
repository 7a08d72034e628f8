"""Looks through a day's prints a slice at a time, so that the event loop keeps its turn.

Between two slices prints may come and may be taken back. What was found is looked at once more at
the end, together with what came meanwhile: so the answer is of the moment at which it is given.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.errors import DataError
from spymaster.engine.selection import Selection, places_of, select
from spymaster.gateway.desk import Desk, Showing

SLICE: Final = 1 << 17
"""Prints looked at in one go: a few milliseconds."""
_FIRST_SLICE: Final = 4_096
_WALKED: Final = 20_000
"""Prints of a contract up to which they are walked one by one: each is somewhere else in memory,
so that more of them are found sooner by looking through the whole day."""
_LOW: Final = -(2**63)
_HIGH: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """The prints at one end of those wanted."""

    places: NDArray[np.int64]
    """In order of time, then of place."""
    records: NDArray[np.void]
    """Copies of their `PRINT` records: what happens later does not change them."""
    total: int
    """How many are wanted in all."""
    all_places: NDArray[np.int64] | None
    """Of all that are wanted; None where the whole chain was looked through."""


async def search(
    desk: Desk, showing: Showing, wanted: Selection, limit: int, *, newest: bool, skip: int = 0
) -> Found:
    """The newest (or oldest) of the wanted prints but the first ``skip``, at most ``limit``.

    Raises:
        DataError: Another session was shown meanwhile, or the replay leapt; ask again.
    """
    flow = showing.engine.flow
    everything = None
    if len(wanted.contracts):
        everything = places = await all_places(desk, showing, wanted)
        total = len(places)
    else:
        places, total = await _looked_through(desk, showing, wanted, skip + limit, newest=newest)
    order = np.argsort(flow.prints["ts"][places], kind="stable")  # places rise
    if newest:
        end = max(len(order) - skip, 0)
        chosen = order[max(end - limit, 0) : end]
    else:
        chosen = order[skip : skip + limit]
    kept = places[chosen]
    return Found(kept, flow.prints[kept], total, everything)


async def all_places(desk: Desk, showing: Showing, wanted: Selection) -> NDArray[np.int64]:
    """Places of all prints of the chosen contracts that are wanted, lowest first.

    Raises:
        DataError: As `search`.
    """
    flow = showing.engine.flow
    if flow.contracts["trade_count"][np.flatnonzero(wanted.contracts)].sum() <= _WALKED:
        return places_of(flow.store, wanted)
    found, done = [], 0
    while done < (count := len(flow.prints)):
        end = min(done + SLICE, count)
        found.append(select(flow.store, done, end, wanted, _LOW, _HIGH)[0])
        done = end
        if done < count:
            await _let_others(desk, showing)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


async def _let_others(desk: Desk, showing: Showing) -> None:
    await asyncio.sleep(0)
    if desk.showing is not showing:
        raise DataError("the day that is shown changed meanwhile; ask again")


async def _looked_through(
    desk: Desk, showing: Showing, wanted: Selection, limit: int, *, newest: bool
) -> tuple[NDArray[np.int64], int]:
    flow = showing.engine.flow
    begun = len(flow.prints)
    low, high, total, done = _LOW, _HIGH, 0, 0
    size = max(_FIRST_SLICE, 4 * limit)
    kept = np.zeros(0, dtype=np.int64)
    while done < begun:
        count = min(size, begun - done)
        first = begun - done - count if newest else done
        places, matched = select(flow.store, first, first + count, wanted, low, high)
        kept, low, high = _merged(flow.prints, kept, places, limit, low, high, newest=newest)
        total += matched
        done += count
        size = min(2 * size, SLICE)
        if done < begun:
            await _let_others(desk, showing)
    places, matched = select(flow.store, begun, len(flow.prints), wanted, low, high)
    still = flow.prints["flags"][kept] & wanted.choices.without == 0
    return np.sort(np.concatenate([kept[still], places])), total + matched


def _merged(
    prints: NDArray[np.void],
    kept: NDArray[np.int64],
    places: NDArray[np.int64],
    limit: int,
    low: int,
    high: int,
    *,
    newest: bool,
) -> tuple[NDArray[np.int64], int, int]:
    """(the best ``limit`` of both, the times between which others could still be among them)."""
    both = np.sort(np.concatenate([kept, places]))
    if len(both) <= limit:
        return both, low, high
    ts = prints["ts"][both]
    order = np.argsort(ts, kind="stable")
    chosen = order[-limit:] if newest else order[:limit]
    if newest:
        low = int(ts[chosen[0]])
    else:
        high = int(ts[chosen[-1]])
    return both[np.sort(chosen)], low, high
