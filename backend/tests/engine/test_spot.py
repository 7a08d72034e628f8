"""Which price of the underlying is believed. Source: design, section 8."""

import pytest

from spymaster.analytics.parity import NO_ESTIMATE, ParitySpot, Quality
from spymaster.engine.spot import CHAIN_FRESH_NS, HOLD_NS, SpotTracker

from .builders import snapshot

SECOND = 1_000_000_000


def chain(price, timeframe="REAL-TIME"):
    return snapshot({}, price=price, timeframe=timeframe)


def parity(price, quality=Quality.GOOD):
    return ParitySpot(price, 5, quality)


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
    assert tracker.quality == quality


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
