import datetime as dt

import pytest

from spymaster.core.clock import ManualClock
from spymaster.core.event_log import EventLog
from spymaster.core.sessions import eastern_ns
from spymaster.feeds.health import QUIET_AFTER_CLOSE_S, STALE_S, FeedHealth
from spymaster.feeds.replay_engine import ReplayHealth

from .fakes import DAY, NS, SESSION, ns

ANOTHER_DAY = eastern_ns(dt.date(2026, 3, 2), dt.time(11))


def health(now_ns: int = ns(60), speed: float = 1.0) -> tuple[FeedHealth, ManualClock]:
    clock = ManualClock(now_ns)
    return FeedHealth(clock, SESSION, speed), clock


def test_it_connects_then_is_ok_then_stale_by_arrival() -> None:
    feed, clock = health()
    assert feed.state(0) == "connecting"
    feed.connected(again=False)
    assert feed.state(0) == "connecting"
    feed.heard(ns(60), ns(60))
    assert feed.state(ns(60)) == "ok"
    clock.advance(STALE_S)
    assert feed.state(ns(60)) == "ok"
    clock.advance(0.1)
    assert feed.state(ns(60)) == "stale"
    feed.heard(0, clock.now_ns())
    assert feed.state(ns(60)) == "ok"


def test_before_the_open_it_waits() -> None:
    feed, _ = health(ns(-600))
    feed.connected(again=False)
    assert feed.state(0) == "waiting"


def test_a_lost_stream_says_why_until_it_is_back() -> None:
    feed, _ = health()
    feed.connected(again=False)
    feed.heard(ns(60), ns(60))
    feed.lost("line broke")
    assert (feed.state(ns(60)), feed.message) == ("reconnecting", "line broke")
    feed.connected(again=True)
    assert (feed.state(ns(60)), feed.message, feed.reconnects) == ("ok", None, 1)


def test_a_refused_key_says_why_until_it_is_taken() -> None:
    feed, _ = health()
    feed.refused("key refused")
    assert (feed.state(0), feed.message) == ("refused", "key refused")
    feed.connected(again=False)
    assert (feed.state(ns(60)), feed.message) == ("ok", None)


def test_a_refused_chain_is_a_refusal_while_the_stream_is_up() -> None:
    feed, _ = health()
    feed.connected(again=False)
    feed.chain_refusal = "the plan does not include the chain"
    assert (feed.state(ns(60)), feed.message) == ("refused", "the plan does not include the chain")
    feed.chain_refusal = None
    assert (feed.state(ns(60)), feed.message) == ("ok", None)


def test_notices_end_one_by_one() -> None:
    feed, _ = health()
    feed.note("chain", "no chain")
    feed.note("back-fill", "back-fill waits")
    feed.note("chain", "still no chain")
    assert feed.message == "back-fill waits; still no chain"
    feed.note("chain", None)
    assert feed.message == "back-fill waits"
    feed.note("back-fill", None)
    assert feed.message is None


def test_after_the_close_it_is_closed_once_it_falls_silent() -> None:
    feed, clock = health(SESSION.close_ns)
    feed.connected(again=False)
    feed.heard(SESSION.close_ns, SESSION.close_ns)
    assert feed.state(SESSION.close_ns) == "ok"
    clock.advance(QUIET_AFTER_CLOSE_S + 0.1)
    assert feed.state(SESSION.close_ns) == "closed"


def test_with_the_last_print_it_is_closed_at_once() -> None:
    feed, _ = health(SESSION.end_ns)
    feed.connected(again=False)
    feed.heard(SESSION.end_ns, SESSION.end_ns)
    assert feed.state(SESSION.end_ns) == "closed"


def test_a_stream_lost_after_the_last_print_is_closed() -> None:
    feed, _ = health(SESSION.end_ns)
    feed.lost("the vendor went home")
    assert feed.state(SESSION.end_ns) == "closed"


def test_a_day_that_was_over_before_the_start_is_closed() -> None:
    feed, _ = health(SESSION.end_ns + NS)
    assert feed.state(0) == "closed"


@pytest.mark.parametrize("now_ns", [ANOTHER_DAY, ANOTHER_DAY - 365 * 86_400 * NS])
def test_a_session_followed_on_another_day_goes_by_arrival_and_market_time(now_ns: int) -> None:
    feed, clock = health(now_ns)
    feed.connected(again=False)
    feed.heard(ns(60), clock.now_ns())
    assert (feed.state(ns(60)), feed.lag_ms) == ("ok", None)
    clock.advance(STALE_S + 1)
    assert feed.state(ns(60)) == "stale"
    assert feed.state(SESSION.end_ns) == "closed"


def test_a_simulation_of_another_day_than_the_machines_has_no_lag() -> None:
    market, wall = ManualClock(ns(60)), ManualClock(ANOTHER_DAY)
    feed = FeedHealth(market, SESSION, wall=wall)
    feed.heard(ns(60), ns(60) + 4_000_000)
    assert feed.lag_ms is None


def test_lag_is_arrival_less_event_time_of_the_newest_event() -> None:
    feed, _ = health()
    assert feed.lag_ms is None
    feed.heard(ns(60), ns(60) + 4_000_000)
    feed.heard(0, ns(90))
    assert feed.lag_ms == 4.0


def arrive(feed: FeedHealth, clock: ManualClock, event_s: float, at_s: float) -> None:
    """An event of one moment comes at another, seconds of the session both."""
    clock.advance((ns(at_s) - clock.now_ns()) / NS)
    feed.heard(ns(event_s), clock.now_ns())


def test_a_feed_that_is_taken_in_too_slowly_is_said_to_be_behind_until_it_has_caught_up() -> None:
    events = EventLog()
    clock = ManualClock(ns(60))
    feed = FeedHealth(clock, SESSION, events=events)
    feed.connected(again=False)
    always_s = 900.0  # a delayed plan: no reason to say anything
    shown = []
    for second, late_s in ((60, 0.4), (61, 0.0), (65, 2.9), (70, 3.1), (75, 8), (80, 2), (85, 0.9)):
        arrive(feed, clock, second, second + always_s + late_s)
        shown.append(feed.message is not None)
    assert shown == [False, False, False, True, True, True, False]
    told = [event.message for event in events.since(0)]
    assert [("behind" in words, "caught up" in words) for words in told[1:]] == [
        (True, False),
        (False, True),
    ]


def test_an_old_event_among_new_ones_is_no_delay() -> None:
    feed, clock = health()
    feed.connected(again=False)
    arrive(feed, clock, 60, 60)
    arrive(feed, clock, 10, 60.5)
    assert feed.message is None


def test_a_fast_simulation_is_behind_by_real_seconds() -> None:
    feed, clock = health(speed=20.0)
    feed.connected(again=False)
    feed.heard(ns(60), ns(60))
    clock.advance(3)
    feed.heard(ns(62), ns(120))
    assert feed.message is None
    clock.advance(3)
    feed.heard(ns(100), ns(180))
    assert feed.message


class SetClock(ManualClock):
    """Its wall clock can be set."""

    def set_on(self, seconds: float) -> None:
        self._now_ns += round(seconds * NS)


@pytest.mark.parametrize("step_s", [3_600, -3_600])
def test_a_clock_that_is_set_is_no_delay_and_hides_none(step_s: float) -> None:
    clock = SetClock(ns(60))
    feed = FeedHealth(clock, SESSION)
    feed.connected(again=False)
    feed.heard(ns(60), clock.now_ns())
    clock.set_on(step_s)
    clock.advance(1)
    feed.heard(ns(61), clock.now_ns())
    assert feed.message is None
    clock.advance(5)
    feed.heard(ns(62), clock.now_ns())
    assert feed.message


def test_a_new_connection_begins_without_a_delay() -> None:
    feed, clock = health()
    feed.connected(again=False)
    arrive(feed, clock, 60, 60)
    arrive(feed, clock, 61, 90)
    assert feed.message
    feed.lost("slow consumer")
    feed.connected(again=True)
    arrive(feed, clock, 100, 100.5)
    assert feed.message is None


def test_lag_of_a_fast_simulation_is_in_real_time() -> None:
    feed, _ = health(speed=20.0)
    feed.heard(ns(60), ns(60) + 40_000_000)
    assert feed.lag_ms == 2.0


def test_a_state_knows_since_when_it_holds() -> None:
    feed, clock = health()
    begun = clock.now_ns()
    clock.advance(1)
    assert (feed.state(0), feed.since_ns) == ("connecting", begun)
    clock.advance(1)
    feed.lost("line broke")
    feed.state(0)
    clock.advance(1)
    assert (feed.state(0), feed.since_ns) == ("reconnecting", begun + 2 * NS)


def test_age_is_that_of_the_last_message() -> None:
    feed, clock = health()
    assert feed.age_ms is None
    feed.heard(0, clock.now_ns())
    clock.advance(0.25)
    assert feed.age_ms == 250


def test_a_replay_shows_what_it_is_told() -> None:
    feed = ReplayHealth()
    feed.enter("empty", 7, f"{DAY} is not here")
    assert (feed.state(0), feed.message, feed.since_ns) == ("empty", f"{DAY} is not here", 7)


def told(log: EventLog) -> list[tuple[str, str, str]]:
    return [(event.level, event.kind, event.message) for event in log.since(0)]


def test_a_lost_stream_is_told_once_and_the_gap_when_it_is_over():
    clock, log = ManualClock(SESSION.open_ns), EventLog()
    health = FeedHealth(clock, SESSION, events=log)
    ten = SESSION.open_ns + 1800 * NS
    health.connected(again=False)
    health.heard(ten, ten)
    health.lost("the line broke")
    health.lost("still broken")
    health.connected(again=True)
    health.heard(0, ten)
    health.heard(ten + 42 * NS, ten)
    health.heard(ten + 43 * NS, ten)
    assert told(log) == [
        ("info", "feed", "the feed is connected"),
        ("warning", "feed", "the feed is lost: the line broke"),
        ("info", "feed", "the feed is back"),
        (
            *("warning", "gap"),
            "the stream brought nothing from 10:00:00 to 10:00:42; REST is asked for it",
        ),
    ]
    gap = log.since(3)[0]
    assert (gap.start_ns, gap.end_ns) == (ten, ten + 42 * NS)
    assert gap.t_ns == gap.end_ns


def test_a_first_connection_that_fails_leaves_no_gap():
    clock, log = ManualClock(SESSION.open_ns), EventLog()
    health = FeedHealth(clock, SESSION, events=log)
    health.refused("POLYGON_API_KEY is refused")
    health.refused("POLYGON_API_KEY is refused")
    health.connected(again=False)
    health.heard(SESSION.open_ns, SESSION.open_ns)
    assert told(log) == [
        ("error", "feed", "the vendor refuses: POLYGON_API_KEY is refused"),
        ("info", "feed", "the feed is connected"),
    ]


def test_silence_and_its_end_are_told():
    clock, log = ManualClock(SESSION.open_ns), EventLog()
    health = FeedHealth(clock, SESSION, events=log)
    health.connected(again=False)
    health.heard(SESSION.open_ns, SESSION.open_ns)
    health.state(SESSION.open_ns)
    clock.advance(STALE_S + 1)
    for _ in range(3):
        health.state(SESSION.open_ns)
    health.heard(clock.now_ns(), clock.now_ns())
    health.state(clock.now_ns())
    assert [words for *_, words in told(log)][1:] == [
        "the feed is connected but silent",
        "the feed brings data again",
    ]


def test_refills_and_trouble_with_the_recording_are_told():
    log = EventLog()
    health = FeedHealth(ManualClock(SESSION.open_ns), SESSION, events=log)
    health.refilled(0, 14)
    health.refilled(1234, 14)
    health.refilled(1, 1)
    for words in (None, "the disk is full", "the disk is full", None, None):
        health.trouble = words
    for words in ("slow disk", "slow disk", None):
        health.note("recording", words)
    assert told(log) == [
        ("info", "refill", "REST brought 1,234 prints of 14 contracts"),
        ("info", "refill", "REST brought 1 print of 1 contract"),
        ("error", "recording", "the disk is full"),
        ("info", "recording", "the recording goes on"),
        ("warning", "recording", "slow disk"),
    ]
    assert log.since(0)[0].prints == 1234
