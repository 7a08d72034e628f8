"""Puts greeks in force: takes the vendor's chain snapshots, and remembers what held when.

Unknown stays unknown: where a snapshot has no greeks for a contract, none are in force until one
has, and its prints wait. Snapshots from before the open are not used for greeks: their quotes are
the previous day's.

Source: design, section 7; market figures, trap 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_aggregator import FlowAggregator


@dataclass(frozen=True, slots=True)
class _Past:
    """Greeks in force from ``since_ns`` on, by contract number."""

    since_ns: int
    delta: NDArray[np.float64]
    gamma: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GreeksCheckpoint:
    """A moment of a `GreekEnricher`."""

    past: tuple[_Past, ...]
    implied_volatility: dict[int, float]
    open_interest: dict[int, int]


class GreekEnricher:
    """The greeks of the chain, as of the last snapshot."""

    def __init__(self, table: ContractTable, flow: FlowAggregator) -> None:
        self._table = table
        self._flow = flow
        self._past: list[_Past] = []
        self._implied_volatility: dict[int, float] = {}
        self._open_interest: dict[int, int] = {}

    def checkpoint(self) -> "GreeksCheckpoint":
        """The state now."""
        return GreeksCheckpoint(
            tuple(self._past), dict(self._implied_volatility), dict(self._open_interest)
        )

    def restore(self, past: "GreeksCheckpoint") -> None:
        """Go back or forth to a checkpoint."""
        self._past = list(past.past)
        self._implied_volatility = dict(past.implied_volatility)
        self._open_interest = dict(past.open_interest)

    def implied_volatility(self, contract: int) -> float | None:
        """Decimal a year, as the last snapshot gave it."""
        return self._implied_volatility.get(contract)

    def open_interest(self, contract: int) -> int | None:
        """Contracts at the end of the previous session."""
        return self._open_interest.get(contract)

    def apply(self, snapshot: ChainSnapshot, market_ns: int, *, use_greeks: bool) -> None:
        """Take a chain snapshot that was received at a market time.

        Args:
            snapshot: The chain; tickers of other days or underlyings are passed over.
            market_ns: Market time of the answer, UNIX ns.
            use_greeks: False before the open, when only open interest is of this day.
        """
        rows = [(row, self._number(ticker)) for row, ticker in enumerate(snapshot.tickers)]
        known = [(row, contract) for row, contract in rows if contract is not None]
        self._flow.reserve(len(self._table))
        for row, contract in known:
            self._take_reference(snapshot, row, contract)
            if use_greeks:
                delta, gamma = float(snapshot.delta[row]), float(snapshot.gamma[row])
                if not np.isfinite([delta, gamma]).all():
                    delta = gamma = np.nan
                self._flow.set_greeks(contract, delta, gamma)
                self._set_volatility(contract, float(snapshot.implied_volatility[row]))
        if use_greeks:
            records = self._flow.contracts[: len(self._table)]
            self._past.append(_Past(market_ns, records["delta"].copy(), records["gamma"].copy()))

    def at(
        self, contract: int, ts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Delta and gamma of a contract in force at given times, else the first known after.

        NaN where none were known at the time nor since: such prints wait.
        """
        delta = np.full(len(ts), np.nan)
        gamma = np.full(len(ts), np.nan)
        held = [past for past in self._past if contract < len(past.delta)]
        if held and len(ts):
            since = np.array([past.since_ns for past in held])
            deltas = np.array([past.delta[contract] for past in held])
            gammas = np.array([past.gamma[contract] for past in held])
            place = np.maximum(np.searchsorted(since, ts, side="right") - 1, 0)
            place = _first_known_from(~np.isnan(deltas))[place]
            known = place < len(held)
            delta[known], gamma[known] = deltas[place[known]], gammas[place[known]]
        return delta, gamma

    def _number(self, ticker: str) -> int | None:
        try:
            return self._table.number(ticker)
        except ContractError:
            return None

    def _take_reference(self, snapshot: ChainSnapshot, row: int, contract: int) -> None:
        open_interest = snapshot.open_interest[row]
        if np.isfinite(open_interest) and open_interest >= 0:
            self._open_interest[contract] = int(open_interest)
        shares = snapshot.shares_per_contract[row]
        if np.isfinite(shares) and shares >= 1:
            self._flow.contracts[contract]["multiplier"] = int(shares)
        self._flow.touch(contract)

    def _set_volatility(self, contract: int, value: float) -> None:
        if np.isfinite(value) and value > 0:
            self._implied_volatility[contract] = value
        else:
            self._implied_volatility.pop(contract, None)


def _first_known_from(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each place, the first known one from there on; the length where there is none."""
    places = np.where(known, np.arange(len(known)), len(known))
    return np.minimum.accumulate(places[::-1])[::-1]
