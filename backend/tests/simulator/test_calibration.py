"""One whole generated day against the measured figures, within about a fifth.

Source: the calibration notes ("The market the simulator should look like"); the section is named at
each test.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.path import HALF_HOURS, NS, STEP_NS
from spymaster.simulator.prints import Prints
from spymaster.simulator.quoting import quotes_at

from .support import expiring

FIFTH = 0.2


@dataclass(frozen=True)
class WholeDay:
    day: SimulatedDay
    prints: Prints
    second: NDArray[np.int64]
    away: NDArray[np.float64]
    """Percent out of the money against the spot of the moment."""
    quotes: NDArray[np.int64]


@pytest.fixture(scope="module")
def whole(day: SimulatedDay) -> WholeDay:
    prints = expiring(day, day.prints_until(day.session.end_ns))
    spot = day.path.spot[(prints.ts - day.session.open_ns) // STEP_NS + 1]
    sign = np.where(day.chain.is_call[prints.row], 1, -1)
    return WholeDay(
        day,
        prints,
        (prints.ts - day.session.open_ns) // NS,
        (day.chain.strike[prints.row] / spot - 1) * 100 * sign,
        quotes_at(day.quote_model, prints.row, prints.ts),
    )


def near(value: float, target: float, tolerance: float = FIFTH) -> bool:
    return abs(value / target - 1) <= tolerance


def test_prints_a_day_and_contracts_a_day(whole: WholeDay) -> None:  # section 1
    assert 500_000 <= len(whole.prints) <= 1_300_000
    assert 3_700_000 * 0.8 <= whole.prints.size.sum() <= 5_100_000 * 1.2


def test_put_call_ratio_and_volume_to_open_interest(whole: WholeDay) -> None:  # section 1
    size, put = whole.prints.size, ~whole.day.chain.is_call[whole.prints.row]
    assert 0.93 <= size[put].sum() / size[~put].sum() <= 1.51
    interest = whole.day.chain.open_interest[: whole.day.chain.expiring].sum()
    assert near(size.sum() / interest, 7.6)


def test_half_hours_carry_their_share(whole: WholeDay) -> None:  # section 2
    regular = whole.second < 23_400
    share = np.bincount(whole.second[regular] // 1800, whole.prints.size[regular])
    share = share / share.sum() * 100
    assert np.abs(share / np.array(HALF_HOURS) - 1).max() <= FIFTH


def test_prints_go_on_for_a_quarter_hour_after_the_close(whole: WholeDay) -> None:
    late = (whole.second >= 23_400).sum()
    assert 0 < late < 0.01 * len(whole.prints)


def sides(whole: WholeDay, chosen: NDArray[np.bool_]) -> dict[str, float]:
    bid, ask = whole.quotes[:, 0], whole.quotes[:, 1]
    chosen = chosen & (bid > 0) & (ask > bid)
    price, bid, ask = whole.prints.price[chosen], bid[chosen], ask[chosen]
    middle = (2 * price == bid + ask).mean()
    inside = ((price > bid) & (price < ask)).mean() - middle
    return {
        "ask": (price == ask).mean() * 100,
        "bid": (price == bid).mean() * 100,
        "mid": middle * 100,
        "inside": inside * 100,
        "outside": ((price > ask) | (price < bid)).mean() * 100,
    }


def test_regular_prints_by_side(whole: WholeDay) -> None:  # section 3: 26, 25, 44, 6
    found = sides(whole, np.isin(whole.prints.condition, (209, 219)))
    assert near(found["ask"], 26)
    assert near(found["bid"], 25)
    assert near(found["mid"], 44)
    assert near(found["inside"], 6, 0.3)
    assert found["outside"] < 1


def test_package_legs_print_inside(whole: WholeDay) -> None:  # section 3: 91 % where they can
    wide = whole.quotes[:, 1] - whole.quotes[:, 0] > 1
    found = sides(whole, (whole.prints.condition >= 232) & wide)
    assert near(found["mid"] + found["inside"], 91)


def test_condition_mix(whole: WholeDay) -> None:  # section 4
    condition = whole.prints.condition
    assert (condition == 209).mean() >= 0.5
    assert 0.10 <= (condition == 219).mean() <= 0.15
    assert 0.06 <= np.isin(condition, (227, 228)).mean() <= 0.12
    packages = condition >= 232
    assert near(packages.mean(), 0.313)
    assert near(whole.prints.size[packages].sum() / whole.prints.size.sum(), 0.291)
    assert 0.0005 <= np.isin(condition, (201, 203)).mean() <= 0.002
    assert 0.0005 <= np.isin(condition, (202, 204, 206, 208)).mean() <= 0.002


def test_sizes_near_the_money(whole: WholeDay) -> None:  # section 5, with a design mean of 4-8
    size = whole.prints.size[np.abs(whole.away) < 1]
    assert np.median(size) in {1, 2}
    assert 4 <= size.mean() <= 8
    assert near(float((size == 1).mean()), 0.62)
    assert size.max() > 1000


@pytest.mark.parametrize(
    ("low", "high", "median"),  # section 7, SPY 2025-05-16
    [
        (2, 5, 0.55),
        (1, 2, 0.11),
        (0.3, 1, 0.06),
        (-0.3, 0.3, 0.03),
        (-1, -0.3, 0.02),
        (-2, -1, 0.01),
        (-5, -2, 0.01),
    ],
)
def test_spreads_by_moneyness(day: SimulatedDay, low: float, high: float, median: float) -> None:
    rng = np.random.default_rng(0)
    times = day.session.open_ns + (rng.random(400) * 23_400 * NS).astype(np.int64)
    rows = np.tile(np.arange(day.chain.expiring, dtype=np.int32), len(times))
    at = np.repeat(times, day.chain.expiring)
    quotes = quotes_at(day.quote_model, rows, at)
    spot = day.path.spot[(at - day.session.open_ns) // STEP_NS + 1]
    inside = (spot - day.chain.strike[rows]) / spot * 100
    inside *= np.where(day.chain.is_call[rows], 1, -1)
    chosen = (inside > low) & (inside <= high)
    width = (quotes[chosen, 1] - quotes[chosen, 0]) / 100
    assert near(float(np.median(width)), median)


def test_volume_sits_near_the_money(whole: WholeDay) -> None:  # section 8
    size, away = whole.prints.size, np.abs(whole.away)
    assert 64 <= size[away < 0.5].sum() / size.sum() * 100 <= 82
    assert 88 <= size[away < 1].sum() / size.sum() * 100 <= 96
    busiest = np.sort(np.bincount(whole.prints.row, size))[-10:].sum() / size.sum()
    assert 0.708 * 0.75 <= busiest <= 0.879 * 1.2  # section 1


def test_bursts_by_second(whole: WholeDay) -> None:  # section 9
    count = np.bincount(whole.second, minlength=23_400)[:23_400]
    q50, q90, q99, q999, peak = np.percentile(count, [50, 90, 99, 99.9, 100]) / count.mean()
    assert 0.2 <= q50 <= 0.48
    assert near(q90, 2.8)
    assert 7 * 0.8 <= q99 <= 10 * 1.2
    assert 15 * 0.8 <= q999 <= 22 * 1.2
    assert 20 <= peak <= 60
    assert 0.2 * 0.8 <= np.corrcoef(count[1:], count[:-1])[0, 1] <= 0.28 * 1.2
    assert 0.06 <= np.corrcoef(count[60:], count[:-60])[0, 1] <= 0.12
    assert (np.diff(whole.prints.ts // 1_000_000) == 0).mean() > 0.25


def test_sides_are_as_hard_to_tell_as_on_real_tapes(whole: WholeDay) -> None:
    """Published: the quote rule is right 57 to 72 % of the time where it decides."""
    prints, quotes = whole.prints, whole.quotes
    double = 2 * prints.price - quotes[:, 0] - quotes[:, 1]
    signed = np.isin(prints.condition, (209, 219)) & (double != 0) & (quotes[:, 0] > 0)
    right = (np.sign(double) == prints.customer_side)[signed].mean()
    assert 0.6 <= right <= 0.75


def test_resting_orders_are_taken_whole_at_their_own_venue(whole: WholeDay) -> None:
    """Published: the trade-size rule is right 80 to 85 % of the time, less in later years."""
    prints, quotes = whole.prints, whole.quotes
    matched = (prints.condition == 209) & (quotes[:, 2] != quotes[:, 3]) & (prints.size > 1)
    sold = matched & (prints.price == quotes[:, 1]) & (prints.exchange == quotes[:, 5])
    sold &= (prints.size == quotes[:, 3]) & (quotes[:, 1] > quotes[:, 0])
    assert sold.mean() > 0.01
    assert 0.65 <= (prints.customer_side == -1)[sold].mean() <= 0.85


def test_realised_volatility(day: SimulatedDay) -> None:
    returns = np.diff(np.log(day.path.spot[1:234_002:600]))
    assert 0.10 <= returns.std() * np.sqrt(252 * 390) <= 0.20


def test_quote_events_a_second(day: SimulatedDay) -> None:
    start = day.session.at(dt.time(11))
    quotes = day.quotes_between(start, start + 120 * NS)
    mine = quotes.row < day.chain.expiring
    assert 150 <= mine.sum() / 120 <= 450
    busiest = np.bincount(quotes.row[mine]).max() / 120
    assert 2 <= busiest <= 10
