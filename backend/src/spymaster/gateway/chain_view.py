"""The chain of an engine at one moment, taken so that a thread can work on it.

A `ChainView` holds all that an answer needs: copies of what changes, and views of what is only
added to. It is taken on the event loop in well under a millisecond; everything that is made of it
may run in a thread while the engine goes on.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import expected_move, smile
from spymaster.analytics.exposure import Exposures, exposures_of_one
from spymaster.core.sessions import Session
from spymaster.engine.chain_history import ChainMoment, ChainSamples
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import years_left
from spymaster.engine.traded import Traded, traded_by

type Column = NDArray[np.float64]

MS: Final = 1_000_000


@dataclass(frozen=True)
class ChainView:
    """The chain of one engine at one moment, and the day so far."""

    session: Session
    tickers: list[str]
    is_call: NDArray[np.bool_]
    strike: Column
    multiplier: Column
    open_interest: Column
    prints: NDArray[np.void]
    samples: ChainSamples
    moment: ChainMoment | None
    """None before the first."""
    until_ns: int
    """Prints before this count."""
    vendor: tuple[Column, Column, Column] | None
    """Its delta, gamma and volatility; None for a moment of the past."""
    window: tuple[float, ...]

    @classmethod
    def of(cls, engine: FlowEngine, at_ns: int | None) -> "ChainView":
        """The chain at a time of the day, UNIX ns; None, and later than now, mean now."""
        count = len(engine.table)
        records = engine.flow.contracts[:count]
        now = at_ns is None or at_ns >= engine.market_ns
        samples = engine.history.samples
        moment = engine.chain() if now else samples.at(at_ns or 0)
        until_ns = engine.market_ns + 1 if now else (at_ns or 0) + 1
        interest = [engine.greeks.open_interest(number) for number in range(count)]
        vendor = engine.vendor
        theirs = (vendor.delta, vendor.gamma, vendor.implied_volatility)
        return cls(
            session=engine.session,
            tickers=[contract.ticker for contract in engine.table],
            is_call=records["is_call"] != 0,
            strike=records["strike"].copy(),
            multiplier=records["multiplier"].astype(np.float64),
            open_interest=np.array(
                [math.nan if value is None else value for value in interest], dtype=np.float64
            ),
            prints=engine.flow.prints,
            samples=samples,
            moment=moment,
            until_ns=min(until_ns, engine.session.close_ns),
            vendor=_padded(theirs, count) if now else None,
            window=engine.strikes.strikes,
        )

    def traded(self, moments: NDArray[np.int64]) -> Traded:
        """What was traded up to each moment."""
        return traded_by(self.prints, len(self.strike), moments)


def _padded(columns: tuple[Column, Column, Column], count: int) -> tuple[Column, Column, Column]:
    first, second, third = (
        np.concatenate([column[:count], np.full(max(count - len(column), 0), math.nan)])
        for column in columns
    )
    return first, second, third


class Strikes:
    """The strikes of a chain, lowest first, and how the contracts lie on them."""

    def __init__(self, view: ChainView) -> None:
        self.strike, self.place = np.unique(view.strike, return_inverse=True)
        self.call = self._legs(view.is_call)
        self.put = self._legs(~view.is_call)

    def _legs(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of the contract at each strike; -1 for none."""
        legs = np.full(len(self.strike), -1, dtype=np.int64)
        numbers = np.flatnonzero(chosen)
        legs[self.place[numbers]] = numbers
        return legs

    def leg(self, values: Column, legs: NDArray[np.int64]) -> Column:
        """A column of contracts as one of strikes, NaN where no such leg is listed."""
        if not len(values):
            return np.full(len(legs), math.nan)
        return np.where(legs >= 0, values[legs], math.nan)

    def total(self, values: Column) -> Column:
        """Both legs together; NaN where neither is known."""
        both = np.array([self.leg(values, self.call), self.leg(values, self.put)])
        known = ~np.isnan(both)
        return np.where(known.any(axis=0), np.where(known, both, 0.0).sum(axis=0), math.nan)

    def volatility(self, values: Column, spot: float) -> Column:
        """Of the out-of-the-money leg, else of the other."""
        call, put = self.leg(values, self.call), self.leg(values, self.put)
        mine, other = (
            np.where(self.strike >= spot, call, put),
            np.where(self.strike >= spot, put, call),
        )
        return np.where(np.isnan(mine), other, mine)


class Priced(NamedTuple):
    """A chain at a moment with all that follows from spot and volatility alone."""

    view: ChainView
    strikes: Strikes
    moment: ChainMoment
    years: float
    volatility: Column
    """By strike."""
    atm: float
    deviation: float
    """One standard deviation to the close, dollars."""
    of_one: Exposures


def price(view: ChainView, strikes: Strikes, moment: ChainMoment | None) -> Priced | None:
    """None where spot is unknown."""
    if moment is None or math.isnan(moment.spot) or not len(view.strike):
        return None
    spot, years = moment.spot, years_left(view.session.close_ns, moment.ts)
    by_contract = widened(moment.volatility, len(view.strike))
    by_strike = strikes.volatility(by_contract, spot)
    atm = smile.at_forward(strikes.strike, by_strike, spot)
    return Priced(
        view,
        strikes,
        moment,
        years,
        by_strike,
        atm,
        expected_move.deviation(spot, atm, years),
        exposures_of_one(view.is_call, view.strike, by_contract, view.multiplier, spot, years),
    )


def widened(values: Column, count: int) -> Column:
    """A sample from before some contracts were first seen says nothing of them."""
    return np.concatenate([values, np.full(count - len(values), math.nan)])


def number(value: float) -> float | None:
    """Unknown is null."""
    return None if math.isnan(value) else float(value)


def ms(moment: ChainMoment | None) -> int | None:
    """Market time of a moment as the wire has it."""
    return moment.ts // MS or None if moment else None
