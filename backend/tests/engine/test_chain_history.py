"""The chain through the day: when it is sampled, what a sample holds, and going back."""

import dataclasses
import math

import numpy as np
import pytest

from spymaster.analytics.black_scholes import YEAR_SECONDS, greeks
from spymaster.engine.chain_history import ChainHistory

from .builders import CALL, PUT, SESSION, Quote, Trade, batch, engine, ns, snapshot, ticker

MINUTE = 60_000
CLOSE = 23_400_000
HOUR = 3_600_000
BOTH = [Quote(0, 1.20, 1.22), Quote(0, 1.00, 1.02, PUT)]
SPOT = 600.20


def seconds(state):
    return ((state.history.samples.ts - SESSION.open_ns) // 10**9).tolist()


def ticks(*times_ms):
    """Quotes that move market time on."""
    return [Quote(ms, 1.20, 1.22) for ms in times_ms]


def test_a_sample_is_taken_in_the_first_second_with_events_of_each_ten():
    state = engine(*BOTH, *ticks(3_000, 9_900, 10_500, 19_000, 47_200, 48_000, 51_000))
    assert seconds(state) == [0, 10, 47, 51]


def test_nothing_is_sampled_before_the_open_nor_from_the_close_on():
    state = engine(*ticks(-20_000, -1, 5_000, CLOSE - 1_000, CLOSE, CLOSE + 30_000))
    assert seconds(state) == [5, 23_399]


def test_a_sample_holds_spot_quotes_and_the_volatility_in_force():
    state = engine()
    state.apply_snapshot(snapshot({}, price=SPOT), ns(0))
    state.apply(batch(*BOTH, *ticks(19_000), Quote(20_000, 0, 0.05), *ticks(30_000)))
    first, second, third = (state.history.samples.moment(place) for place in (0, 1, 3))
    assert np.isnan([*first.bid, *first.ask]).all()
    assert second.spot == SPOT
    assert (second.bid.tolist(), second.ask.tolist()) == ([1.20, 1.00], [1.22, 1.02])
    record = state.flow.contracts[CALL]["volatility"]
    assert second.volatility.tolist() == pytest.approx([record, record], rel=0.01)
    assert (third.bid[CALL], third.ask[CALL]) == (0.0, 0.05)


def test_the_last_sample_at_or_before_a_time_is_found():
    state = engine(*BOTH, *ticks(10_000, 20_000))
    samples = state.history.samples
    assert [samples.at(ns(ms)).ts for ms in (10_000, 19_999, 99_000)] == [
        ns(10_000), ns(10_000), ns(20_000),
    ]  # fmt: skip
    assert samples.at(ns(-1)) is None


def test_going_back_forgets_samples_and_playing_on_takes_the_same():
    state = engine(*BOTH, *ticks(10_000, 20_000))
    past = state.checkpoint()
    following = batch(*ticks(30_000, 40_000, 50_000))
    state.apply(following)
    once = state.history.samples
    kept = [column.copy() for column in once]
    state.restore(past)
    assert seconds(state) == [0, 10, 20]
    state.apply(following)
    for column, before in zip(state.history.samples, kept, strict=True):
        np.testing.assert_array_equal(column, before)


def test_views_taken_earlier_stay_as_they_were():
    state = engine(*BOTH, *ticks(10_000))
    early = state.history.samples
    state.apply(batch(*ticks(*range(20_000, 20_000_000, 10_000))))
    assert len(early) == 2
    assert early.ask[1].tolist() == [12_200, 10_200]
    assert len(state.history.samples) == 2_000


def test_a_contract_first_seen_later_is_unknown_before():
    state = engine(*BOTH, *ticks(10_000))
    state.list_contracts([ticker(601), ticker(601, "P")])
    state.apply(batch(Quote(15_000, 0.7, 0.72, 2), *ticks(20_000, 30_000)))
    before, after = state.history.samples.moment(1), state.history.samples.moment(2)
    assert math.isnan(before.ask[2])
    assert math.isnan(before.volatility[2])
    assert after.ask[2] == 0.72


def test_a_day_of_three_hundred_contracts_takes_less_than_fifteen_megabytes():
    history = ChainHistory()
    for number in range(2_400):
        history.room(300)
        history.restore(number + 1)
    assert 8e6 < sum(column.nbytes for column in history.room(300)) < 15e6


def test_the_chain_now_is_finer_than_its_samples():
    state = engine(*BOTH, *ticks(10_000), Quote(12_000, 1.30, 1.32), Quote(12_500, 1.30, 1.32))
    assert state.chain().ts == ns(12_500)
    assert state.chain().bid[CALL] == 1.30
    assert state.history.samples.at(ns(12_500)).bid[CALL] == 1.20


def test_from_the_close_on_the_chain_stays_as_it_was():
    state = engine(*BOTH, *ticks(CLOSE - 10_000), Quote(CLOSE + 1_000, 1.5, 1.6))
    state.apply(batch(*ticks(CLOSE + 20_000)))
    assert state.chain().ts == ns(CLOSE - 10_000)
    assert state.chain().bid[CALL] == 1.20


def vendors(spot, at_ms, hours, volatility=0.2, **facts):
    """The vendor's greeks of 600 C and P, priced to some hours from then on."""
    seconds_left = hours * 3_600
    true_years = (CLOSE - at_ms) / 1_000 / YEAR_SECONDS
    found = [greeks(is_call, spot, 600.0, true_years, volatility) for is_call in (True, False)]
    years = seconds_left / YEAR_SECONDS
    names = [ticker(600), ticker(600, "P")]
    made = snapshot(
        {n: (float(g.delta), float(g.gamma)) for n, g in zip(names, found, strict=True)},
        price=spot,
        volatility=volatility * math.sqrt(true_years / years),
        **facts,
    )
    vega = np.array([float(g.vega) / 100 * math.sqrt(years / true_years) for g in found])
    return dataclasses.replace(made, vega=vega)


def test_the_vendors_clock_is_measured_from_each_snapshot():
    state = engine()
    assert state.vendor.hours_left is None
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0), ns(HOUR))
    assert state.vendor.hours_left == pytest.approx(9.0, rel=1e-3)
    state.apply_snapshot(snapshot({ticker(600): (0.5, 0.2)}, price=600.2), ns(HOUR + MINUTE))
    assert state.vendor.hours_left is None


def test_where_the_model_has_no_volatility_the_vendors_serves_on_our_clock():
    state = engine()
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0), ns(HOUR))
    state.apply(batch(Trade(HOUR + 1_000, 1.0)))
    assert state.chain().volatility.tolist() == pytest.approx([0.2, 0.2], rel=1e-3)
    assert state.history.samples.moment(0).vendor_hours_left == pytest.approx(9.0, rel=1e-3)


def test_the_models_volatility_is_preferred():
    state = engine()
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0, volatility=0.9), ns(HOUR))
    state.apply(batch(*[quote._replace(ms=HOUR) for quote in BOTH], *ticks(HOUR + 1_000)))
    own = float(state.flow.contracts[CALL]["volatility"])
    assert state.chain().volatility.tolist() == [own, own]
    assert own < 0.5


def test_snapshots_from_before_the_open_tell_nothing_of_the_vendors_greeks():
    state = engine()
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0), ns(-MINUTE))
    assert state.vendor.hours_left is None
    assert state.chain() is None
    state.apply(batch(*ticks(1_000)))
    assert np.isnan(state.chain().volatility).all()


def test_a_snapshot_alone_already_tells_the_chain_of_its_time():
    state = engine()
    assert state.chain() is None
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0), ns(HOUR))
    assert (state.chain().ts, state.chain().spot) == (ns(HOUR), 600.2)


def test_the_vendors_chain_goes_back_with_the_rest():
    state = engine()
    state.apply_snapshot(vendors(600.2, HOUR, hours=9.0), ns(HOUR))
    past = state.checkpoint()
    state.apply_snapshot(vendors(600.2, HOUR, hours=7.0, volatility=0.3), ns(HOUR))
    state.restore(past)
    assert state.vendor.hours_left == pytest.approx(9.0, rel=1e-3)
    assert state.vendor.volatility.tolist() == pytest.approx([0.2, 0.2], rel=1e-3)
