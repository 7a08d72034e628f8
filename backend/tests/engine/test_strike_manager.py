"""Which strikes are followed. Source: design, section 8."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.engine.strike_manager import StrikeManager, keeps_strikes, nearest_strike

LISTED = [float(strike) for strike in range(590, 611)]
SECOND = 1_000_000_000


def manager(span=3, spot=600.12, listed=LISTED) -> StrikeManager:
    made = StrikeManager(span)
    made.list_strikes(listed)
    made.on_spot(0, spot)
    return made


def test_the_default_window_is_seven_strikes_around_the_money():
    assert manager().strikes == (597.0, 598.0, 599.0, 600.0, 601.0, 602.0, 603.0)


def test_nothing_is_followed_before_spot_is_known():
    strikes = StrikeManager(3)
    strikes.list_strikes(LISTED)
    assert strikes.strikes == ()
    assert strikes.listed == tuple(LISTED)


def test_nothing_is_followed_before_strikes_are_listed():
    strikes = StrikeManager(3)
    assert strikes.on_spot(0, 600.0) is False
    strikes.list_strikes([600.0])
    assert strikes.on_spot(1, 600.0) is False  # listed and chosen at once
    assert strikes.strikes == (600.0,)


@pytest.mark.parametrize(("spot", "atm"), [(600.49, 600.0), (600.5, 600.0), (600.51, 601.0)])
def test_the_lower_of_two_strikes_as_near_is_at_the_money(spot, atm):
    assert nearest_strike(LISTED, spot) == atm


def test_no_strikes_have_no_nearest_one():
    assert nearest_strike([], 600.0) is None


@pytest.mark.parametrize(
    ("spot", "window"),
    [
        (580.0, (590.0, 591.0, 592.0, 593.0)),
        (590.4, (590.0, 591.0, 592.0, 593.0)),
        (591.0, (590.0, 591.0, 592.0, 593.0, 594.0)),
        (700.0, (607.0, 608.0, 609.0, 610.0)),
    ],
)
def test_the_window_ends_where_the_chain_does(spot, window):
    assert manager(spot=spot).strikes == window


def test_strikes_are_counted_and_not_dollars():
    assert manager(2, 700.0, [690.0, 695.0, 697.5, 700.0, 702.5, 705.0, 710.0]).strikes == (
        695.0, 697.5, 700.0, 702.5, 705.0,
    )  # fmt: skip


def test_all_follows_the_whole_chain():
    assert manager("all").strikes == tuple(LISTED)


def test_a_span_of_none_follows_the_money_alone():
    assert manager(0).strikes == (600.0,)


@pytest.mark.parametrize(
    ("seconds", "spot", "moves"),
    [(59.999, 600.60, False), (60, 600.60, True), (60, 600.30, False), (1, 600.62, False)],
)
def test_the_window_is_chosen_anew_every_sixty_seconds(seconds, spot, moves):
    strikes = manager(spot=600.12)
    assert strikes.on_spot(round(seconds * SECOND), spot) is moves


@pytest.mark.parametrize("cents", range(59_950, 60_050, 7))
@pytest.mark.parametrize("direction", [1, -1])
def test_more_than_half_a_dollar_moves_it_at_once_and_half_a_dollar_does_not(cents, direction):
    listed = [cents / 100 + direction * offset for offset in (0, 0.48)]
    strikes = manager(0, cents / 100, listed)
    assert strikes.on_spot(1, (cents + 50 * direction) / 100) is False
    assert strikes.on_spot(1, (cents + 51 * direction) / 100) is True


def test_the_move_is_measured_from_where_the_window_was_last_chosen():
    strikes = manager(spot=600.00)
    assert [strikes.on_spot(second, 600.00 + second / 10) for second in range(1, 7)] == [
        False, False, False, False, False, True,
    ]  # fmt: skip
    assert strikes.strikes[3] == 601.0


def test_a_quiet_recompute_starts_the_sixty_seconds_again():
    strikes = manager(spot=600.12)
    assert strikes.on_spot(60 * SECOND, 600.40) is False
    assert strikes.on_spot(119 * SECOND, 600.60) is False
    assert strikes.on_spot(120 * SECOND, 600.60) is True


def test_market_time_that_goes_back_chooses_anew():
    strikes = manager(spot=600.12)
    assert strikes.on_spot(-SECOND, 600.60) is True


def test_a_new_span_takes_effect_at_once():
    strikes = manager(1)
    strikes.set_span(2)
    assert (strikes.span, strikes.strikes) == (2, (598.0, 599.0, 600.0, 601.0, 602.0))
    strikes.set_span("all")
    assert strikes.strikes == tuple(LISTED)


def test_a_span_set_before_spot_waits_for_it():
    strikes = StrikeManager(1)
    strikes.list_strikes(LISTED)
    strikes.set_span(2)
    assert strikes.strikes == ()


def test_a_strike_listed_during_the_day_joins_the_window():
    strikes = manager(1)
    strikes.list_strikes([*LISTED, 600.5])
    assert strikes.strikes == (599.0, 600.0, 600.5)


@given(
    st.sets(st.integers(5_000, 7_000), min_size=1, max_size=30),
    st.integers(0, 8),
    st.floats(400, 800),
)
def test_a_window_is_contiguous_and_holds_the_nearest_strike(halves, span, spot):
    listed = sorted(half / 10 for half in halves)
    window = manager(span, spot, listed).strikes
    start = listed.index(window[0])
    assert list(window) == listed[start : start + len(window)]
    assert nearest_strike(listed, spot) in window
    assert min(len(listed), span + 1) <= len(window) <= 2 * span + 1


@pytest.mark.parametrize(
    ("spot", "leapt_over"),
    [
        (602.0, ()),
        (603.0, ()),  # next to each other
        (605.0, (602.0, 603.0)),
        (596.0, (598.0,)),
    ],
)
def test_strikes_between_two_windows_are_leapt_over(spot, leapt_over):
    strikes = manager(1, 600.0)
    before = strikes.strikes
    strikes.on_spot(SECOND, spot)
    assert strikes.leapt_over(before) == leapt_over
    assert strikes.leapt_over(()) == ()


seconds_and_spots = st.lists(
    st.tuples(
        st.integers(-5, 90),
        st.one_of(
            st.floats(585, 615),
            st.sampled_from([600.0, 600.25, 600.5, 600.5 + 1e-9, 600.5 - 1e-10, 600.62, 601.12]),
        ),
    ),
    max_size=30,
)


@settings(deadline=None)  # the first call loads compiled code
@given(seconds_and_spots, st.sampled_from([1, 3, "all"]), st.sampled_from([LISTED, [600.0], []]))
def test_compiled_code_moves_the_window_as_it_is_moved_without(steps, span, listed):
    ours, plain = StrikeManager(span), StrikeManager(span)
    ours.list_strikes(listed)
    plain.list_strikes(listed)
    now_ns = 0
    for seconds, spot in steps:
        now_ns += seconds * SECOND
        plain.on_spot(now_ns, spot)
        if not keeps_strikes(ours.records[0], spot, now_ns):
            ours.on_spot(now_ns, spot)
        assert ours.window == plain.window
