"""How much older than a print the quote has to be that signs it.

Trades and quotes reach the consolidator through different gateways, so a print may be stamped after
the quote that it caused. The lag at which most prints lie exactly at the bid or the ask is the one
at which quotes and prints belong together. No lag is left for one that gains less than a percentage
point: such a gain is within what days differ by. [our choice]

Source: analytics sheet, section 1.6.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QuoteBatch, TradeBatch
from spymaster.core.conditions import AUTO, INTERMARKET_SWEEP, pack

LAGS_MS: Final = (0, 1, 2, 5, 10, 20, 50)
LEAST_GAIN: Final = 0.01
_LEAST_PRINTS: Final = 200
"""With fewer prints that have a quote, a percentage point is two prints."""
_SINGLE_LEG: Final = np.array([0, pack([AUTO]), pack([INTERMARKET_SWEEP])])
_MS: Final = 1_000_000
_MS_BITS: Final = 42
"""Milliseconds of UNIX time fit until the year 2109."""


def shares_at_quote(trades: TradeBatch, quotes: QuoteBatch) -> NDArray[np.float64]:
    """Share of single-leg prints exactly at the bid or ask, for each of `LAGS_MS`.

    The quote of a print is the last one of its contract that is stamped before the print less the
    lag. Of prints with the conditions 209, 219 or none, those count that have a quote at every lag.

    Args:
        trades: In any order, and likewise ``quotes``.
        quotes: Of the same contracts.

    Returns:
        NaN where fewer than 200 prints count.
    """
    prints = trades.take(np.isin(trades.conditions, _SINGLE_LEG))
    keys = _keys(quotes.contract, quotes.ts_event)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    at_quote = np.zeros((len(LAGS_MS), len(prints)), dtype=np.bool_)
    quoted = np.ones(len(prints), dtype=np.bool_)
    for row, lag_ms in enumerate(LAGS_MS):
        wanted = _keys(prints.contract, prints.ts_event - lag_ms * _MS)
        place = np.searchsorted(keys, wanted, side="left") - 1
        if not len(keys):
            quoted[:] = False
            continue
        found = order[np.maximum(place, 0)]
        quoted &= (place >= 0) & (quotes.contract[found] == prints.contract)
        price = prints.price
        at_quote[row] = (price == quotes.bid[found]) | (price == quotes.ask[found])
    counted = int(quoted.sum())
    if counted < _LEAST_PRINTS:
        return np.full(len(LAGS_MS), np.nan)
    return at_quote[:, quoted].sum(axis=1) / counted


def choose_lag(trades: TradeBatch, quotes: QuoteBatch) -> int:
    """The lag (ms) that a day's prints and quotes tell; 0 if none is clearly better.

    Of lags that do equally well the shortest is chosen.
    """
    shares = shares_at_quote(trades, quotes)
    if np.isnan(shares).any():
        return 0
    best = int(shares.argmax())
    return LAGS_MS[best] if shares[best] - shares[0] >= LEAST_GAIN - 1e-12 else 0


def _keys(contract: NDArray[np.int32], ts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order by contract, then by millisecond."""
    return (contract.astype(np.int64) << _MS_BITS) + ts // _MS
