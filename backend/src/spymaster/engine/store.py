"""The memory that compiled code works on, as one value, and the places of its counters."""

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spymaster.engine.columns import Rule

ALTERED_BLOCK: Final = 256
"""Prints whose flags are looked at together, where it matters which have changed."""
ALIKE: Final = 1 << 14
"""Chains of trades of one contract, price and size; a chain holds some hundred of a day's."""


class Memory(Protocol):
    """Where a session's large columns lie."""

    def room(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
        """A new array of zeros."""

    def let_go(self) -> None:
        """What is not being worked on need not stay resident."""


class ProcessMemory:
    """Ordinary memory: everything stays."""

    def room(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
        """A new array of zeros."""
        return np.zeros(shape, dtype=dtype)

    def let_go(self) -> None:
        """Nothing can go."""


class BarColumns(NamedTuple):
    """One cell for each second of the session and each part of the chain; see `bars`."""

    counts: NDArray[np.int64]
    """``[seconds, PARTS, COUNTS]``."""
    sums: NDArray[np.int64]
    """``[seconds, PARTS, SUMS, len(MEASURES)]``."""
    spot: NDArray[np.int32]
    """Last known one of each second, 1/10,000 $; 0 where none came."""
    version: NDArray[np.int64]
    """Of the last change in each second."""


class Store(NamedTuple):
    """Everything that prints and quotes change."""

    contracts: NDArray[np.void]
    """`CONTRACT` records."""
    ring: NDArray[np.void]
    """The newest `QUOTE` records of each contract."""
    prints: NDArray[np.void]
    """`PRINT` records, with room for more."""
    altered: NDArray[np.uint8]
    """1 for each `ALTERED_BLOCK` of prints that holds one whose flags have been written."""
    alike: NDArray[np.int32]
    """``[ALIKE]``: newest print of each chain of trades that cancels look through, -1 for none."""
    counters: NDArray[np.int64]
    market: NDArray[np.float64]
    """Spot, dollars; NaN unknown."""
    bars: BarColumns


# Places in the counters that compiled code keeps.
PRINTS = 0
COUNTED = 1
CANCELLED = 2
DELIVERED_LATE = 3
VERSION = 4
MARKET_NS = 5
QUOTES = 6
OPEN_NS = 7
CLOSE_NS = 8
BY_SIZE = 9
LAG_MS = 10  # prints are signed by quotes older than this
PRESSURE = 11  # weighted delta notional of the day, 1/10,000 $
PRESSURE_VARIANCE = 12  # in its `VARIANCE_UNIT`
LEGS_SEEN = 13  # place before which packages were looked for
WEIGHED = 14  # place before which prints are in the bars and in weighted sums
PREMIUM_BY_RULE = 15  # 1/10,000 $, one counter for each `Rule`
COUNTERS = PREMIUM_BY_RULE + len(Rule)
