"""Puts greeks in force: the model's or the vendor's, and remembers what held when.

The model's are solved once a market second from the live quotes and spot (see `chain_solver`).
Where the model has none for a contract, or its volatility is older than 300 s, the vendor's last
chain snapshot serves. Unknown stays unknown: where neither has greeks for a contract, none are in
force until one has, and its prints wait. Snapshots from before the open are not used for greeks:
their quotes are the previous day's. At the close the model's greeks freeze.

What held when is a log: of the vendor's greeks each change; of the model's, a contract gets a row
when its delta moved by more than 0.01, and else after 10 s if delta moved by more than 0.001 or
gamma by more than 2 %. That is some 10 MB for a day of 300 contracts, 25 MB at worst.

Source: design, section 7; market figures, trap 1.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError
from spymaster.core.sessions import Session
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.chain_solver import VOLATILITY_HOLDS_NS
from spymaster.engine.columns import GREEKS, GreeksSource
from spymaster.engine.flow_aggregator import FlowAggregator

type Source = Literal["model", "vendor"]

_SOURCES: dict[int, Source | None] = {
    GreeksSource.MODEL: "model",
    GreeksSource.VENDOR: "vendor",
    GreeksSource.NONE: None,
}
_MOST_SHARES = 10_000
"""Behind one contract; what the vendor tells beyond is no figure of an adjusted one."""


@dataclass(frozen=True, slots=True)
class GreeksCheckpoint:
    """A moment of a `GreekEnricher`, whose log only grows."""

    logged: int
    preferred: Source
    implied_volatility: dict[int, float]
    open_interest: dict[int, int]


class GreekEnricher:
    """The greeks of the chain."""

    def __init__(
        self, table: ContractTable, flow: FlowAggregator, session: Session, source: Source
    ) -> None:
        self._table = table
        self._flow = flow
        self._session = session
        self.preferred = source
        """``vendor`` never solves any."""
        self.log = flow.memory.room(1024, GREEKS)
        """What held when, and room for more."""
        self.logged = np.zeros(1, dtype=np.int64)
        """How many rows of the log are written; compiled code counts on."""
        self._implied_volatility: dict[int, float] = {}
        self._open_interest: dict[int, int] = {}

    def checkpoint(self) -> "GreeksCheckpoint":
        """The state now."""
        return GreeksCheckpoint(
            int(self.logged[0]),
            self.preferred,
            dict(self._implied_volatility),
            dict(self._open_interest),
        )

    def restore(self, past: "GreeksCheckpoint") -> None:
        """Go back or forth to a checkpoint."""
        self.logged[0] = past.logged
        self.preferred = past.preferred
        self._implied_volatility = dict(past.implied_volatility)
        self._open_interest = dict(past.open_interest)

    def implied_volatilities(self, contracts: NDArray[np.intp]) -> list[float | None]:
        """Decimal a year: the model's where its greeks are in force, else the last snapshot's."""
        source, model = (
            self._flow.contracts[name][contracts] for name in ("greeks_source", "volatility")
        )
        return [
            volatility if is_model else self._implied_volatility.get(contract)
            for contract, is_model, volatility in zip(
                contracts.tolist(), source == GreeksSource.MODEL, model.tolist(), strict=True
            )
        ]

    def sources(self, contracts: NDArray[np.intp]) -> list[Source | None]:
        """Whose delta and gamma are in force."""
        return [
            _SOURCES[code] for code in self._flow.contracts["greeks_source"][contracts].tolist()
        ]

    def open_interest(self, contract: int) -> int | None:
        """Contracts at the end of the previous session."""
        return self._open_interest.get(contract)

    def number(self, snapshot: ChainSnapshot) -> list[tuple[int, int]]:
        """Rows of a chain that are of this day and underlying, with their contracts' numbers."""
        rows = [(row, self._number(ticker)) for row, ticker in enumerate(snapshot.tickers)]
        return [(row, contract) for row, contract in rows if contract is not None]

    def apply(self, snapshot: ChainSnapshot, market_ns: int, *, use_greeks: bool) -> None:
        """Take a chain snapshot that was received at a market time.

        Args:
            snapshot: The chain; tickers of other days or underlyings are passed over.
            market_ns: Market time of the answer, UNIX ns.
            use_greeks: False before the open, when only open interest is of this day.
        """
        known = self.number(snapshot)
        self._flow.reserve(len(self._table))
        contracts = np.array([contract for _, contract in known], dtype=np.intp)
        told = self._reference(contracts)
        for row, contract in known:
            self._take_reference(snapshot, row, contract)
            if use_greeks:
                self._set_volatility(contract, float(snapshot.implied_volatility[row]))
                if not self._model_holds(contract, market_ns):
                    delta, gamma = float(snapshot.delta[row]), float(snapshot.gamma[row])
                    if not np.isfinite([delta, gamma]).all():
                        delta = gamma = np.nan
                    self._put_vendors(contract, delta, gamma, market_ns)
        is_new = self._flow.contracts["version"][contracts] == 0
        for contract, new, was, now in zip(
            contracts.tolist(), is_new, told, self._reference(contracts), strict=True
        ):
            if new or was != now:
                self._flow.touch(contract)

    def _reference(self, contracts: NDArray[np.intp]) -> list[tuple[int | None, float | None]]:
        """What a client sees of snapshots."""
        interests = [self.open_interest(contract) for contract in contracts.tolist()]
        return list(zip(interests, self.implied_volatilities(contracts), strict=True))

    def at(
        self, contract: int, ts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Delta, gamma and volatility of a contract in force at given times, else the next known.

        NaN where none were known at the time nor since: such prints wait.
        """
        delta = np.full(len(ts), np.nan)
        gamma = np.full(len(ts), np.nan)
        volatility = np.full(len(ts), np.nan)
        log = self.log[: self.logged[0]]
        log = log[log["contract"] == contract]
        if len(log) and len(ts):
            log = log[np.argsort(log["ts"], kind="stable")]
            place = np.maximum(np.searchsorted(log["ts"], ts, side="right") - 1, 0)
            place = _first_known_from(~np.isnan(log["delta"]))[place]
            known = place < len(log)
            for column, name in ((delta, "delta"), (gamma, "gamma"), (volatility, "volatility")):
                column[known] = log[name][place[known]]
        return delta, gamma, volatility

    def _model_holds(self, contract: int, market_ns: int) -> bool:
        record = self._flow.contracts[contract]
        if self.preferred != "model" or record["greeks_source"] != GreeksSource.MODEL:
            return False
        fresh = market_ns - int(record["volatility_ns"]) <= VOLATILITY_HOLDS_NS
        return fresh or market_ns >= self._session.close_ns

    def _put_vendors(self, contract: int, delta: float, gamma: float, market_ns: int) -> None:
        record = self._flow.contracts[contract]
        if np.isnan(delta) and record["greeks_source"] == GreeksSource.MODEL:
            return
        volatility = self._implied_volatility.get(contract, np.nan)
        self._flow.set_greeks(contract, delta, gamma, volatility, GreeksSource.VENDOR)
        if self._logs(record, delta, gamma):
            self.make_room(1)
            self.log[self.logged[0]] = (market_ns, delta, gamma, contract, volatility)
            self.logged[0] += 1
            record["logged_delta"], record["logged_gamma"] = delta, gamma
            record["logged_ns"] = market_ns

    @staticmethod
    def _logs(record: np.void, delta: float, gamma: float) -> bool:
        """Whether the vendor's greeks are others than the log has."""
        held = [float(record["logged_delta"]), float(record["logged_gamma"])]
        return not np.array_equal(held, [delta, gamma], equal_nan=True)

    def make_room(self, rows: int) -> None:
        """Make room for so many more rows in the log."""
        needed = int(self.logged[0]) + rows
        if needed > len(self.log):
            size = max(needed, len(self.log) * 3 // 2)
            grown = self._flow.memory.room(size, GREEKS)
            grown[: len(self.log)] = self.log
            self.log = grown

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
        if 1 <= shares <= _MOST_SHARES:
            self._flow.contracts[contract]["multiplier"] = int(shares)

    def _set_volatility(self, contract: int, value: float) -> None:
        if np.isfinite(value) and value > 0:
            self._implied_volatility[contract] = value
        else:
            self._implied_volatility.pop(contract, None)


def _first_known_from(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each place, the first known one from there on; the length where there is none."""
    places = np.where(known, np.arange(len(known)), len(known))
    return np.minimum.accumulate(places[::-1])[::-1]
