"""The listed contracts of one day: the expiring chain, and the near strikes of the next expiry.

Contracts of one strike stand side by side, call before put, so that a package's other legs are
found by arithmetic on the row number.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Floats
from spymaster.core.contracts import OptionContract
from spymaster.simulator.path import opening_price

NEXT_EXPIRY_EACH_SIDE: Final = 15
"""Strikes each side of the money that trade in the following expiration."""
OPEN_INTEREST: Final = 530_000
"""Contracts open at the start of a normal day in the expiring chain (0.45-0.72 M)."""


@dataclass(frozen=True)
class Chain:
    """Contracts in rows: call and put of each strike, lowest strike first, nearest expiry first."""

    contracts: tuple[OptionContract, ...]
    strike: Floats
    """Dollars."""
    is_call: NDArray[np.bool_]
    open_interest: NDArray[np.int64]
    """Contracts at the end of the previous session."""
    expiring: int
    """Rows that expire today; the rest belong to the next expiration."""

    @cached_property
    def tickers(self) -> tuple[str, ...]:
        """The vendor's ticker of each row."""
        return tuple(contract.ticker for contract in self.contracts)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each ticker."""
        return {ticker: row for row, ticker in enumerate(self.tickers)}

    def __len__(self) -> int:
        return len(self.contracts)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which strikes are listed."""

    underlying: str = "SPY"
    strike_step: float = 1.0
    """Dollars."""
    strikes_each_side: int = 50

    def contracts(
        self, expiration: dt.date, seed: int, span: int | None = None
    ) -> list[OptionContract]:
        """Contracts of an expiration, or only ``span`` strikes each side of its centre.

        The centre is where spot opens on the expiration date, so that a contract that is listed
        days ahead is the same contract on the day it expires.
        """
        step = round(self.strike_step * 1000)
        centre = round(opening_price(expiration, seed) * 1000 / step)
        each = self.strikes_each_side if span is None else min(span, self.strikes_each_side)
        root = self.underlying.removeprefix("I:").replace("/", "")
        return [
            OptionContract(root, expiration, strike * step, right)
            for strike in range(centre - each, centre + each + 1)
            for right in ("C", "P")
        ]


def make_chain(
    listing: Listing, date: dt.date, following: dt.date, seed: int, volume_scale: float
) -> Chain:
    """The chain of a date; ``following`` is the next session, whose near strikes trade too."""
    today = listing.contracts(date, seed)
    later = listing.contracts(following, seed, NEXT_EXPIRY_EACH_SIDE)
    contracts = tuple(today + later)
    strike = np.array([contract.strike for contract in contracts])
    is_call = np.array([contract.right == "C" for contract in contracts])
    interest = np.concatenate(
        [
            _open_interest(rows, np.random.default_rng([seed, rows[0].expiration.toordinal(), 3]))
            for rows in (today, later)
        ]
    )
    return Chain(
        contracts=contracts,
        strike=strike,
        is_call=is_call,
        open_interest=np.rint(interest * volume_scale).astype(np.int64),
        expiring=len(today),
    )


def _open_interest(rows: list[OptionContract], rng: np.random.Generator) -> Floats:
    """Most interest sits out of the money, on round strikes, and in puts."""
    strike = np.array([contract.strike for contract in rows])
    centre = strike.mean()
    is_call = np.array([contract.right == "C" for contract in rows])
    away = np.where(is_call, strike - centre, centre - strike) / centre * 100  # percent out
    weight = np.where(away >= 0, np.exp(-away / 1.6), np.exp(away / 0.7) * 0.6)
    weight *= np.where(strike % 10 == 0, 2.6, np.where(strike % 5 == 0, 1.8, 1.0))
    weight *= np.where(is_call, 1.0, 1.2) * np.exp(0.6 * rng.standard_normal(len(rows)))
    return np.asarray(weight / weight.sum() * OPEN_INTEREST)
