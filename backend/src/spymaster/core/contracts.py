"""Option contracts and the table that numbers them.

A ticker reads ``O:`` + root + ``yymmdd`` + ``C``/``P`` + strike in thousandths of a dollar, eight
digits. It is read from the right, because a root may end in a digit (``O:SPY1251216C00600000``).

Source: vendor protocol, section 4.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NewType

from spymaster.core.errors import ContractError

type Right = Literal["C", "P"]

ContractId = NewType("ContractId", int)
"""Index of a contract in the `ContractTable` of its session, from 0."""

SHARES_PER_CONTRACT = 100
"""Shares behind one standard contract; adjusted contracts carry their own figure."""

_TAIL = 15  # yymmdd, right, eight digits of strike


@dataclass(frozen=True, slots=True, order=True)
class OptionContract:
    """One listed option. Sorts by root, expiration, strike, then call before put."""

    root: str
    expiration: dt.date
    strike_mills: int
    """Strike in thousandths of a dollar: exact, unlike the float."""
    right: Right

    @property
    def strike(self) -> float:
        """Strike in dollars."""
        return self.strike_mills / 1000

    @property
    def ticker(self) -> str:
        """The vendor's ticker, for example ``O:SPY251216C00600000``."""
        return f"O:{self.root}{self.expiration:%y%m%d}{self.right}{self.strike_mills:08d}"


def parse_ticker(ticker: str) -> OptionContract:
    """Read a vendor ticker.

    Raises:
        ContractError: The text is no option ticker; the message shows it.
    """
    head, tail = ticker[:-_TAIL], ticker[-_TAIL:]
    root, right, strike = head[2:], tail[6:7], tail[7:]
    if (
        not head.startswith("O:")
        or not (1 <= len(root) <= 6 and root.isascii() and root.isalnum() and root.isupper())
        or right not in ("C", "P")
        or not (tail[:6].isascii() and tail[:6].isdigit() and strike.isascii() and strike.isdigit())
    ):
        raise ContractError(f"{ticker[:40]!r} is no option ticker of the form O:SPY251216C00600000")
    try:
        expiration = dt.date(2000 + int(tail[:2]), int(tail[2:4]), int(tail[4:6]))
    except ValueError as exc:
        raise ContractError(f"{ticker!r} has no valid expiration date") from exc
    return OptionContract(root, expiration, int(strike), "C" if right == "C" else "P")


def roots_of(underlying: str) -> frozenset[str]:
    """Option roots whose contracts settle into ``underlying``.

    ``I:SPX`` has SPX and SPXW, ``BRK.B`` and ``BRK/B`` have BRKB.
    """
    symbol = underlying.removeprefix("I:").replace("/", "").replace(".", "")
    return frozenset({symbol, symbol + "W"}) if underlying.startswith("I:") else frozenset({symbol})


class ContractTable:
    """Numbers the contracts of one underlying and one expiration, in order of first sight.

    Numbers never change, so columns may hold them in place of tickers. A contract that was not
    listed when the day began is added when it is first seen.
    """

    def __init__(self, underlying: str, expiration: dt.date) -> None:
        self.underlying = underlying
        self.expiration = expiration
        self._roots = roots_of(underlying)
        self._ids: dict[str, ContractId] = {}
        self._contracts: list[OptionContract] = []
        self.tickers: list[str] = []
        """By number."""

    def __len__(self) -> int:
        return len(self._contracts)

    def __iter__(self) -> Iterator[OptionContract]:
        return iter(self._contracts)

    def __getitem__(self, contract_id: int) -> OptionContract:
        return self._contracts[contract_id]

    def ids(self) -> Iterable[tuple[str, ContractId]]:
        """Every known ticker with its number."""
        return self._ids.items()

    def find(self, ticker: str) -> ContractId | None:
        """The number of a ticker already known, else None."""
        return self._ids.get(ticker)

    def number(self, ticker: str) -> ContractId | None:
        """The number of a ticker, added at first sight; None for another expiry or underlying.

        Raises:
            ContractError: The text is no option ticker.
        """
        known = self._ids.get(ticker)
        if known is not None:
            return known
        contract = parse_ticker(ticker)
        if contract.expiration != self.expiration or contract.root not in self._roots:
            return None
        new = ContractId(len(self._contracts))
        self._ids[ticker] = new
        self._contracts.append(contract)
        self.tickers.append(ticker)
        return new
