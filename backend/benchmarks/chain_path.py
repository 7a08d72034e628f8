"""A chain of 300 contracts: volatility of bid, middle and ask, the smile and all greeks."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import QuantLib as ql  # noqa: N813 - its usual name

from spymaster.analytics import smile
from spymaster.analytics.black_scholes import greeks
from spymaster.analytics.implied_vol import implied_volatility

SPOT = 600.25
DAYS = 1
YEARS = DAYS / 365
STRIKES = np.arange(150) * 0.2 + 585.0
REPEATS = 20
"""Chains priced by us in one round, so that a round is long enough to time."""


def chain() -> tuple[np.ndarray, ...]:
    """Both legs of 150 strikes on a smile, quoted 1 % to each side of the model's price."""
    volatility = 0.2 - 0.006 * (STRIKES - 600) + 0.0009 * (STRIKES - 600) ** 2
    calls = greeks(True, SPOT, STRIKES, YEARS, volatility).price
    puts = greeks(False, SPOT, STRIKES, YEARS, volatility).price
    return calls * 0.99, calls * 1.01, puts * 0.99, puts * 1.01


def ours(quotes: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(volatility of each contract's bid, middle and ask; delta of the smile's contracts)."""
    call_bid, call_ask, put_bid, put_ask = quotes
    is_call = np.repeat([True, False], len(STRIKES))
    strike = np.tile(STRIKES, 2)
    bid, ask = np.concatenate([call_bid, put_bid]), np.concatenate([call_ask, put_ask])
    prices = np.array([bid, (bid + ask) / 2, ask])
    solved, _ = implied_volatility(is_call, SPOT, strike, YEARS, prices)
    quoted = smile.quoted_smile(STRIKES, call_bid, call_ask, put_bid, put_ask, SPOT, YEARS)
    found = greeks(is_call, SPOT, strike, YEARS, np.tile(quoted.mid, 2))
    return solved, found.delta


class Reference:
    """The same by QuantLib's analytic engine, one option at a time as it has them."""

    def __init__(self) -> None:
        today = ql.Date(16, 12, 2025)
        ql.Settings.instance().evaluationDate = today
        self._day_count = ql.Actual365Fixed()
        self._volatility = ql.SimpleQuote(0.2)
        flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, self._day_count))
        surface = ql.BlackConstantVol(
            today, ql.NullCalendar(), ql.QuoteHandle(self._volatility), self._day_count
        )
        self._process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(SPOT)),
            flat,
            flat,
            ql.BlackVolTermStructureHandle(surface),
        )
        engine = ql.AnalyticEuropeanEngine(self._process)
        exercise = ql.EuropeanExercise(today + DAYS)
        self._options = []
        for kind in (ql.Option.Call, ql.Option.Put):
            for strike in STRIKES:
                option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, float(strike)), exercise)
                option.setPricingEngine(engine)
                self._options.append(option)

    def solve(self, quotes: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        """What `ours` gives."""
        call_bid, call_ask, put_bid, put_ask = quotes
        bid, ask = np.concatenate([call_bid, put_bid]), np.concatenate([call_ask, put_ask])
        count, half = len(self._options), len(STRIKES)
        solved = np.full((3, count), np.nan)
        for row, prices in enumerate((bid, (bid + ask) / 2, ask)):
            for place, option in enumerate(self._options):
                try:
                    solved[row, place] = option.impliedVolatility(
                        float(prices[place]), self._process, 1e-10, 200, 1e-4, 10.0
                    )
                except RuntimeError:  # no volatility gives that price
                    continue
        middle = np.where(STRIKES >= SPOT, solved[1, :half], solved[1, half:])
        delta = np.empty(count)
        for place, option in enumerate(self._options):
            self._volatility.setValue(float(middle[place % half]))
            delta[place] = option.delta()
            option.gamma()
            option.vega()
            option.theta()
            option.rho()
            option.NPV()
        return solved, delta


def figures(figure: Callable[..., Any]) -> list[Any]:
    """The line of the table."""
    quotes, reference = chain(), Reference()
    mine, theirs = ours(quotes), reference.solve(quotes)
    # Deep in the money a price has lost the digits that volatility is in.
    telling = np.abs(np.tile(STRIKES, 2) - SPOT) < 2
    assert np.allclose(mine[0][:, telling], theirs[0][:, telling], rtol=1e-6)
    assert np.allclose(mine[1][telling], theirs[1][telling], rtol=1e-6)

    def many() -> None:
        for _ in range(REPEATS):
            ours(quotes)

    def once_as_often() -> None:
        for _ in range(REPEATS):
            reference.solve(quotes)

    return [
        figure(
            "chain of 300: volatilities, smile, greeks",
            "contracts",
            REPEATS * 2 * len(STRIKES),
            many,
            f"QuantLib {version('quantlib')}, the same",
            once_as_often,
            10.0,
        )
    ]
