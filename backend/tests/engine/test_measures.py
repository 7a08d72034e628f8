"""What a print contributes to each measure. Source: analytics sheet, sections 2 to 2.3."""

import math
from typing import get_args

import numpy as np
import pytest

from spymaster.core.conditions import pack
from spymaster.engine.columns import CONTRACT, PRINT, Rule
from spymaster.engine.measures import (
    CHARM,
    DELTA,
    DELTA_NOTIONAL,
    GAMMA,
    GAMMA_NOTIONAL,
    GROSS,
    MEASURES,
    NET,
    PREMIUM,
    STRICT,
    SUMS,
    THETA,
    UNIT,
    VANNA,
    VARIANCE,
    VARIANCE_UNIT,
    VEGA,
    WEIGHTED,
    add_measures,
    measures_of,
    position_of,
)
from spymaster.gateway.wire_flow import MeasureName

from .builders import SESSION

TWO_HOURS_NS = 7_200 * 1_000_000_000

# Section 2.3: S = 600.25, two hours left: (call, strike, side, size, p, price, volatility, delta,
# gamma) and what the table shows of it: $ delta notional, weighted, $ gamma per 1 % (in millions),
# vega $ a point, theta $ a minute. The volatilities are those of 3.2.
SHEET = [
    (*(1, 600, 1, 500, 0.70, 0.8554, 0.2000, 0.555417, 0.217805),
     *(16.670, 6.668, 39.238, 1791.7, -149.31)),
    (*(0, 600, 1, 300, 0.70, 0.6054, 0.2000, -0.444583, 0.217805),
     *(-8.006, -3.202, 23.543, 1075.0, -89.58)),
    (*(1, 602, -1, 800, 0.65, 0.1435, 0.1916, 0.157658, 0.138668),
     *(-7.571, -2.271, -39.970, -1748.4, 139.58)),
    (*(0, 598, -1, 400, 0.72, 0.1205, 0.2156, -0.124162, 0.104779),
     *(2.981, 1.312, -15.101, -743.3, 66.77)),
    (*(1, 601, 1, 250, 0.53, 0.3931, 0.1949, 0.336314, 0.206411),
     *(5.047, 0.303, 18.593, 827.3, -67.19)),
]  # fmt: skip


def one_print(**fields: float) -> np.void:
    """A print with greeks at 600.25, two hours before the close."""
    row = np.zeros(1, dtype=PRINT)[0]
    values = {
        "ts": SESSION.close_ns - TWO_HOURS_NS, "price": 10_000, "size": 10, "rule": Rule.QUOTE_AT,
        "confidence": 7_000, "package_confidence": 5_000, "spot": 6_002_500, "delta": 0.5,
        "gamma": 0.2, "volatility": 0.2, **fields,
    }  # fmt: skip
    for name, value in values.items():
        row[name] = value
    return row


def contract(strike: float = 600, *, is_call: bool = True) -> np.void:
    record = np.zeros(1, dtype=CONTRACT)[0]
    record["strike"], record["is_call"], record["multiplier"] = strike, is_call, 100
    return record


def measured(*rows: np.void, record: np.void | None = None, sign: int = 1) -> np.ndarray:
    sums = np.zeros((SUMS, len(MEASURES)), dtype=np.int64)
    for row in rows:
        of = contract() if record is None else record
        add_measures(sums, measures_of(row, of, SESSION.close_ns), row, sign)
    return sums


@pytest.mark.parametrize("line", SHEET, ids=lambda line: f"{line[1]}{'PC'[line[0]]}")
def test_the_prints_of_the_worked_example(line):
    is_call, strike, side, size, p, price, volatility, delta, gamma, *expected = line
    row = one_print(
        side=side, size=size, confidence=round(p * 10_000), price=round(price * 10_000),
        volatility=volatility, delta=delta, gamma=gamma,
    )  # fmt: skip
    sums = measured(row, record=contract(strike, is_call=bool(is_call))) / UNIT
    millions = (
        sums[NET, DELTA_NOTIONAL], sums[WEIGHTED, DELTA_NOTIONAL], sums[NET, GAMMA_NOTIONAL],
    )  # fmt: skip
    assert millions == pytest.approx([one * 1e6 for one in expected[:3]], abs=600)
    assert sums[NET, VEGA] == pytest.approx(expected[3], abs=0.06)
    assert sums[NET, THETA] == pytest.approx(expected[4], abs=0.006)
    assert sums[GROSS, PREMIUM] == pytest.approx(price * size * 100)


def test_the_totals_of_the_worked_example():
    total = np.zeros((SUMS, len(MEASURES)), dtype=np.int64)
    for is_call, strike, side, size, p, _, volatility, delta, gamma, *_ in SHEET:
        row = one_print(
            side=side, size=size, confidence=round(p * 10_000),
            volatility=volatility, delta=delta, gamma=gamma,
        )  # fmt: skip
        total += measured(row, record=contract(strike, is_call=bool(is_call)))
    gross, net, _, weighted, _ = total[:, DELTA_NOTIONAL] / UNIT / 1e6
    error = math.sqrt(total[VARIANCE, DELTA_NOTIONAL] * VARIANCE_UNIT[DELTA_NOTIONAL]) / 1e6
    assert (gross, net, weighted) == pytest.approx((40.274, 9.121, 2.809), abs=0.001)
    assert error == pytest.approx(19.3, abs=0.05)


def test_vanna_and_charm_are_dollars_a_point_and_a_minute():
    # A 601 call two hours out moves its delta by charm -0.00079 a minute (section 3.7).
    row = one_print(side=1, size=1, spot=6_000_000, volatility=0.2)
    sums = measured(row, record=contract(601)) / UNIT
    assert sums[NET, CHARM] == pytest.approx(-0.00079 * 600 * 100, rel=0.01)
    d1 = math.log(600 / 601) / (0.2 * math.sqrt(7_200 / 31_536_000))
    assert sums[NET, VANNA] * d1 < 0
    assert abs(sums[NET, VANNA]) == sums[GROSS, VANNA]


@pytest.mark.parametrize(
    ("rule", "strict"),
    [(Rule.QUOTE_AT, -1), (Rule.QUOTE_OUT, -1), (Rule.QUOTE_IN, 0), (Rule.TSIZE, 0)],
)
def test_only_prints_at_or_outside_the_quotes_count_strictly(rule, strict):
    sums = measured(one_print(side=-1, rule=rule))
    assert sums[GROSS, DELTA] == 10 * 100 * 0.5 * UNIT
    assert sums[NET, DELTA] == -sums[GROSS, DELTA]
    assert sums[STRICT, DELTA] == strict * sums[GROSS, DELTA]


def test_a_print_without_greeks_contributes_premium_alone():
    sums = measured(one_print(side=1, delta=np.nan, gamma=np.nan))
    assert sums[NET, PREMIUM] == 1_000 * UNIT
    assert not sums[:, 1:].any()


def test_without_spot_there_is_no_notional_and_without_volatility_no_vega():
    unknown = measured(one_print(side=1, spot=0))
    assert unknown[NET, [DELTA, GAMMA]].all()
    assert not unknown[:, [DELTA_NOTIONAL, GAMMA_NOTIONAL, VEGA]].any()
    unsolved = measured(one_print(side=1, volatility=np.nan))
    assert unsolved[NET, [DELTA_NOTIONAL, GAMMA_NOTIONAL]].all()
    assert not unsolved[:, [VEGA, THETA, VANNA, CHARM]].any()


def test_an_unsigned_print_widens_the_error_and_nothing_else():
    sums = measured(one_print(side=0, confidence=5_000, rule=Rule.NONE))
    assert not sums[[NET, STRICT, WEIGHTED]].any()
    assert sums[VARIANCE, GAMMA] * VARIANCE_UNIT[GAMMA] == (10 * 100 * 0.2) ** 2


def test_a_leg_counts_by_its_package_in_the_weighted_sum_alone():
    leg = one_print(
        rule=Rule.COMPLEX, confidence=5_000, package=0, package_side=-1, package_confidence=5_800
    )
    sums = measured(leg)
    assert not sums[[NET, STRICT]].any()
    assert sums[WEIGHTED, DELTA] == -0.16 * sums[GROSS, DELTA]
    assert position_of(leg)[0] == -10 * 1_600


def test_a_stock_option_package_is_not_in_the_error_of_hedging_pressure():
    tied = measured(one_print(rule=Rule.COMPLEX, confidence=5_000, conditions=pack([240])))
    assert tied[VARIANCE, DELTA_NOTIONAL] == 0
    assert tied[VARIANCE, DELTA] > 0


def test_the_errors_of_one_parent_order_add_up_before_they_are_squared():
    children = [
        one_print(side=1, size=size, ahead=ahead) for size, ahead in ((3, 0), (5, 3), (2, 8))
    ]
    parent = one_print(side=1, size=10)
    assert measured(*children) == pytest.approx(measured(parent), rel=1e-4)
    assert sum(position_of(child)[1] for child in children) == position_of(parent)[1]


def test_taking_back_leaves_nothing():
    row = one_print(side=-1, price=123, delta=-0.123456789, gamma=0.0123456789, volatility=0.1234)
    assert not (measured(row) + measured(row, sign=-1)).any()


def test_impossible_greeks_overflow_nothing():
    row = one_print(side=1, size=10_000_000, delta=1e300, gamma=-1e300)
    assert not (measured(row) + measured(row, sign=-1)).any()


def test_a_day_of_large_orders_has_an_error():
    order = measured(one_print(side=1, size=10_000))
    notional = order[VARIANCE, [DELTA_NOTIONAL, GAMMA_NOTIONAL]]
    assert all(int(variance) * 100_000 < 2**63 for variance in notional)


def test_the_names_are_those_of_the_wire():
    assert get_args(MeasureName.__value__) == MEASURES
