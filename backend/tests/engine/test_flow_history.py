"""What earlier sessions tell of today. Source: analytics sheet, section 7."""

import datetime as dt

import numpy as np
import pytest

from spymaster.core.batches import NO_QUOTES, EventBatch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.sessions import default_calendar
from spymaster.engine.bars import ALL_PARTS, CALL_SINGLE, PUT_SINGLE
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.flow_history import (
    LEAST_VOLUMES,
    SLOT_S,
    FlowHistory,
    SessionFlow,
    session_flow,
)

SESSION = default_calendar().session(dt.date(2025, 12, 16))
SLOTS = 6 * 390


def session(value: float, slots: int = SLOTS) -> SessionFlow:
    """Each slot of a minute has that minute's number of calls more than the one before."""
    minute = np.arange(slots) // 6
    flow = np.zeros((slots, 4))
    flow[:, CALL_SINGLE] = value + minute
    return SessionFlow(flow, 100 * flow, np.full(slots, value), 2 * flow)


def history(count: int = 10) -> FlowHistory:
    return FlowHistory(3, tuple(session(float(number)) for number in range(count)))


def test_a_session_is_kept_by_slot_and_part_until_its_close():
    engine = FlowEngine(SESSION, "SPY", 3, greeks_source="vendor")
    engine.list_contracts(["O:SPY251216C00600000", "O:SPY251216P00600000"])
    seconds = [5, 15, 15, (16 - 9.5) * 3600 + 60]
    trades, rejected = trade_batch(
        *([0, 0, 1, 0], [SESSION.open_ns + round(one * 1e9) for one in seconds]),
        *([1.0] * 4, [1, 1, 7, 1], [302] * 4, [pack([209])] * 4, [0] * 4, range(4)),
    )
    assert not rejected
    engine.apply(EventBatch(trades, NO_QUOTES))
    kept = session_flow(engine.flow.store, SESSION)
    assert kept.trade_count.shape == kept.hedging_pressure.shape == (SLOTS, 4)
    assert kept.trade_count[:3, CALL_SINGLE].tolist() == [1, 1, 0]
    assert kept.trade_count[:3, PUT_SINGLE].tolist() == [0, 1, 0]
    assert kept.volume is not None
    assert kept.volume[:3, CALL_SINGLE].tolist() == [1, 1, 0]
    assert kept.volume[:3, PUT_SINGLE].tolist() == [0, 7, 0]
    assert kept.trade_count.sum() == 3, "the print after the close is no flow of the session"
    assert np.isnan(kept.spot).all()


def test_a_bar_is_held_against_all_bars_of_its_minute():
    usual = history().usual(13, 10, ALL_PARTS, 90)
    assert usual is not None
    assert usual.trade_count.shape == (13, 10, 6)
    assert usual.trade_count[0].tolist() == [[number] * 6 for number in range(10)]
    assert usual.trade_count[12].tolist() == [[number + 2.0] * 6 for number in range(10)]
    assert np.array_equal(usual.hedging_pressure, 100 * usual.trade_count)


@pytest.mark.parametrize(
    ("bar_s", "samples", "first"), [(30, 2, 0.0), (60, 1, 0.0), (300, 1, 60.0)]
)
def test_longer_bars_are_summed_up_and_told_by_those_that_begin_with_them(bar_s, samples, first):
    usual = history().usual(3, bar_s, [CALL_SINGLE], 2)
    assert usual is not None
    assert usual.trade_count.shape == (3, 10, samples)
    assert usual.trade_count[0, 0, 0] == first  # five minutes: 6 x (0 + 1 + 2 + 3 + 4)
    assert usual.trade_count[0, 1, 0] == first + bar_s / SLOT_S


def test_parts_that_were_not_asked_for_do_not_count():
    usual = history().usual(3, 60, [PUT_SINGLE], 2)
    assert usual is not None
    assert not usual.trade_count.any()


def test_changes_begin_after_as_many_bars():
    usual = history().usual(20, 60, ALL_PARTS, 15)
    assert usual is not None
    assert np.isnan(usual.spot_change[:15]).all()
    assert not usual.spot_change[15:].any()
    # Of the session that starts with 0: minutes 1 to 15, six slots each, 100 $ a call.
    assert usual.pressure_change[15, 0, 0] == 100 * 6 * sum(range(1, 16))


def test_a_half_day_knows_nothing_of_the_afternoon():
    sessions = (*history(9).sessions, session(9.0, 6 * 210))
    usual = FlowHistory(3, sessions).usual(300, 60, ALL_PARTS, 15)
    assert usual is not None
    assert np.isfinite(usual.trade_count[209]).all()
    assert np.isnan(usual.trade_count[210, 9]).all()
    assert np.isfinite(usual.trade_count[210, :9]).all()


@pytest.mark.parametrize(("count", "bar_s"), [(9, 10), (20, 1), (20, 5)])
def test_nothing_is_usual_by_few_sessions_or_in_parts_of_a_slot(count, bar_s):
    assert history(count).usual(10, bar_s, ALL_PARTS, 90) is None


def test_only_the_newest_twenty_sessions_are_looked_at():
    usual = history(25).usual(1, 60, ALL_PARTS, 15)
    assert usual is not None
    assert usual.trade_count[0, :, 0].tolist() == [6.0 * number for number in range(5, 25)]


def test_the_typical_volume_of_a_minute_is_the_median_session():
    volume = history(LEAST_VOLUMES).typical_volume()
    assert volume is not None
    assert len(volume) == 390
    # The middle session of five begins with 2; twice as many contracts as prints, six slots.
    assert volume[:2].tolist() == [2 * 6 * 2.0, 2 * 6 * 3.0]


def test_no_volume_is_typical_where_too_few_sessions_kept_it():
    sessions = history(LEAST_VOLUMES).sessions
    without = sessions[0]._replace(volume=None)
    assert FlowHistory(3, (*sessions[1:], without)).typical_volume() is None
    assert FlowHistory(3, (*sessions, without)).typical_volume() is not None


def test_half_days_leave_the_afternoon_to_sessions_that_had_one():
    half = session(9.0, 6 * 210)
    few = FlowHistory(3, (*history(LEAST_VOLUMES - 1).sessions, half)).typical_volume()
    enough = FlowHistory(3, (*history(LEAST_VOLUMES).sessions, half)).typical_volume()
    assert few is not None
    assert enough is not None
    assert (len(few), len(enough)) == (210, 390)
    assert np.isfinite(enough).all()
