"""The published rules that sign a print, each on its own: what the live sequence is compared with.

All take columns of equal length, one row a print: prices in integers (1/10,000 $, 0 for a missing
side), sizes in contracts, and give +1 for bought, -1 for sold and 0 where the rule cannot decide.
The quote is the last one before the print, whatever its age; a market without an ask, or crossed,
is no quote. The hybrids (`lee_ready`, `emo`, `clnv`) then fall through to the tick test.

Source: analytics sheet, 1.2, with the papers that each rule comes from.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

type Column = NDArray[np.int64]
type Signs = NDArray[np.int8]


def tick(contract: Column, price: Column) -> Signs:
    """Tick test: above or below the contract's last different price, however long ago.

    Rows stand in order of time; ``contract`` numbers them from 0.
    """
    signs: Signs = _tick(contract, price, int(contract.max(initial=-1)) + 1)
    return signs


def reverse_tick(contract: Column, price: Column) -> Signs:
    """Against the contract's next different price, which needs the future: bought if that is lower.

    Rows as in `tick`.
    """
    return tick(contract[::-1], price[::-1])[::-1]


def quote(price: Column, bid: Column, ask: Column) -> Signs:
    """Above or below the middle of the quote; undecided at it (Harris 1989)."""
    return np.where(_two_sided(bid, ask), np.sign(2 * price - (bid + ask)), 0).astype(np.int8)


def lee_ready(price: Column, bid: Column, ask: Column, ticks: Signs) -> Signs:
    """Quote rule, and the tick test (``ticks``, of `tick`) at the middle (1991)."""
    signs = quote(price, bid, ask)
    return np.where(signs == 0, ticks, signs)


def emo(price: Column, bid: Column, ask: Column, ticks: Signs) -> Signs:
    """Quote rule at bid and ask only, tick test elsewhere (Ellis, Michaely, O'Hara 2000)."""
    apart = _two_sided(bid, ask) & (bid != ask)
    return _choose(apart & (price == ask), apart & (price == bid), ticks)


def clnv(price: Column, bid: Column, ask: Column, ticks: Signs) -> Signs:
    """Quote rule in the outer 30 % of the spread, tick test elsewhere (Chakrabarty et al. 2007)."""
    apart = _two_sided(bid, ask) & (bid != ask)
    bought = apart & (10 * price > 3 * bid + 7 * ask) & (price <= ask)
    sold = apart & (10 * price < 7 * bid + 3 * ask) & (price >= bid)
    return _choose(bought, sold, ticks)


def trade_size(size: Column, bid_size: Column, ask_size: Column) -> Signs:
    """The size of one side alone was taken whole: it was a customer's resting order (GSU)."""
    none = np.zeros(len(size), dtype=np.int8)
    return _choose(
        (size == bid_size) & (size != ask_size), (size == ask_size) & (size != bid_size), none
    )


def depth(price: Column, bid: Column, ask: Column, bid_size: Column, ask_size: Column) -> Signs:
    """At the middle, toward the larger side, which fair value is away from (GSU)."""
    middle = _two_sided(bid, ask) & (2 * price == bid + ask)
    return np.where(middle, np.sign(ask_size - bid_size), 0).astype(np.int8)


def _two_sided(bid: Column, ask: Column) -> NDArray[np.bool_]:
    """Whether there is a market: an ask, not below the bid. A bid of zero is one."""
    return (ask > 0) & (bid <= ask)


def _choose(bought: NDArray[np.bool_], sold: NDArray[np.bool_], otherwise: Signs) -> Signs:
    return np.where(bought, 1, np.where(sold, -1, otherwise)).astype(np.int8)


@njit(cache=True)
def _tick(contract, price, contracts):  # type: ignore[no-untyped-def]
    last = np.zeros(contracts, dtype=np.int64)
    differing = np.zeros(contracts, dtype=np.int64)
    signs = np.zeros(len(price), dtype=np.int8)
    for row in range(len(price)):
        own = contract[row]
        if last[own] != price[row]:
            differing[own] = last[own]
            last[own] = price[row]
        if differing[own] != 0:
            signs[row] = 1 if price[row] > differing[own] else -1
    return signs
