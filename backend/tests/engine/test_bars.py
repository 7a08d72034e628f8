"""Flow by second and part of the chain is the sum of the prints behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.engine.bars import (
    ALL_PARTS,
    CALL_MULTI,
    CALL_SINGLE,
    PUT_SINGLE,
    TRADE_COUNT,
    VOLUME,
)
from spymaster.engine.columns import Flag, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import DELTA, GROSS, NET, PREMIUM, UNIT

from .builders import (
    CANCEL,
    COMPLEX,
    MS,
    PUT,
    SESSION,
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
from .test_any_order import END_MS, _refill, _steps, days

SECOND = 1_000


def places_of(state: FlowEngine, second: int, part: int) -> np.ndarray:
    """The prints of one second and part, told from the rows themselves."""
    prints = state.flow.prints
    last = (SESSION.end_ns - SESSION.open_ns) // (SECOND * MS) - 1
    of_second = np.clip((prints["ts"] - SESSION.open_ns) // (SECOND * MS), 0, last) == second
    puts = state.flow.contracts["is_call"][prints["contract"]] == 0
    multi = prints["rule"] == Rule.COMPLEX
    return np.flatnonzero(of_second & (puts == (part >= PUT_SINGLE)) & (multi == part % 2))


def check_bars(state: FlowEngine) -> None:
    """Each cell is the sum of its prints, to the last bit, and so are the totals."""
    flow, store = state.flow, state.flow.store
    for second in range(flow.seconds):
        for part in ALL_PARTS:
            found = flow.sums_of(places_of(state, second, part))
            assert np.array_equal(store.bars.counts[second, part], found.counts)
            assert np.array_equal(store.bars.sums[second, part], found.sums)
    everything = flow.sums_of(np.arange(len(flow.prints)))
    touched = flow.seconds_changed_since(0)
    assert np.array_equal(store.bars.sums[touched].sum(axis=(0, 1)), everything.sums)
    assert everything.sums[GROSS, PREMIUM] == flow.contracts["premium"].sum()
    assert everything.sums[NET, PREMIUM] == flow.contracts["net_premium"].sum()
    assert everything.counts[VOLUME] == flow.contracts["volume"].sum()
    assert sum(flow.premium_by_rule.values()) == flow.contracts["premium"].sum()


@settings(max_examples=60, deadline=None)
@given(days(), st.data())
def test_every_bar_is_the_sum_of_its_prints(day, data):
    streamed = data.draw(
        st.lists(st.booleans(), min_size=len(day.prints), max_size=len(day.prints))
    )
    state = engine()
    steps = _steps(day, streamed)
    if data.draw(st.booleans()):
        steps = [step for step in steps if step[:2] != (0, 0)]  # the first greeks come late
    for _, _, step in data.draw(st.permutations(steps)) if data.draw(st.booleans()) else steps:
        step(state)
    check_bars(state)
    _refill(state, day, END_MS + 100)
    check_bars(state)


def priced(*events: Trade | Quote, delta: float = 0.5) -> FlowEngine:
    state = engine(Quote(-5, 1.20, 1.30), greeks_source="vendor")
    state.apply_snapshot(
        snapshot({ticker(600): (delta, 0.1)}, price=600.25, timeframe="REAL-TIME", volatility=0.2),
        ns(0),
    )
    state.apply(batch(*events))
    return state


def delta_of(state: FlowEngine, second: int, part: int = CALL_SINGLE) -> float:
    return float(state.flow.bars_of(1, [part]).sums[second, NET, DELTA] / UNIT)


def test_a_print_counts_in_its_own_second_however_late_it_comes():
    state = priced(
        *(Quote(2_000, 1.20, 1.30), Trade(2_500, 1.30, 2)),
        *(Quote(8_000, 1.20, 1.30), Trade(9_000, 1.30, 1), Trade(2_700, 1.20, 5)),
    )
    assert [delta_of(state, second) for second in (2, 9)] == [-150.0, 50.0]


def test_a_cancel_corrects_the_bar_of_its_trade():
    state = priced(Trade(2_500, 1.30, 2), Trade(7_000, 1.30, 2, CANCEL))
    assert not state.flow.bars_of(1).sums.any()
    assert not state.flow.bars_of(1).counts.any()


def test_prints_outside_the_session_count_in_its_first_and_last_second():
    end_ms = (SESSION.end_ns - SESSION.open_ns) // MS
    state = priced(Trade(-60_000, 1.30, 2), Trade(end_ms + 60_000, 1.30, 3))
    counts = state.flow.bars_of(1).counts[:, VOLUME]
    assert (counts[0], counts[-1], counts.sum(), len(counts)) == (2, 3, 5, end_ms // 1_000)


def test_calls_puts_and_packages_are_apart():
    state = priced(Trade(1, 1.30, 1), Trade(2, 1.30, 2, COMPLEX), Trade(3, 1.30, 4, contract=PUT))
    volume = [int(state.flow.bars_of(1, [part]).counts[0, VOLUME]) for part in ALL_PARTS]
    assert volume == [1, 2, 4, 0]
    assert state.flow.bars_of(1, [CALL_SINGLE, CALL_MULTI]).counts[0, TRADE_COUNT] == 2


@pytest.mark.parametrize("interval_s", [1, 5, 60])
def test_intervals_hold_what_their_seconds_do(interval_s):
    state = priced(*(Trade(700 * step, 1.30 if step % 3 else 1.20, 1) for step in range(100)))
    bars = state.flow.bars_of(interval_s)
    assert len(bars.start_ns) == -(-state.flow.seconds // interval_s)
    assert bars.start_ns[0] == SESSION.open_ns
    assert np.array_equal(bars.sums.sum(axis=0), state.flow.bars_of(1).sums.sum(axis=0))
    assert np.array_equal(
        bars.sums, state.flow.bars_over(np.arange(len(state.flow.prints)), interval_s).sums
    )


def test_a_bar_keeps_the_last_spot_that_was_known():
    state = priced(Trade(3_500, 1.30), Trade(8_000, 1.30))
    assert list(state.flow.bars_of(1).spot[3:9]) == [6_002_500] * 6
    assert list(state.flow.bars_of(5).spot) == [6_002_500] * 2


def test_a_corrected_second_is_among_those_that_changed():
    state = priced(Trade(2_500, 1.30, 2), Trade(9_000, 1.30, 1))
    seen = state.flow.version
    state.apply(batch(Trade(9_100, 1.30, 2, CANCEL)))
    assert list(state.flow.seconds_changed_since(seen)) == [2]


def test_greeks_that_come_late_change_the_bars_of_the_prints_that_waited():
    state = engine(Quote(2_000, 1.20, 1.30), Trade(2_500, 1.30, 2), greeks_source="vendor")
    seen = state.flow.version
    state.apply_snapshot(
        snapshot({ticker(600): (0.5, 0.1)}, price=600.25, volatility=0.2), ns(3_000)
    )
    assert delta_of(state, 2) == 100.0
    assert 2 in state.flow.seconds_changed_since(seen)
    print_ = state.flow.prints[0]
    assert (float(print_["volatility"]), int(print_["spot"])) == (pytest.approx(0.2), 6_002_500)


def test_a_print_keeps_the_quote_that_signed_it():
    state = priced(Quote(5, 1.20, 1.30, bid_size=7, ask_size=9, ask_exchange=316), Trade(8, 1.30))
    kept = ("bid", "ask", "bid_size", "ask_size", "bid_exchange", "ask_exchange", "quote_age_ms")
    assert [int(state.flow.prints[0][name]) for name in kept] == [
        12_000, 13_000, 7, 9, 302, 316, 3,
    ]  # fmt: skip


def test_a_print_of_rest_keeps_what_is_known_of_its_time():
    state = priced(Trade(1, 1.30))
    quotes = rest_quotes(Quote(400, 1.20, 1.30, bid_size=7, ask_size=9))
    state.refill(0, rest(Trade(500, 1.20, 3)), quotes)
    print_ = state.flow.prints[-1]
    assert print_["flags"] == Flag.REFILLED
    assert (print_["bid_size"], print_["ask_size"], print_["spot"]) == (7, 9, 6_002_500)
    assert (float(print_["delta"]), float(print_["volatility"])) == (0.5, pytest.approx(0.2))


def test_going_back_brings_the_same_bars():
    state = priced(*(Trade(300 * step, 1.30, step % 7 + 1) for step in range(30)))
    checkpoints, expected = [], []
    for part in range(5):
        checkpoints.append(state.checkpoint())
        expected.append([column.tobytes() for column in state.flow.store.bars])
        last = 9_000 + 4_000 * part
        state.apply(batch(Trade(last, 1.20, 50), Trade(3_000, 1.30, 4, CANCEL), Trade(10, 1.20)))
    for place in (4, 0, 3, 1, 2):
        state.restore(checkpoints[place])
        assert [column.tobytes() for column in state.flow.store.bars] == expected[place]
    assert len(checkpoints[4].flow.bars.seconds) < 10
