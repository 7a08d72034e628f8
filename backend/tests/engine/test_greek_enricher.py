"""Greeks in force: unknown stays unknown, and what waited is settled once."""

import math

import numpy as np
import pytest

from .builders import CALL, PUT, Quote, Trade, batch, engine, ns, snapshot, ticker, totals

QUOTE = Quote(0, 1.20, 1.30)
NONE = (math.nan, math.nan)


def greeks_at(state, *milliseconds: int, contract: int = CALL) -> list[float]:
    delta, *_ = state.greeks.at(contract, np.array([ns(ms) for ms in milliseconds], dtype=np.int64))
    return [float(value) for value in delta]


def known(delta: float, gamma: float = 0.02, **facts):
    return snapshot({ticker(600): (delta, gamma)}, **facts)


def test_a_snapshot_puts_greeks_in_force():
    state = engine()
    state.apply_snapshot(known(0.5, volatility=0.12, open_interest=812.0), ns(0))
    assert (state.flow.contracts[CALL]["delta"], state.flow.contracts[CALL]["gamma"]) == (0.5, 0.02)
    assert state.greeks.implied_volatilities(np.array([CALL]))[0] == 0.12
    assert state.greeks.open_interest(CALL) == 812


def test_a_snapshot_that_says_the_same_changes_no_contract():
    state = engine()
    first = known(0.5, volatility=0.12, open_interest=812.0)
    state.apply_snapshot(first, ns(0))
    version = state.flow.version
    state.apply_snapshot(first, ns(60_000))
    assert state.flow.changed_since(version, len(state.table)).tolist() == []
    for other in (
        known(0.6, volatility=0.12, open_interest=812.0),
        known(0.6, volatility=0.13, open_interest=812.0),
        known(0.6, volatility=0.13, open_interest=900.0),
    ):
        version = state.flow.version
        state.apply_snapshot(other, ns(120_000))
        assert state.flow.changed_since(version, len(state.table)).tolist() == [CALL]


def test_a_contract_that_only_a_snapshot_names_is_shown():
    state = engine()
    version = state.flow.version
    state.apply_snapshot(snapshot({ticker(640): NONE}), ns(0))
    new = state.table.number(ticker(640))
    assert new in state.flow.changed_since(version, len(state.table)).tolist()


def test_unknown_is_null_and_never_zero():
    state = engine()
    state.apply_snapshot(snapshot({ticker(600): NONE}), ns(0))
    assert math.isnan(state.flow.contracts[CALL]["delta"])
    assert state.greeks.implied_volatilities(np.array([CALL]))[0] is None
    assert state.greeks.open_interest(CALL) is None
    assert state.greeks.open_interest(PUT) is None


@pytest.mark.parametrize("greeks", [(0.5, math.nan), (math.nan, 0.02), (math.inf, 0.02)])
def test_half_a_pair_of_greeks_is_none(greeks):
    state = engine()
    state.apply_snapshot(snapshot({ticker(600): greeks}), ns(0))
    assert math.isnan(state.flow.contracts[CALL]["delta"])
    assert math.isnan(state.flow.contracts[CALL]["gamma"])


def test_greeks_that_a_snapshot_no_longer_has_are_no_longer_in_force():
    state = engine(QUOTE)
    state.apply_snapshot(known(0.5, volatility=0.12), ns(0))
    state.apply_snapshot(snapshot({ticker(600): NONE}), ns(1))
    state.apply(batch(Trade(5, 1.30)))
    assert state.flow.contracts[CALL]["waiting"] == 1
    assert state.greeks.implied_volatilities(np.array([CALL]))[0] is None


def test_a_contract_that_a_snapshot_leaves_out_keeps_its_greeks():
    state = engine()
    state.apply_snapshot(known(0.5), ns(0))
    state.apply_snapshot(snapshot({ticker(600, "P"): (-0.5, 0.02)}), ns(1))
    assert state.flow.contracts[CALL]["delta"] == 0.5


def test_greeks_from_before_the_open_are_not_used_but_open_interest_is():
    state = engine()
    state.apply_snapshot(known(0.5, volatility=0.12, open_interest=812.0), ns(-1))
    assert math.isnan(state.flow.contracts[CALL]["delta"])
    assert state.greeks.implied_volatilities(np.array([CALL]))[0] is None
    assert state.greeks.open_interest(CALL) == 812
    assert np.isnan(greeks_at(state, 0)).all()


def test_waiting_prints_are_settled_once():
    state = engine(QUOTE, Trade(5, 1.30, 10))
    state.apply_snapshot(known(0.5), ns(10))
    state.apply_snapshot(known(0.7), ns(20))
    assert totals(state)[-4:] == (500.0, 500.0, 20.0, 20.0)


def test_waiting_prints_wait_on_where_a_snapshot_has_no_greeks():
    state = engine(QUOTE, Trade(5, 1.30, 10))
    state.apply_snapshot(snapshot({ticker(600): NONE}), ns(10))
    assert state.flow.contracts[CALL]["waiting"] == 10
    state.apply_snapshot(known(0.5), ns(20))
    assert totals(state).net_delta == 500.0


def test_prints_keep_the_greeks_of_their_time():
    state = engine(QUOTE)
    state.apply_snapshot(known(0.5), ns(0))
    state.apply(batch(Trade(5, 1.30)))
    state.apply_snapshot(known(0.7), ns(10))
    state.apply(batch(Trade(15, 1.30)))
    assert totals(state).net_delta == pytest.approx(120.0)


def test_nothing_is_known_at_any_time_without_a_snapshot():
    assert np.isnan(greeks_at(engine(), 0, 5)).all()
    assert greeks_at(engine()) == []


def test_greeks_of_a_time_are_the_last_ones_or_else_the_first_after():
    state = engine()
    state.apply_snapshot(known(0.5), ns(10))
    state.apply_snapshot(known(0.7), ns(20))
    assert greeks_at(state, 0, 9, 10, 19, 20, 99) == [0.5, 0.5, 0.5, 0.5, 0.7, 0.7]


def test_times_without_greeks_take_the_first_known_after():
    state = engine()
    for ms, values in ((10, (0.5, 0.02)), (20, NONE), (30, NONE), (40, (0.8, 0.02))):
        state.apply_snapshot(snapshot({ticker(600): values}), ns(ms))
    assert greeks_at(state, 15, 25, 35, 45) == [0.5, 0.8, 0.8, 0.8]


def test_times_after_the_greeks_were_taken_away_wait():
    state = engine()
    state.apply_snapshot(known(0.5), ns(10))
    state.apply_snapshot(snapshot({ticker(600): NONE}), ns(20))
    first, second = greeks_at(state, 15, 25)
    assert first == 0.5
    assert math.isnan(second)


def test_a_contract_listed_after_a_snapshot_takes_the_first_greeks_after_that():
    state = engine()
    state.apply_snapshot(known(0.5), ns(10))
    state.apply_snapshot(snapshot({ticker(601): (0.3, 0.02)}), ns(20))
    number = state.table.find(ticker(601))
    assert greeks_at(state, 5, 25, contract=number) == [0.3, 0.3]


def test_other_days_other_underlyings_and_nonsense_are_passed_over():
    state = engine()
    names = ["O:SPY251217C00600000", "O:QQQ251216C00600000", "nonsense"]
    state.apply_snapshot(snapshot(dict.fromkeys(names, (0.5, 0.02))), ns(0))
    assert len(state.table) == 2


def test_a_snapshot_lists_the_strikes_it_holds():
    state = engine()
    state.apply_snapshot(snapshot({ticker(605): (0.2, 0.01)}), ns(0))
    assert state.strikes.listed == (600.0, 605.0)


@pytest.mark.parametrize(
    ("shares", "believed"),
    [(1, 1), (150, 150), (10_000, 10_000), (0, 100), (10_001, 100), (1e12, 100), (math.nan, 100)],
)
def test_a_contract_is_of_100_shares_unless_the_vendor_tells_what_can_be(shares, believed):
    state = engine()
    state.apply_snapshot(known(0.5, shares=shares), ns(0))
    assert state.flow.contracts[CALL]["multiplier"] == believed
