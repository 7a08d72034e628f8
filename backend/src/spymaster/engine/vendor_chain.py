"""The vendor's last chain as it stands beside the model's.

The vendor's volatility is of its own clock. What serves here where the model has none is made of
its delta and gamma, which are of no clock, and of the time that was left to the close.

Source: analytics sheet, 4.7.
"""

import copy

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import vendor_clock
from spymaster.core.contracts import ContractTable
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.measures import years_left

_NEAR = 0.1
"""Deltas from here to 1 less this tell the vendor's clock: their vega and gamma have digits."""


class VendorChain:
    """What the last chain snapshot said of each contract; columns by contract number."""

    def __init__(self) -> None:
        self.ts = 0
        """Market time of the snapshot, UNIX ns; 0 before the first."""
        self.delta = np.empty(0)
        self.gamma = np.empty(0)
        self.implied_volatility = np.empty(0)
        """Decimal a year, on the vendor's clock."""
        self.volatility = np.empty(0)
        """Decimal a year to the close, from delta and gamma; NaN where they tell none."""
        self.hours_left: float | None = None
        """Time to expiry that its greeks imply: the middle over the chain, at the snapshot."""

    def checkpoint(self) -> "VendorChain":
        """The state now; each snapshot makes new columns, so these may be shared."""
        return copy.copy(self)

    def column(self, values: NDArray[np.float64], contracts: int) -> NDArray[np.float64]:
        """A column of this chain for the first ``contracts``, NaN for those it did not have."""
        found = np.full(contracts, np.nan)
        count = min(contracts, len(values))
        found[:count] = values[:count]
        return found

    def apply(
        self,
        snapshot: ChainSnapshot,
        table: ContractTable,
        spot: float | None,
        close_ns: int,
        now_ns: int,
    ) -> None:
        """Take a snapshot received at a market time, and the spot of that time if it is known."""
        numbers = np.array([_number(table, ticker) for ticker in snapshot.tickers], dtype=np.int64)
        rows = np.flatnonzero(numbers >= 0)

        def by_contract(values: NDArray[np.float64]) -> NDArray[np.float64]:
            column = np.full(len(table), np.nan)
            column[numbers[rows]] = values[rows]
            return column

        self.ts = now_ns
        price = np.nan if spot is None else spot
        deviation = vendor_clock.total_deviation(snapshot.delta, snapshot.gamma, price)
        self.delta = by_contract(snapshot.delta)
        self.gamma = by_contract(snapshot.gamma)
        self.implied_volatility = by_contract(snapshot.implied_volatility)
        self.volatility = by_contract(deviation / np.sqrt(years_left(close_ns, now_ns)))
        self.hours_left = _middle_hours(snapshot, price)


def _number(table: ContractTable, ticker: str) -> int:
    number = table.find(ticker)
    return -1 if number is None else number


def _middle_hours(snapshot: ChainSnapshot, spot: float) -> float | None:
    hours = vendor_clock.hours_left(
        snapshot.vega, snapshot.gamma, snapshot.implied_volatility, spot
    )
    size = np.abs(snapshot.delta)
    hours = hours[(size >= _NEAR) & (size <= 1 - _NEAR) & ~np.isnan(hours)]
    return float(np.median(hours)) if len(hours) else None
