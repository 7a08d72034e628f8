"""Which price of the underlying is believed. Source: design, section 8."""

import pytest

from spymaster.analytics.parity import NO_ESTIMATE, ParitySpot, Quality
from spymaster.engine.spot import CHAIN_FRESH_NS, HOLD_NS, SpotTracker

from .builders import snapshot

SECOND = 1_000_000_000


def chain(price, timeframe="REAL-TIME"):
    return snapshot({}, price=price, timeframe=timeframe)


def parity(price, quality=Quality.GOOD, strikes=5):
    return ParitySpot(price, strikes, quality)


def spot(tracker: SpotTracker):
    return tracker.price, tracker.source


def test_nothing_is_known_at_first():
    assert spot(SpotTracker()) == (None, None)


def test_the_chain_is_taken_at_a_poll_and_parity_between_polls():
    tracker = SpotTracker()
    tracker.on_chain(chain(600.10), 0)
    assert spot(tracker) == (600.10, "chain")
    tracker.on_parity(parity(600.20), SECOND)
    assert spot(tracker) == (600.20, "parity")
    tracker.on_chain(chain(600.15), 60 * SECOND)
    assert spot(tracker) == (600.15, "chain")
    assert tracker.first == 600.10


def test_parity_is_a_full_source_of_its_own():
    tracker = SpotTracker()
    tracker.on_chain(chain(None, None), 0)
    tracker.on_parity(parity(600.20, Quality.WIDE), SECOND)
    assert spot(tracker) == (600.20, "parity")


@pytest.mark.parametrize("price", [None, float("nan"), float("inf"), 0.0, -1.0])
def test_a_price_that_is_none_is_not_taken(price):
    tracker = SpotTracker()
    tracker.on_chain(chain(price), 0)
    assert spot(tracker) == (None, None)


def test_a_delayed_chain_is_named_so_and_gives_way_to_parity():
    tracker = SpotTracker()
    tracker.on_chain(chain(599.00, "DELAYED"), 0)
    assert spot(tracker) == (599.00, "chain-delayed")
    tracker.on_parity(parity(600.20, Quality.PRINTS), SECOND)
    assert spot(tracker) == (600.20, "parity")
    tracker.on_chain(chain(599.10, "DELAYED"), 2 * SECOND)
    assert spot(tracker) == (600.20, "parity")


@pytest.mark.parametrize("quality", [Quality.PRINTS, Quality.WIDE, Quality.CROSSED])
def test_a_fresh_chain_is_preferred_to_a_doubtful_estimate(quality):
    tracker = SpotTracker()
    tracker.on_chain(chain(600.10), 0)
    tracker.on_parity(parity(600.50, quality), CHAIN_FRESH_NS - 1)
    assert spot(tracker) == (600.10, "chain")
    tracker.on_parity(parity(600.50, quality), CHAIN_FRESH_NS)
    assert spot(tracker) == (600.50, "parity")
    assert tracker.estimate.quality == quality


def test_an_estimate_is_held_for_five_seconds():
    tracker = SpotTracker()
    tracker.on_parity(parity(600.20), 0)
    tracker.on_parity(NO_ESTIMATE, HOLD_NS)
    assert spot(tracker) == (600.20, "parity")
    tracker.on_parity(NO_ESTIMATE, HOLD_NS + 1)
    assert spot(tracker) == (None, None)
    assert tracker.first == 600.20


def test_after_that_the_last_price_of_the_chain_serves():
    tracker = SpotTracker()
    tracker.on_chain(chain(600.10), 0)
    tracker.on_parity(parity(600.20), SECOND)
    tracker.on_parity(NO_ESTIMATE, SECOND + HOLD_NS + 1)
    assert spot(tracker) == (600.10, "chain")


def quiet_minute(step=0.01):
    """A minute of seconds in which spot goes up and down by ``step``."""
    tracker = SpotTracker()
    for second in range(61):
        tracker.on_parity(parity(600.0 + step * (second % 2)), second * SECOND)
    return tracker


@pytest.mark.parametrize(("move", "believed"), [(0.059, True), (0.061, False)])
def test_a_leap_of_more_than_six_deviations_is_not_believed(move, believed):
    tracker = quiet_minute(0.01)
    tracker.on_parity(parity(600.0 + move, strikes=2), 61 * SECOND)
    assert tracker.price == (600.0 + move if believed else 600.0)
    assert tracker.doubtful is not believed


def test_three_strikes_confirm_a_leap():
    tracker = quiet_minute()
    tracker.on_parity(parity(601.0, strikes=3), 61 * SECOND)
    assert (tracker.price, tracker.doubtful) == (601.0, False)


def test_over_more_seconds_spot_may_move_further():
    tracker = quiet_minute(0.01)
    tracker.on_parity(parity(600.11, strikes=2), 64 * SECOND)
    assert tracker.price == 600.11


def test_what_leaps_is_held_for_five_seconds_and_then_unknown():
    tracker = quiet_minute()
    prices = []
    for second in range(61, 68):
        tracker.on_parity(parity(605.0, strikes=2), second * SECOND)
        prices.append(tracker.price)
    assert prices == [600.0] * 5 + [None] * 2
    tracker.on_parity(parity(600.02, strikes=2), 68 * SECOND)
    assert tracker.price == 600.02


def test_once_the_last_minute_tells_of_no_moves_a_leap_is_none():
    tracker = quiet_minute()
    tracker.on_parity(parity(605.0, strikes=2), 115 * SECOND)
    assert tracker.price == 605.0


def test_rounding_to_cents_is_no_leap_in_a_market_that_stands_still():
    tracker = quiet_minute(0.0)
    tracker.on_parity(parity(600.03, strikes=2), 61 * SECOND)
    assert tracker.price == 600.03
    tracker.on_parity(parity(601.0, strikes=2), 62 * SECOND)
    assert tracker.price == 600.03


def test_quotes_that_may_no_longer_hold_serve_where_nothing_better_is_known():
    tracker = SpotTracker()
    tracker.on_parity(parity(600.2), 0)
    tracker.on_parity(parity(600.5, Quality.STALE), HOLD_NS)
    assert (tracker.price, tracker.doubtful) == (600.2, True)
    tracker.on_parity(parity(600.5, Quality.STALE), HOLD_NS + 1)
    assert (spot(tracker), tracker.doubtful) == ((600.5, "parity"), True)
    assert tracker.parity == 600.2
