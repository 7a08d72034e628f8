"""The vendor's chain snapshot, in columns."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

type Timeframe = Literal["REAL-TIME", "DELAYED"]


@dataclass(frozen=True, slots=True)
class ChainSnapshot:
    """The chain of one expiration as the vendor showed it; NaN means that the vendor gave nothing.

    All columns have one row for each contract of the answer, in its order.
    """

    ts_received: int
    """When the answer had arrived, UNIX ns."""
    tickers: list[str]
    delta: NDArray[np.float64]
    gamma: NDArray[np.float64]
    """Per $1 of the underlying."""
    theta: NDArray[np.float64]
    """Per calendar day."""
    vega: NDArray[np.float64]
    """Per volatility point."""
    implied_volatility: NDArray[np.float64]
    """Decimal, a year."""
    open_interest: NDArray[np.float64]
    """Contracts at the end of the previous session."""
    bid: NDArray[np.float64]
    """Dollars; 0 for no bid, NaN where the plan has no quotes."""
    ask: NDArray[np.float64]
    shares_per_contract: NDArray[np.float64]
    underlying_price: float | None
    """Dollars; None where the stocks plan does not include it."""
    underlying_timeframe: Timeframe | None
