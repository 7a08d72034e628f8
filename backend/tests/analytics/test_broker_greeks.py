"""A broker's own model of SPY options, of August 2023, beside ours.

Its model is American and its rate is not told; that of US federal funds was about 5.3 %. Deep in
the money, where its puts are worth their exercise value, a European model says something else.
"""

import csv
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from engine.shared_data import real_session
from spymaster.analytics.black_scholes import YEAR_DAYS, YEAR_SECONDS, greeks
from spymaster.analytics.implied_vol import implied_volatility
from spymaster.core.sessions import eastern_ns

RATE = 0.053


def table(name: str) -> dict[str, np.ndarray]:
    path: Path = real_session("ib-greeks") / f"{name}.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    columns = ("price", "impliedVol", "delta", "gamma", "vega", "theta", "undPrice")
    found = {
        column: np.array([float(row[f"model_{column}"]) for row in rows]) for column in columns
    }
    close = eastern_ns(dt.date.fromisoformat(f"20{name[3:9]}"), dt.time(16))
    stamps = [dt.datetime.fromisoformat(row[""]).replace(tzinfo=dt.UTC).timestamp() for row in rows]
    found["years"] = (close / 1e9 - np.array(stamps)) / YEAR_SECONDS
    return found


# Largest gaps that are borne: of delta, and as shares of gamma, vega and theta. Measured medians
# lie well inside: calls at the money agree to 0.001, 0.5 %, 0.5 % and 1 %.
@pytest.mark.parametrize(
    ("name", "delta", "gamma", "vega", "theta"),
    [
        ("SPY230811C00450000", 0.002, 0.01, 0.01, 0.02),
        ("SPY230901C00450000", 0.002, 0.01, 0.01, 0.02),
        ("SPY230811P00450000", 0.008, 0.04, 0.01, 0.04),
        ("SPY230901P00450000", 0.020, 0.08, 0.01, 0.08),
        ("SPY230811C00430000", 0.002, 0.03, 0.12, 0.03),
        ("SPY230811C00470000", 0.002, 0.04, 0.25, 0.04),
        ("SPY230811P00430000", 0.002, 0.02, 0.20, 0.03),
    ],
)
def test_the_brokers_greeks_are_near_ours(name, delta, gamma, vega, theta):
    broker = table(name)
    strike, is_call = int(name[10:]) / 1000, name[9] == "C"
    ours = greeks(is_call, broker["undPrice"], strike, broker["years"], broker["impliedVol"], RATE)
    assert np.abs(ours.delta - broker["delta"]).max() <= delta
    assert abs(np.median(ours.gamma / broker["gamma"]) - 1) <= gamma
    assert abs(np.median(ours.vega / 100 / broker["vega"]) - 1) <= vega
    assert abs(np.median(ours.theta / YEAR_DAYS / broker["theta"]) - 1) <= theta


@pytest.mark.parametrize("name", ["SPY230811C00450000", "SPY230901C00450000"])
def test_the_brokers_price_gives_back_its_volatility(name):
    broker = table(name)
    solved, _ = implied_volatility(
        True, broker["undPrice"], 450.0, broker["years"], broker["price"], RATE
    )
    assert np.abs(solved - broker["impliedVol"]).max() <= 0.002
