"""Which price of the underlying is believed: the chain's at a poll, parity between polls.

The vendor's chain carries the underlying's price only with a stocks plan, and then perhaps delayed.
Parity over the live quotes needs no such plan. An estimate from tight quotes that agree is taken
each second; a worse one only where no fresh real-time price of the chain is known.

Source: design, section 8; analytics sheet, section 5.
"""

import math
from typing import Final, Literal

from spymaster.analytics.parity import ParitySpot, Quality
from spymaster.core.snapshots import ChainSnapshot

type SpotSource = Literal["chain", "parity", "chain-delayed"]

CHAIN_FRESH_NS: Final = 120 * 1_000_000_000
"""So long is a real-time price of the chain preferred to a doubtful parity estimate."""
HOLD_NS: Final = 5 * 1_000_000_000
"""So long is an estimate held after the quotes stopped giving one."""


class SpotTracker:
    """The spot of the session. Times are market time, UNIX ns."""

    def __init__(self) -> None:
        self.price: float | None = None
        """Dollars; None while unknown."""
        self.source: SpotSource | None = None
        self.first: float | None = None
        """The first spot of the session."""
        self.quality = Quality.NONE
        """Of the last parity estimate."""
        self.parity = math.nan
        """The last parity estimate, dollars; NaN before the first."""
        self._parity_ns = 0
        self._chain: float | None = None
        self._chain_ns = 0
        self._chain_source: SpotSource = "chain"

    def on_chain(self, snapshot: ChainSnapshot, now_ns: int) -> None:
        """Take the price that came with a chain snapshot, if it came with one."""
        price = snapshot.underlying_price
        if price is None or not math.isfinite(price) or price <= 0:
            return
        self._chain, self._chain_ns = price, now_ns
        self._chain_source = (
            "chain-delayed" if snapshot.underlying_timeframe == "DELAYED" else "chain"
        )
        if self._chain_source == "chain" or not self._holds_parity(now_ns):
            self._set(price, self._chain_source)

    def on_parity(self, estimate: ParitySpot, now_ns: int) -> None:
        """Take this second's parity estimate, which may be none."""
        self.quality = estimate.quality
        chain_fresh = self._chain_source == "chain" and (
            self._chain is not None and now_ns - self._chain_ns < CHAIN_FRESH_NS
        )
        trusted = estimate.quality == Quality.GOOD or not chain_fresh
        if estimate.strikes and trusted:
            self.parity, self._parity_ns = estimate.price, now_ns
            self._set(estimate.price, "parity")
        elif self._holds_parity(now_ns):
            return
        elif self._chain is not None:
            self._set(self._chain, self._chain_source)
        else:
            self.price, self.source = None, None

    def _holds_parity(self, now_ns: int) -> bool:
        return not math.isnan(self.parity) and now_ns - self._parity_ns <= HOLD_NS

    def _set(self, price: float, source: SpotSource) -> None:
        self.price, self.source = price, source
        if self.first is None:
            self.first = price
