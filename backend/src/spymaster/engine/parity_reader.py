"""Parity's estimate of spot from the newest quotes and prints of the strikes around it, compiled.

Made once a market second, so it reads the engine's records in place and looks at no more strikes
than the rule does. A pair of quotes is of one moment if the two are within a second of each other,
or if both came since the feed last fell silent: a quote is firm until it is replaced.

Source: analytics sheet, sections 1.4 (staleness) and 5.
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spymaster.analytics import parity
from spymaster.analytics.parity import (
    REACH_DOLLARS,
    REACH_STRIKES,
    ParitySpot,
    estimate_from_prints,
    estimate_from_quotes,
)
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import uncounted
from spymaster.core.contracts import ContractTable
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.columns import RING
from spymaster.engine.side import FEED_GAP_MS, is_stale

_MS: Final = 1_000_000
_PAIRED_MS: Final = 1_000
_PRINT_AGE_S: Final = 300.0


class PairColumns(NamedTuple):
    """Strikes that have both a call and a put, lowest first, with the numbers of the two."""

    strike: NDArray[np.float64]
    """Dollars."""
    call: NDArray[np.int64]
    put: NDArray[np.int64]


class PairedStrikes:
    """The strikes that have both a call and a put, lowest first, with the numbers of the two."""

    def __init__(self) -> None:
        self.known = 0
        """How many contracts of the table this was made from."""
        self._all = PairColumns(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
        self._window: tuple[float, ...] | None = None
        self._inside = self._all

    @classmethod
    def of(cls, table: ContractTable) -> Self:
        """Those of the contracts that are known now."""
        pairs: dict[float, dict[str, int]] = {}
        for number, contract in enumerate(table):
            pairs.setdefault(contract.strike, {})[contract.right] = number
        both = sorted(strike for strike, rights in pairs.items() if len(rights) == 2)
        made = cls()
        made.known = len(table)
        made._all = PairColumns(
            np.array(both, dtype=np.float64),
            np.array([pairs[strike]["C"] for strike in both], dtype=np.int64),
            np.array([pairs[strike]["P"] for strike in both], dtype=np.int64),
        )
        return made

    def inside(self, window: tuple[float, ...]) -> PairColumns:
        """Those of a window, its strikes lowest first; all of them for none."""
        if window is not self._window:
            self._window = window
            low, high = (window[0], window[-1] + 1e-9) if window else (-np.inf, np.inf)
            strike, call, put = self._all
            rows = slice(*np.searchsorted(strike, (low, high)))
            self._inside = PairColumns(strike[rows], call[rows], put[rows])
        return self._inside

    def read_chain(self, snapshot: ChainSnapshot, table: ContractTable) -> ParitySpot:
        """Estimate spot from the quotes that came with the vendor's chain."""
        bid = np.full(len(table), np.nan)
        ask = np.full(len(table), np.nan)
        for row, ticker in enumerate(snapshot.tickers):
            number = table.find(ticker)
            if number is not None:
                bid[number], ask[number] = snapshot.bid[row], snapshot.ask[row]
        strike, call, put = self._all
        return parity.from_quotes(strike, bid[call], ask[call], bid[put], ask[put], np.nan)


@njit(cache=True)
def _near(strike: NDArray[np.float64], last):  # type: ignore[no-untyped-def]
    """(first, end) of the strikes that the rule may look at."""
    if np.isnan(last):
        return 0, len(strike)
    middle = np.searchsorted(strike, last)
    first = max(middle - 2 * REACH_STRIKES, 0)
    while first > 0 and last - strike[first - 1] <= REACH_DOLLARS:
        first -= 1
    end = min(middle + 2 * REACH_STRIKES, len(strike))
    while end < len(strike) and strike[end] - last <= REACH_DOLLARS:
        end += 1
    return first, end


@njit(cache=True)
def read_parity(contracts, ring, pairs, now_ms, gap_ms, last, resumed_ms):  # type: ignore[no-untyped-def]
    """Estimate spot at a market second, before its first event is taken.

    Args:
        contracts: `CONTRACT` records.
        ring: Their newest `QUOTE` records.
        pairs: `PairColumns` to look at.
        now_ms: The second.
        gap_ms: Since the last event.
        last: The last estimate, dollars, or NaN at the start.
        resumed_ms: When events came again after the last silence of the feed.

    Returns:
        The columns of a `ParitySpot`.
    """
    strike = pairs.strike
    first, end = _near(strike, last)
    count = end - first
    bid, ask = np.full((2, count), np.nan), np.full((2, count), np.nan)
    live = np.zeros(count, dtype=np.bool_)
    _write_quotes(contracts, ring, pairs, first, now_ms, gap_ms, last, resumed_ms, bid, ask, live)
    found = estimate_from_quotes(strike[first:end], bid[0], ask[0], bid[1], ask[1], last, live)
    if found[1] > 0:
        return found
    price, age = np.full((2, len(strike)), np.nan), np.full((2, len(strike)), np.inf)
    _write_prices(contracts, pairs, now_ms, price, age)
    return estimate_from_prints(strike, price[0], price[1], age[0], age[1], last, _PRINT_AGE_S)


@uncounted
def _write_quotes(  # type: ignore[no-untyped-def]
    contracts, ring, pairs, first, now_ms, gap_ms, last, resumed_ms, bid, ask, live
):
    """Write the quotes of the strikes from a place on, dollars, and whether a pair's hold."""
    for k in range(len(live)):
        fresh = gap_ms <= FEED_GAP_MS
        confirmed = True
        oldest_ms, newest_ms = np.int64(2**62), np.int64(0)
        for right in range(2):
            leg = pairs.call[first + k] if right == 0 else pairs.put[first + k]
            record = contracts[leg]
            if record.quotes == 0:
                fresh = False
                continue
            quote = ring[leg, (record.quotes - 1) % RING]
            bid[right, k] = quote.bid / PRICE_SCALE
            ask[right, k] = quote.ask / PRICE_SCALE
            oldest_ms, newest_ms = min(oldest_ms, quote.ms), max(newest_ms, quote.ms)
            confirmed = confirmed and quote.ms >= resumed_ms
            move = record.delta * (last - quote.spot)
            fresh = fresh and not is_stale(quote, now_ms - quote.ms, gap_ms, move, False)
        live[k] = fresh and (confirmed or newest_ms - oldest_ms <= _PAIRED_MS)


@uncounted
def _write_prices(contracts, pairs, now_ms, price, age):  # type: ignore[no-untyped-def]
    """Write the last prices of all pairs, dollars, and their ages in seconds."""
    for k in range(len(pairs.strike)):
        for right in range(2):
            record = contracts[pairs.call[k] if right == 0 else pairs.put[k]]
            if record.last_price > 0:
                price[right, k] = record.last_price / PRICE_SCALE
                age[right, k] = (now_ms - record.last_ts // _MS) / 1e3
