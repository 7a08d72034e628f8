"""Which price of the underlying is believed: the chain's at a poll, parity between polls.

The vendor's chain carries the underlying's price only with a stocks plan, and then perhaps delayed.
Parity over the live quotes needs no such plan. An estimate from tight quotes that agree is taken
each second; a worse one only where no fresh real-time price of the chain is known. An estimate that
leaps is not believed unless three strikes agree on it: the last one is held for five seconds, and
then spot is unknown until an estimate is in reach again, or the last minute tells of no moves.

Source: design, section 8; analytics sheet, section 5.
"""

import math
from typing import Final, Literal

from spymaster.analytics.parity import NO_ESTIMATE, ParitySpot, Quality
from spymaster.core.snapshots import ChainSnapshot

type SpotSource = Literal["chain", "parity", "chain-delayed"]

_SECOND_NS: Final = 1_000_000_000
CHAIN_FRESH_NS: Final = 120 * _SECOND_NS
"""So long is a real-time price of the chain preferred to a doubtful parity estimate."""
HOLD_NS: Final = 5 * _SECOND_NS
"""So long is an estimate held after the quotes stopped giving one."""
_MEMORY_NS: Final = 60 * _SECOND_NS
_LEAP_SD: Final = 6.0
_CONFIRMING: Final = 3
"""Strikes that make a leap believed."""
_LEAST_SD: Final = 0.005
"""Dollars; what two strikes' rounding to cents alone makes an estimate jump."""
_LEAST_MOVES: Final = 10
"""With fewer moves in the last minute, nothing is known of how much is much."""


class SpotTracker:
    """The spot of the session. Times are market time, UNIX ns."""

    def __init__(self) -> None:
        self.price: float | None = None
        """Dollars; None while unknown."""
        self.source: SpotSource | None = None
        self.first: float | None = None
        """The first spot of the session."""
        self.estimate = NO_ESTIMATE
        """The last parity estimate, whether it was believed or not."""
        self.parity = math.nan
        """The last parity estimate that was believed, dollars; NaN before the first."""
        self.resumed_ns = 0
        """When events came again after the last silence of the feed."""
        self._parity_ns = 0
        self._moves: tuple[tuple[int, float], ...] = ()
        """Of the last minute: when, and the square of the move a second, dollars squared."""
        self._chain: float | None = None
        self._chain_ns = 0
        self._chain_source: SpotSource = "chain"

    @property
    def pricing(self) -> float | None:
        """Spot of the time of the options' own prices: what they may be valued with, if known."""
        return None if self.source == "chain-delayed" else self.price

    @property
    def doubtful(self) -> bool:
        """Whether the last parity estimate rests on a stale leg, or was not believed."""
        believed = self.estimate.price == self.parity
        return not believed or self.estimate.quality in (Quality.STALE, Quality.CROSSED)

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
        self.estimate = estimate
        chain_fresh = self._chain_source == "chain" and (
            self._chain is not None and now_ns - self._chain_ns < CHAIN_FRESH_NS
        )
        trusted = estimate.strikes and (estimate.quality == Quality.GOOD or not chain_fresh)
        stale = estimate.quality == Quality.STALE
        if trusted and not stale and not self._leaps(estimate, now_ns):
            self._believe(estimate.price, now_ns)
        elif self._holds_parity(now_ns):
            return
        elif trusted and stale:
            self._set(estimate.price, "parity")
        elif self._chain is not None:
            self._set(self._chain, self._chain_source)
        else:
            self.price, self.source = None, None

    def _believe(self, price: float, now_ns: int) -> None:
        if self._holds_parity(now_ns) and now_ns > self._parity_ns:
            seconds = (now_ns - self._parity_ns) / _SECOND_NS
            moves = self._recent(now_ns)
            self._moves = (*moves, (now_ns, (price - self.parity) ** 2 / seconds))
        self.parity, self._parity_ns = price, now_ns
        self._set(price, "parity")

    def _leaps(self, estimate: ParitySpot, now_ns: int) -> bool:
        """Whether an estimate that few strikes tell is further off than the last minute's moves."""
        if estimate.strikes >= _CONFIRMING:
            return False
        moves = self._recent(now_ns)
        if len(moves) < _LEAST_MOVES:
            return False
        variance = math.fsum(square for _, square in moves) / len(moves)
        seconds = max((now_ns - self._parity_ns) / _SECOND_NS, 1.0)
        limit = _LEAP_SD * max(math.sqrt(variance * seconds), _LEAST_SD)
        return abs(estimate.price - self.parity) > limit

    def _recent(self, now_ns: int) -> tuple[tuple[int, float], ...]:
        moves = self._moves
        old = 0
        while old < len(moves) and now_ns - moves[old][0] > _MEMORY_NS:
            old += 1
        return moves[old:]

    def _holds_parity(self, now_ns: int) -> bool:
        return not math.isnan(self.parity) and now_ns - self._parity_ns <= HOLD_NS

    def _set(self, price: float, source: SpotSource) -> None:
        self.price, self.source = price, source
        if self.first is None:
            self.first = price
