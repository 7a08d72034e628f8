"""How a feed is doing, in a form that the page, `/readyz` and the log share.

Staleness goes by arrival, the close by market time: a session may be followed on another day than
its own, and then event times and wall time have nothing to do with each other.
"""

from typing import Final, Literal

from spymaster.core.clock import Clock
from spymaster.core.event_log import EventLog, Kind, Level, LoggedEvent
from spymaster.core.latency import LatencyHistogram
from spymaster.core.sessions import Session, eastern

type FeedState = Literal[
    "connecting",
    "waiting",
    "ok",
    "stale",
    "reconnecting",
    "refused",
    "closed",
    "paused",
    "ended",
    "empty",
]

type Note = Literal["behind", "back-fill", "chain", "channel", "recording", "cache"]

_KIND: Final[dict[Note, Kind]] = {
    "behind": "feed",
    "back-fill": "feed",
    "chain": "feed",
    "channel": "feed",
    "recording": "recording",
    "cache": "cache",
}

STALE_S = 5.0
"""Without any message for so long during the session, a connected feed is stale."""
BEHIND_S = 3.0
"""Events that come so much later than this connection's promptest one have had to wait."""
CAUGHT_UP_S = 1.0
QUIET_AFTER_CLOSE_S = 10.0
_NS = 1_000_000_000


class FeedHealth:
    """What the last messages say about the feed."""

    def __init__(
        self,
        clock: Clock,
        session: Session,
        speed: float = 1.0,
        events: EventLog | None = None,
        wall: Clock | None = None,
    ) -> None:
        """Begin without any message.

        Args:
            clock: Market time, which a simulation may run at another speed.
            session: The day that is followed.
            speed: Market seconds a second.
            events: Where changes are told.
            wall: The machine's own time; ``clock`` by default.
        """
        self._wall = clock if wall is None else wall
        self._events = EventLog() if events is None else events
        self._gap_since_ns: int | None = None
        self._clock = clock
        self._speed = speed
        self._session = session
        self._link: Literal["connecting", "up", "reconnecting", "refused"] = "connecting"
        self._since_ns = clock.now_ns()
        self._shown: FeedState = "connecting"
        self._heard_s: float | None = None
        self._newest_ns = 0
        self._newest_arrival_ns = 0
        self._latest_ns = 0
        self._least_offset_s: float | None = None
        self._reason: str | None = None
        self._notices: dict[str, str] = {}
        self._trouble: str | None = None
        self.chain_refusal: str | None = None
        """Why the vendor refuses the chain; without it there is no window to follow."""
        self.reconnects = 0
        self.frames_rejected = 0
        self.gaps = 0
        """Times without data from the stream, for which REST was asked."""
        self.contracts_owed = 0
        """Contracts of which REST may still owe prints."""
        self.quotes_left_out = 0
        """Contracts whose quotes are wanted but exceed what the vendor allows."""
        self.stream_waiting_bytes = 0
        """Of frames that were read and not taken when the last ones were."""
        self._unshown_s: float | None = None
        self.frame_times = LatencyHistogram()
        """From the reading of a frame until the state holds it."""

    def connected(self, *, again: bool) -> None:
        """The stream is up."""
        if self._link != "up":
            self._tell("info", "feed", "the feed is back" if again else "the feed is connected")
        self._link, self._reason = "up", None
        self._heard_s = self._clock.monotonic_s()
        self._least_offset_s = None
        self.reconnects += again

    def lost(self, reason: str) -> None:
        """The stream went away and is tried again."""
        self._broke("reconnecting", "warning", f"the feed is lost: {reason}")
        self._link, self._reason = "reconnecting", reason

    def refused(self, reason: str) -> None:
        """The vendor refuses the key or the plan."""
        self._broke("refused", "error", f"the vendor refuses: {reason}")
        self._link, self._reason = "refused", reason

    def heard(self, newest_event_ns: int, arrival_ns: int) -> None:
        """A message arrived; its newest event's time is 0 if it held none."""
        self._heard_s = heard_s = self._clock.monotonic_s()
        if newest_event_ns:
            self._close_gap(newest_event_ns)
            self._newest_ns, self._newest_arrival_ns = newest_event_ns, arrival_ns
            self._look_behind(newest_event_ns, heard_s)

    def _look_behind(self, newest_event_ns: int, heard_s: float) -> None:
        """Tell when more comes than is taken in, and when that is over.

        Input that is not taken waits at the vendor, out of sight; what shows it is that events come
        later and later. A delay that the feed always has is none, and a wall clock that is set
        delays nothing: so arrival is taken by the monotonic one.
        """
        self._latest_ns = max(self._latest_ns, newest_event_ns)
        offset_s = heard_s - self._latest_ns / _NS / self._speed
        least_s = offset_s if self._least_offset_s is None else min(self._least_offset_s, offset_s)
        self._least_offset_s = least_s
        late_s = offset_s - least_s
        if late_s > BEHIND_S:
            self.note("behind", "more comes than can be taken in: what is shown is behind the feed")
        elif "behind" in self._notices and late_s < CAUGHT_UP_S:
            self.note("behind", None)
            self._tell("info", "feed", "what is shown has caught up with the feed")

    def missed(self) -> None:
        """What comes now comes after a silence in which something may have been lost."""
        if self._gap_since_ns is None and self._newest_ns:
            self._gap_since_ns = self._newest_ns

    def applied(self, read_s: float) -> None:
        """What was read at a monotonic time is in the state now."""
        now_s = self._clock.monotonic_s()
        self.frame_times.add((now_s - read_s) * 1000, now_s)
        if self._unshown_s is None:
            self._unshown_s = read_s

    def take_unshown_s(self) -> float | None:
        """When the oldest frame was read of those applied since the last call, monotonic."""
        read_s, self._unshown_s = self._unshown_s, None
        return read_s

    @property
    def latency_p99_ms(self) -> float | None:
        """Of nearly all frames of the last minute, from reading to state; None without any."""
        return self.frame_times.recent_quantile_ms(0.99, self._clock.monotonic_s())

    def note(self, about: Note, words: str | None) -> None:
        """Say what else is going on, for a person; None once it is over."""
        before = self._notices.pop(about, None)
        if words:
            self._notices[about] = words
            if words != before:
                self._tell("warning", _KIND[about], words)

    def refilled(self, prints: int, contracts: int) -> None:
        """REST brought prints that were missing."""
        if prints:
            words = f"REST brought {_counted(prints, 'print')} of {_counted(contracts, 'contract')}"
            self._tell("info", "refill", words, prints=prints)

    @property
    def trouble(self) -> str | None:
        """What else keeps the product from being ready, whatever the feed's state."""
        return self._trouble

    @trouble.setter
    def trouble(self, words: str | None) -> None:
        if words and words != self._trouble:
            self._tell("error", "recording", words)
        elif self._trouble and not words:
            self._tell("info", "recording", "the recording goes on")
        self._trouble = words

    @property
    def message(self) -> str | None:
        """What is wrong or going on, for a person."""
        return self._reason or self.chain_refusal or "; ".join(self._notices.values()) or None

    @property
    def age_ms(self) -> int | None:
        """Since the last message arrived."""
        if self._heard_s is None:
            return None
        return round((self._clock.monotonic_s() - self._heard_s) * 1000)

    @property
    def silent(self) -> bool:
        """Whether the last message is so long ago that some may have been lost."""
        return (self.age_ms or 0) > 1000 * STALE_S

    @property
    def lag_ms(self) -> float | None:
        """Arrival less event time of the newest event, in real time; None across days.

        Also where a simulation says that it is of another day than the machine does.
        """
        if not self._newest_ns:
            return None
        times = (self._newest_ns, self._newest_arrival_ns, self._wall.now_ns())
        if len({eastern(ns).date() for ns in times}) > 1:
            return None
        return round((self._newest_arrival_ns - self._newest_ns) / 1e6 / self._speed, 3)

    def state(self, market_ns: int) -> FeedState:
        """The state now, given the newest event's time (0 for none yet)."""
        state = self._state(market_ns)
        if state != self._shown:
            self._tell_state(state)
            self._shown, self._since_ns = state, self._clock.now_ns()
        return state

    @property
    def since_ns(self) -> int:
        """When the state last asked for began, UNIX ns."""
        return self._since_ns

    def _state(self, market_ns: int) -> FeedState:
        if self._link == "refused" or self.chain_refusal:
            return "refused"
        age_s = (self.age_ms or 0) / 1000
        if self._over(market_ns, age_s):
            return "closed"
        if self._link != "up":
            return self._link
        if not market_ns:
            return "waiting" if self._before_open() else "connecting"
        return "stale" if self.silent else "ok"

    def may_still_print(self, market_ns: int) -> bool:
        """Whether late prints may come yet, after the close."""
        now_ns = self._clock.now_ns()
        same_day = eastern(now_ns).date() == self._session.date
        return market_ns < self._session.end_ns and same_day and now_ns <= self._session.end_ns

    def _tell_state(self, state: FeedState) -> None:
        """What no message brings about: silence, its end, and the close."""
        if state == "stale":
            self._tell("warning", "feed", "the feed is connected but silent")
        elif state == "ok" and self._shown == "stale":
            self._tell("info", "feed", "the feed brings data again")
        elif state == "closed":
            self._tell("info", "feed", "the session is over")

    def _broke(self, link: str, level: Level, words: str) -> None:
        """The stream brings nothing from now on; told once, however often it is tried."""
        if self._link != link:
            self._tell(level, "feed", words)
        self.missed()

    def _close_gap(self, until_ns: int) -> None:
        start_ns, self._gap_since_ns = self._gap_since_ns, None
        if start_ns is not None and start_ns < until_ns:
            self.gaps += 1
            first, last = (f"{eastern(ns):%H:%M:%S}" for ns in (start_ns, until_ns))
            words = f"the stream brought nothing from {first} to {last}; REST is asked for it"
            self._tell("warning", "gap", words, start_ns=start_ns, end_ns=until_ns)

    def _tell(
        self,
        level: Level,
        kind: Kind,
        words: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        prints: int | None = None,
    ) -> None:
        t_ns = end_ns or self._newest_ns or self._clock.now_ns()
        self._events.tell(LoggedEvent(t_ns, level, kind, words, start_ns, end_ns, prints))

    def _before_open(self) -> bool:
        return self._clock.now_ns() < self._session.open_ns

    def _over(self, market_ns: int, age_s: float) -> bool:
        if market_ns >= self._session.end_ns:
            return True
        if market_ns >= self._session.close_ns:
            return age_s > QUIET_AFTER_CLOSE_S
        now_ns = self._clock.now_ns()
        same_day = eastern(now_ns).date() == self._session.date
        return not market_ns and same_day and now_ns > self._session.end_ns


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
