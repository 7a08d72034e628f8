"""Replay: a stored day through the same engine, at a speed or as fast as possible.

The day's events are numbered once in the order in which they are to be taken, so a place in the day
is one number. Seeking goes to the nearest checkpoint at or before the wanted place and plays on
from there; checkpoints are made by playing the whole day once, before anything is shown.
"""

import asyncio
import bisect
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch
from spymaster.core.clock import Clock
from spymaster.core.day_events import DayEvents
from spymaster.core.inputs import Input, RuleChosen, Span, SpanChosen
from spymaster.core.latency import LatencyHistogram
from spymaster.engine.flow_engine import EngineCheckpoint, FlowEngine
from spymaster.engine.inputs import apply_input
from spymaster.feeds.health import FeedState

logger = logging.getLogger(__name__)

STEP_S = 0.05
"""Wall seconds between two slices of a paced replay."""
CHUNK = 10_000
"""Events taken at once, at most, before the event loop gets its turn."""
LET_GO_S = 5.0
"""Wall seconds of playing or seeking after which what that left resident may go."""
LET_GO_EVENTS = 100_000
"""So it may after so many events, which an unpaced replay takes in far less time."""
CHECKPOINT_EVENTS = 60_000
CHECKPOINT_NS = 2 * 60 * 1_000_000_000
"""A checkpoint is made after so many events or so much market time: a seek plays no more again.

Either takes some 40 ms to play: an event half a microsecond, a market second a third of a
millisecond. The checkpoints of a day of 300 contracts take some 100 MB.
"""
GIVE_BACK_EVERY = 16
"""Checkpoints after which memory is given back while they are made."""
GIVE_BACK_EVENTS = 1_000_000
"""Events after which it is while a day is played once, from start to end."""
_SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class ReplayHealth:
    """A replay has no feed that could fail: it plays, stands still or has ended."""

    shown: FeedState = "connecting"
    message: str | None = None
    trouble: str | None = None
    lag_ms: float | None = None
    age_ms: int | None = None
    since_ns: int = 0
    reconnects: int = 0
    frames_rejected: int = 0
    gaps: int = 0
    contracts_owed: int = 0
    quotes_left_out: int = 0
    stream_waiting_bytes: int = 0
    latency_p99_ms: float | None = None
    frame_times: LatencyHistogram = field(default_factory=LatencyHistogram)

    def state(self, market_ns: int) -> FeedState:  # noqa: ARG002 - the live feed's needs it
        """The state now."""
        return self.shown

    def take_unshown_s(self) -> None:
        """Nothing is read from a feed."""

    def enter(self, state: FeedState, now_ns: int, message: str | None = None) -> None:
        """Show another state from now on."""
        self.shown, self.since_ns, self.message = state, now_ns, message


class ReplayEngine:
    """Plays one day's events into an engine, under control.

    Args:
        engine: Fresh engine of that day.
        events: All events of the day, numbered from 0 in the order in which they are to be taken.
        clock: Paces the replay.
        speed: Market seconds a second, or None for as fast as possible.
        health: Where to tell how it goes.
        start_ns: Market time at which the replay begins, UNIX ns; None for the open.
        on_leap: Called when the engine went back, or forth without playing: what was shown of it
            before is void.
        on_whole: Awaited once, where the day has been played to its end for its checkpoints.
        give_back: Awaited now and then while the day is played for its checkpoints, or once from
            start to end: what was freed may go back to the system.
        others: What else went into the engine when the day was recorded, with its place among the
            events, whose numbers leave room for it.
    """

    def __init__(
        self,
        engine: FlowEngine,
        events: DayEvents,
        clock: Clock,
        speed: float | None,
        health: ReplayHealth,
        start_ns: int | None = None,
        on_leap: Callable[[], None] = lambda: None,
        on_whole: Callable[[], Awaitable[None]] | None = None,
        give_back: Callable[[], Awaitable[None]] | None = None,
        others: Sequence[tuple[int, Input]] = (),
    ) -> None:
        self._engine = engine
        self._events = events
        self._clock = clock
        self._speed = speed
        self._health = health
        self._on_leap = on_leap
        self._on_whole = on_whole
        self._give_back = give_back
        self._others = others
        self._places = [place for place, _ in others]
        self._own_span = False
        self._own_rule: bool | None = None
        self._length = len(events) + len(others)
        self._place = 0
        self._playing = True
        self._memory = engine.flow.memory
        self._let_go_s = 0.0
        self._let_go_place = 0
        self._changed = asyncio.Event()
        self.ready = asyncio.Event()
        """Set once `serve` obeys: the checkpoints are made."""
        self._start_ns = engine.session.open_ns if start_ns is None else start_ns
        self._set_anchor(self._start_ns)
        engine.flow.reserve_prints(events.prints)
        # What is no print has no time: it belongs to the day as a whole.
        engine.apply(EventBatch(NO_TRADES, NO_QUOTES, events.rejected))
        self._checkpoints = [(0, engine.checkpoint())]

    @property
    def playing(self) -> bool:
        """Whether market time moves on."""
        return self._playing

    @property
    def speed(self) -> float | None:
        """Market seconds a second, or None for as fast as possible."""
        return self._speed

    @property
    def end_ns(self) -> int:
        """Market time of the last event; the start if there is none."""
        return self._events.end_ns or self._start_ns

    @property
    def position_ns(self) -> int:
        """Market time that the replay stands at."""
        if not self._playing:
            return self._anchor_ns
        if self._speed is None:
            return self._engine.market_ns or self._start_ns
        elapsed_s = self._clock.monotonic_s() - self._anchor_s
        return min(self._anchor_ns + round(elapsed_s * self._speed * 1e9), self.end_ns)

    async def run(self) -> None:
        """Play what is left, then return."""
        self._show("ok")
        rested = 0
        while not self._finished:
            await self._play_some()
            if self._give_back is not None and self._place - rested > GIVE_BACK_EVENTS:
                rested = self._place
                await self._give_back()
        self._finish()

    async def serve(self) -> None:
        """Play, and obey; ends only by cancellation."""
        await self._make_checkpoints()
        self._show("ok")
        while True:
            if self._finished and self._playing:
                self._finish()
            if self._playing:
                await self._play_some()
            else:
                self._changed.clear()
                await self._changed.wait()

    def play(self) -> None:
        """Let market time move on; from the start again if the day has ended."""
        if self._finished:
            self.seek(self._start_ns)
        self._set_anchor(self.position_ns)
        self._playing = True
        self._show("ok")
        self._changed.set()

    def pause(self) -> None:
        """Stand still."""
        self._set_anchor(self.position_ns)
        self._playing = False
        self._show("paused")

    def set_speed(self, speed: float | None) -> None:
        """Change the pace from where the replay stands."""
        self._set_anchor(self.position_ns)
        self._speed = speed

    def seek(self, at_ns: int) -> None:
        """Go to a market time: everything due by then is taken, nothing later."""
        at_ns = min(max(at_ns, self._start_ns), self.end_ns)
        self._go_to(self._due_by(at_ns))
        self._let_go()
        self._set_anchor(at_ns)
        if self._health.shown == "ended" and not self._finished:
            self._show("ok" if self._playing else "paused")
        self._changed.set()

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM, whatever was followed when it was recorded."""
        self._own_span = True
        self._engine.set_span(span)

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the day with that rule or without, whatever was chosen when it was recorded."""
        self._own_rule = on
        self._engine.set_trade_size_rule(on=on)

    def step(self, by: Literal["print", "second"]) -> None:
        """Stand still one print, or one market second, further on."""
        if by == "second":
            self.pause()
            self.seek(self.position_ns + _SECOND_NS)
            return
        self.pause()
        following = self._events.next_print(self._place)
        if following is not None:
            self._take_until(following + 1)
            self._set_anchor(self._due_at(self._place - 1))

    def _set_anchor(self, at_ns: int) -> None:
        self._anchor_ns = at_ns
        self._anchor_s = self._clock.monotonic_s()

    def _show(self, state: FeedState) -> None:
        self._health.enter(state, self._clock.now_ns())

    def _finish(self) -> None:
        self._set_anchor(self.end_ns)
        self._playing = False
        self._show("ended")
        logger.info("Replay complete")

    async def _play_some(self) -> None:
        self._let_go()
        self._events.begin(self._place)
        due = self._length if self._speed is None else self._due_by(self.position_ns)
        self._take_until(min(due, self._place + CHUNK))
        # What is behind its pace goes on as soon as the event loop has had its turn.
        await asyncio.sleep(0 if self._speed is None or self._place < due else STEP_S)

    def _let_go(self) -> None:
        """Let what was left resident go, now and then: one seek often follows another."""
        now_s = self._clock.monotonic_s()
        played = abs(self._place - self._let_go_place)
        if now_s - self._let_go_s > LET_GO_S or played > LET_GO_EVENTS:
            self._let_go_s, self._let_go_place = now_s, self._place
            self._memory.let_go()

    async def _make_checkpoints(self) -> None:
        """Play the day once, keep moments of it, and go back to the start."""
        self._show("connecting")
        while not self._finished:
            done = 100 * self._place // self._length
            self._health.message = f"opening the day, {done} %"
            begun = self._place
            began_ns = self._due_at(begun)
            due = max(self._due_by(began_ns + CHECKPOINT_NS), begun + 1)
            while self._place < min(due, begun + CHECKPOINT_EVENTS, self._length):
                self._events.begin(self._place)
                self._take_until(min(self._place + CHUNK, due))
                await asyncio.sleep(0)
            self._checkpoints.append((self._place, self._engine.checkpoint()))
            self._memory.let_go()
            rests = len(self._checkpoints) % GIVE_BACK_EVERY == 0 or self._finished
            if self._give_back is not None and rests:
                await self._give_back()
        if self._on_whole is not None:
            await self._on_whole()
        self._restore(0)
        self._memory.let_go()
        self._set_anchor(self._start_ns)
        self.ready.set()

    @property
    def _finished(self) -> bool:
        return self._place == self._length

    def _due_by(self, ns: int) -> int:
        """The place that everything due by a time lies below.

        Event times are not quite in order: an event is due when the newest one before it is. What
        came before the first event is due with it, and what has no time with what precedes.
        """
        later = self._events.first_later(ns)
        if later is None:
            return self._length
        return later if self._events.newest_before(later) else 0

    def _due_at(self, place: int) -> int:
        """When what is at a place is due, UNIX ns."""
        newest = self._events.newest_before(place + 1)
        return newest or self._events.first_ns or self._engine.session.open_ns

    def _go_to(self, place: int) -> None:
        """Take or give back events until just those below ``place`` are taken."""
        number = bisect.bisect_right(self._checkpoints, place, key=_place_of) - 1
        leap = number >= 0 and (
            place < self._place or self._checkpoints[number][0] > self._place + CHUNK
        )
        if leap:
            self._restore(number)
        self._take_until(place)

    def _restore(self, number: int) -> None:
        self._place, checkpoint = self._checkpoints[number]
        span = self._recorded_span(self._place)
        if span is not None and not self._own_span:
            self._engine.strikes.set_span(span)
        self._engine.restore(checkpoint)
        if self._own_rule is not None:
            self._engine.set_trade_size_rule(on=self._own_rule)
        self._on_leap()

    def _take_until(self, place: int) -> None:
        """Take what is numbered below ``place`` and has not been taken."""
        place = min(place, self._length)
        while self._place < place:
            following = bisect.bisect_left(self._places, self._place)
            if following < len(self._places) and self._places[following] == self._place:
                self._place += 1
                self._take_other(self._others[following][1])
            else:
                ends = self._places[following] if following < len(self._places) else place
                self._take_events(min(place, ends))

    def _take_events(self, place: int) -> None:
        batch = self._events.between(self._place, place)
        self._place = place
        self._engine.apply(batch)

    def _take_other(self, entry: Input) -> None:
        overruled = (self._own_span and isinstance(entry, SpanChosen)) or (
            self._own_rule is not None and isinstance(entry, RuleChosen)
        )
        if not overruled:
            apply_input(self._engine, entry)

    def _recorded_span(self, place: int) -> Span | None:
        """The span that was in force there when the day was recorded."""
        before = self._others[: bisect.bisect_left(self._places, place)]
        spans = [entry.span for _, entry in before if isinstance(entry, SpanChosen)]
        return spans[-1] if spans else None


def _place_of(checkpoint: tuple[int, EngineCheckpoint]) -> int:
    return checkpoint[0]
