"""What was traded by each of several moments, contract by contract, from the prints themselves.

The same pass serves the present, any moment before it and a whole day's path, so that they agree.
A print counts from its own time on, whenever it came; cancels and what they took back do not count.
"""

from typing import Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.core.batches import PRICE_SCALE
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag
from spymaster.engine.measures import UNIT, position_of, weight_of

_NOT_COUNTED = int(Flag.CANCEL | Flag.TAKEN_BACK)


class Traded(NamedTuple):
    """Sums up to each moment: a row for each moment, a column for each contract."""

    volume: NDArray[np.float64]
    premium: NDArray[np.float64]
    """Dollars a share times contracts; times the shares per contract it is dollars."""
    customers: NDArray[np.float64]
    """Contracts that customers bought net of those sold, each print by its weight."""
    variance: NDArray[np.float64]
    """Of that, contracts squared; prints of one parent order err together."""


def traded_by(prints: NDArray[np.void], contracts: int, moments: NDArray[np.int64]) -> Traded:
    """What was traded up to each moment, that instant left out.

    Args:
        prints: `PRINT` records in any order.
        contracts: How many columns; prints of later contracts are left out.
        moments: UNIX ns, ascending.
    """
    sums = _between(prints, contracts, moments)
    return Traded(*np.cumsum(sums, axis=1))


@njit(cache=True, nogil=True)
def _between(prints, contracts, moments):  # type: ignore[no-untyped-def]
    sums = np.zeros((4, len(moments), contracts))
    for place in range(len(prints)):
        row = prints[place]
        if row.flags & _NOT_COUNTED or row.contract >= contracts:
            continue
        at = np.searchsorted(moments, row.ts, side="right")
        if at == len(moments):
            continue
        size = np.float64(row.size)
        position, variance = position_of(row)
        sums[0, at, row.contract] += size
        sums[1, at, row.contract] += size * row.price / PRICE_SCALE
        sums[2, at, row.contract] += position / UNIT
        sums[3, at, row.contract] += variance / UNIT
    return sums


def flow_cells(
    prints: NDArray[np.void],
    strike: NDArray[np.intp],
    multiplier: NDArray[np.float64],
    shape: tuple[int, int],
    measure: Literal["premium", "delta"],
    *,
    start_ns: int,
    step_ns: int,
    until_ns: int,
) -> NDArray[np.float64]:
    """Flow by time and strike.

    Args:
        prints: `PRINT` records in any order.
        strike: The place of each contract's strike among the columns of the result.
        multiplier: Shares per contract, of each contract.
        shape: How many steps of time, and how many strikes.
        measure: Premium in dollars, or net delta flow in shares, each print by its weight.
        start_ns: Where the first step begins, UNIX ns.
        step_ns: How long each is.
        until_ns: Where the last one ends.

    Returns:
        A row for each step; NaN where a signed print waits for greeks.
    """
    cells = np.zeros(shape)
    _add_prints(
        prints,
        strike.astype(np.int64),
        multiplier,
        cells,
        measure == "premium",
        start_ns,
        step_ns,
        until_ns,
    )
    return cells


@njit(cache=True, nogil=True)
def _add_prints(prints, strike, multiplier, cells, premium, start_ns, step_ns, until_ns):  # type: ignore[no-untyped-def]
    for place in range(len(prints)):
        row = prints[place]
        if row.flags & _NOT_COUNTED or row.contract >= len(strike):
            continue
        if not start_ns <= row.ts < until_ns:
            continue
        amount = row.size * multiplier[row.contract]
        weight, _ = weight_of(row)
        if premium:
            amount *= row.price / PRICE_SCALE
        elif weight == 0:
            continue
        else:
            amount *= weight / CONFIDENCE_SCALE * row.delta
        cells[(row.ts - start_ns) // step_ns, strike[row.contract]] += amount
