"""Packages and their signs. Source: analytics sheet, 6.4."""

import numpy as np
import pytest

from spymaster.engine.bars import CALL_MULTI
from spymaster.engine.columns import Flag
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import DELTA_NOTIONAL, NET, UNIT, VARIANCE, WEIGHTED

from .builders import (
    COMPLEX,
    Quote,
    Trade,
    batch,
    engine,
    ns,
    rest,
    rest_quotes,
    snapshot,
    ticker,
)

STRIKES = (598.0, 600.0, 602.0)
C598, P598, C600, P600, C602, P602 = range(6)
AFTER = Trade(2_000, 9.0, contract=P598)
"""Begins the next market second, when packages are looked for."""


def leg(ms: int, contract: int, price: float, size: int = 50, condition: int = COMPLEX) -> Trade:
    return Trade(ms, price, size, condition, 303, contract)


VERTICAL = (
    Quote(100, 0.78, 0.80, C600),
    Quote(100, 0.16, 0.18, C602),
    leg(500, C600, 0.80),
    leg(500, C602, 0.17),
)


def begun(*, greeks: bool) -> FlowEngine:
    state = engine(strikes=STRIKES, greeks_source="vendor")
    if greeks:
        chain = {ticker(600): (0.55, 0.1), ticker(602): (0.2, 0.1)}
        state.apply_snapshot(
            snapshot(chain, price=600.0, timeframe="REAL-TIME", volatility=0.2), ns(0)
        )
    return state


def made(*events: Quote | Trade, greeks: bool = False) -> FlowEngine:
    state = begun(greeks=greeks)
    state.apply(batch(*events, AFTER))
    return state


def found(state: FlowEngine) -> list[tuple[int, int, int]]:
    """Package, side and confidence of each multi-leg print."""
    rows = state.flow.prints[:-1]
    return [
        (int(row["package"]), int(row["package_side"]), int(row["package_confidence"]))
        for row in rows
    ]


def test_the_worked_example_was_bought():
    state = made(*VERTICAL, greeks=True)
    assert found(state) == [(0, 1, 5_800), (0, -1, 5_800)]
    assert list(state.flow.prints["side"][:2]) == [0, 0]
    position = state.flow.contracts["weighted_position"]
    assert (position[C600], position[C602]) == (50 * 1_600, -50 * 1_600)


def test_a_package_counts_in_the_weighted_sums_alone():
    state = made(*VERTICAL, greeks=True)
    sums = state.flow.bars_of(1, [CALL_MULTI]).sums[0, :, DELTA_NOTIONAL] / UNIT
    assert sums[WEIGHTED] == pytest.approx(0.16 * 50 * 100 * (0.55 - 0.2) * 600)
    assert sums[NET] == 0
    assert state.flow.hedging_pressure == pytest.approx(sums[WEIGHTED])
    assert (state.flow.contracts["net_premium"] == 0).all()


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ((0.80, 0.17), (1, 5_800)),  # 0.63 in 0.60 x 0.64
        ((0.79, 0.18), (-1, 5_800)),  # 0.61
        ((0.79, 0.17), (0, 5_000)),  # at the middle
        ((0.81, 0.16), (1, 5_800)),  # 0.65, a cent outside
        ((0.82, 0.16), (0, 5_000)),  # 0.66, no such package
    ],
)
def test_the_price_of_a_vertical_tells_its_side(prices, expected):
    quotes = VERTICAL[:2]
    first, second = leg(500, C600, prices[0]), leg(500, C602, prices[1])
    (_, side, confidence), (_, other, _) = found(made(*quotes, first, second))
    assert ((side, confidence), other) == (expected, -side)


def test_near_the_middle_the_sign_is_less_sure():
    quotes = (Quote(100, 0.70, 0.80, C600), Quote(100, 0.10, 0.20, C602))
    state = made(*quotes, leg(500, C600, 0.76), leg(500, C602, 0.15))
    assert found(state) == [(0, 1, 5_400), (0, -1, 5_400)]


def test_what_may_be_a_straddle_or_a_synthetic_is_not_signed():
    wide = (Quote(100, 0.70, 0.80, C600), Quote(100, 0.70, 0.80, P600))
    state = made(*wide, leg(500, C600, 0.76), leg(500, P600, 0.76))
    assert found(state) == [(0, 0, 5_000)] * 2
    assert all(state.flow.prints["flags"][:2] & Flag.PACKAGED)


def test_a_price_that_only_a_straddle_can_have_is_signed():
    quotes = (Quote(100, 0.70, 0.74, C600), Quote(100, 0.50, 0.54, P600))
    state = made(*quotes, leg(500, C600, 0.79), leg(500, P600, 0.49))
    assert found(state) == [(0, 1, 5_400)] * 2 or found(state)[0][1] == found(state)[1][1]


def test_a_butterfly_has_its_middle_against_its_wings():
    quotes = (
        Quote(100, 2.10, 2.14, C598),
        Quote(100, 0.78, 0.80, C600),
        Quote(100, 0.16, 0.18, C602),
    )
    legs = (leg(500, C598, 2.14, 10), leg(500, C600, 0.79, 20), leg(500, C602, 0.18, 10))
    assert found(made(*quotes, *legs)) == [(0, 1, 5_800), (0, -1, 5_800), (0, 1, 5_800)]


@pytest.mark.parametrize(
    "second",
    [
        leg(506, C602, 0.17),
        leg(500, C602, 0.17)._replace(exchange=304),
        leg(500, C602, 0.17, condition=233),
        leg(500, C602, 0.17, size=200),
        leg(500, C600, 0.80),
    ],
    ids=["later", "elsewhere", "other condition", "1:4", "same contract"],
)
def test_what_is_no_package(second):
    state = made(*VERTICAL[:3], second)
    assert found(state) == [(-1, 0, 5_000)] * 2


def test_a_leg_without_a_quote_leaves_the_package_unsigned():
    assert found(made(*VERTICAL[1:])) == [(0, 0, 5_000)] * 2


def test_a_package_with_stock_is_not_looked_at():
    legs = (leg(500, C600, 0.80, condition=240), leg(500, C602, 0.17, condition=240))
    state = made(*VERTICAL[:2], *legs, greeks=True)
    assert found(state) == [(-1, 0, 5_000)] * 2
    assert state.flow.hedging_pressure == 0
    assert not state.flow.bars_of(1, [CALL_MULTI]).sums[:, VARIANCE, DELTA_NOTIONAL].any()


def test_legs_at_the_end_of_a_second_wait_for_the_others():
    state = made(*VERTICAL[:2], leg(1_998, C600, 0.80), leg(2_001, C602, 0.17))
    state.apply(batch(AFTER._replace(ms=3_500)))
    assert [row[0] for row in found(state)[:2]] == [0, 0]


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_package_counts_alike_whether_its_legs_were_weighed_before_or_not(cut):
    whole, parts = made(*VERTICAL, greeks=True), begun(greeks=True)
    for some in ((*VERTICAL, AFTER)[:cut], (*VERTICAL, AFTER)[cut:]):
        parts.apply(batch(*some))
    assert np.array_equal(parts.flow.store.bars.sums, whole.flow.store.bars.sums)
    assert parts.flow.hedging_pressure == whole.flow.hedging_pressure != 0
    assert parts.flow.contracts.tobytes() == whole.flow.contracts.tobytes()


def test_legs_that_rest_brings_are_found_too():
    state = made(*VERTICAL[:3])
    assert found(state) == [(-1, 0, 5_000)]
    state.refill(C602, rest(VERTICAL[3]), rest_quotes(VERTICAL[1]))
    state.apply(batch(AFTER._replace(ms=3_500)))
    rows = state.flow.prints[[0, 2]]
    assert list(rows["package"]) == [0, 0]
    assert list(rows["package_side"]) == [1, -1]


def test_a_cancelled_leg_takes_its_part_back():
    state = made(*VERTICAL, greeks=True)
    for trade in VERTICAL[2:]:
        state.apply(batch(trade._replace(ms=2_500, condition=201)))  # type: ignore[union-attr]
    assert state.flow.hedging_pressure == 0
    everything = state.flow.sums_of(np.arange(len(state.flow.prints))).sums
    assert np.array_equal(everything, state.flow.store.bars.sums.sum(axis=(0, 1)))
