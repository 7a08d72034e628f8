"""Sends the state to every browser: everything first, then what changed.

What a frame holds depends only on the state that its client has seen. So each frame is built and
serialised once a beat for all clients that stand at the same place, usually all of them, and only
its ``seq`` differs. A client that is still busy with the previous frame misses beats and then gets
the newest state; it holds nobody up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np

from spymaster.core.clock import Clock
from spymaster.core.event_log import EventLog, Kind, Level, LoggedEvent
from spymaster.core.latency import LatencyHistogram, bounds_beyond
from spymaster.gateway import bar_views, views
from spymaster.gateway.changed_prints import ChangedPrints
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.wire import SessionInfo, Snapshot, Status, Update

logger = logging.getLogger(__name__)

TAPE_ROWS = 200
"""Prints in one frame at most, the newest; the whole tape is another request."""
HEARTBEAT_S = 1.0
"""An update is sent at least so often: a page tells a quiet market from a dead server by it."""
_READS_KEPT: Final = 256
"""Beats; of a client that is further behind only these are looked at."""
_AT_ONCE: Final = 50
"""Clients that are served in one turn of the event loop: some 2 ms."""


class Position(NamedTuple):
    """What a client has seen."""

    epoch: int
    """Number of the session that is shown; another one means another day or mode."""
    version: int
    prints: int
    looks: int
    """As of `ChangedPrints`."""
    head: bytes
    """Session and totals as last sent; compared, since they may change alone."""
    sent_tick: int


class Body(NamedTuple):
    """A frame's text around the one thing that differs by client: ``seq``."""

    head: bytes
    tail: bytes
    read_s: float | None = None
    """When the oldest of the vendor's frames in it was read, monotonic; None for none."""


class Client(Protocol):
    """A page on the stream."""

    def look(self) -> None:
        """Take what is new, unless it is still busy with what it took before."""


class SocketBroadcaster:
    """Builds frames at a steady beat, at which every client looks for something new."""

    def __init__(
        self, desk: Desk, clock: Clock, interval_s: float, events: EventLog | None = None
    ) -> None:
        self.events = EventLog() if events is None else events
        """What every client is told in words, as it happens."""
        self._desk = desk
        self._clock = clock
        self._interval_s = interval_s
        self._encoder = msgspec.json.Encoder()
        self._clients: dict[Client, None] = {}
        self._due: deque[Client] = deque()
        """Clients that have not looked at this beat yet."""
        self.beat = 0
        """Number of the latest beat."""
        self._failed_beat = 0
        """The latest one at which something failed."""
        self._epoch = 0
        self._shown: Showing | None = None
        self._answers: dict[Position | None, tuple[Body | None, Position]] = {}
        """What clients get at this beat, by what they have seen."""
        self._changed_prints = ChangedPrints()
        self._snapshot: tuple[Body, Position] | None = None
        self._reads: deque[tuple[int, float]] = deque(maxlen=_READS_KEPT)
        """Beats, and when the oldest frame was read that came in since the one before."""
        self._head = b""
        self.frames_sent = 0
        self.clients_dropped = 0
        """Clients that took nothing for too long, or were one too many."""
        self.beats_missed = 0
        """Beats at which a client was still busy with an earlier frame."""
        self.delivery_times = LatencyHistogram(bounds_beyond(interval_s * 1000))
        """From the reading of the oldest frame in an update until a client's socket took it."""

    @property
    def clients(self) -> int:
        """How many are there."""
        return len(self._clients)

    def attach(self, client: Client) -> None:
        """Let a client look now, and at every beat."""
        self._clients[client] = None
        client.look()

    def detach(self, client: Client) -> None:
        """Forget a client."""
        self._clients.pop(client, None)

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s = max(due_s + self._interval_s, loop.time())  # what was missed is not made up for
            await asyncio.sleep(due_s - loop.time())
            with self._errors_told():
                self.tick()

    def tick(self) -> None:
        """Let every client look for something new."""
        self.beat += 1
        read_s = self._desk.showing.health.take_unshown_s()
        if read_s is not None:
            self._reads.append((self.beat, read_s))
        self._refresh()
        if not self._due:
            self._due.extend(self._clients)
            self._serve_some()

    def _serve_some(self) -> None:
        """Let some clients look; the event loop does its other work before the next ones."""
        with self._errors_told():  # whoever was to look after one that fails has its turn next
            for _ in range(min(_AT_ONCE, len(self._due))):
                client = self._due.popleft()
                if client in self._clients:
                    client.look()
        if self._due:
            asyncio.get_running_loop().call_soon(self._serve_some)

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        """Tell an error, once a beat: it may be the same for all pages.

        They show by themselves that nothing comes; the next beat may go well again.
        """
        try:
            yield
        except Exception:
            if self._failed_beat != self.beat:
                self._failed_beat = self.beat
                logger.exception("Not every page could be sent its frame")

    def announce(self, level: Level, message: str, kind: Kind = "mode") -> None:
        """Tell every client something in words, with its next frame."""
        t_ns = self._desk.showing.engine.market_ns or self._clock.now_ns()
        self.events.tell(LoggedEvent(t_ns, level, kind, message))

    def delivered(self, frame: "Frame") -> None:
        """A client's socket has taken a frame."""
        self.frames_sent += 1
        if frame.read_s is not None:
            now_s = self._clock.monotonic_s()
            self.delivery_times.add((now_s - frame.read_s) * 1000, now_s)

    def cursor(self) -> "Cursor":
        """A new client's place in the stream; its first frame is a snapshot."""
        return Cursor(self, self.events.count)

    def _refresh(self) -> None:
        """Forget what was built from the state of the previous tick."""
        showing = self._desk.showing
        if showing is not self._shown:
            self._shown = showing
            self._epoch += 1
            self._changed_prints = ChangedPrints()
        self._answers.clear()
        self._snapshot = None
        session = views.session_info(showing)
        # Age and lag drift all the time; they are not worth a frame of their own.
        feed = msgspec.structs.replace(session.feed, age_ms=None, lag_ms=None)
        steady = msgspec.structs.replace(session, feed=feed, latency_p99_ms=None)
        self._head = self._encoder.encode(steady)

    def _position(self) -> Position:
        flow = self._desk.showing.engine.flow
        looks = self._changed_prints.looks
        return Position(self._epoch, flow.version, len(flow.prints), looks, self._head, self.beat)

    def frame_since(self, seen: Position | None) -> tuple[Body | None, Position]:
        """What brings a client up to now, None for nothing new, and where it stands then.

        Whoever asks from the same place at the same beat gets the same, also if the state has
        moved on meanwhile: so clients that stand together stay together.
        """
        if self._shown is not self._desk.showing:
            self._refresh()
        found = self._answers.get(seen)
        if found is None:
            found = self._answers[seen] = self._answer(seen)
        return found

    def _answer(self, seen: Position | None) -> tuple[Body | None, Position]:
        flow = self._desk.showing.engine.flow
        self._changed_prints.look(flow.prints, flow.version)
        if seen is None or seen.epoch != self._epoch:
            return self._full()
        heartbeat = (self.beat - seen.sent_tick) * self._interval_s >= HEARTBEAT_S
        changed = flow.version != seen.version or self._head != seen.head
        if not changed and not heartbeat:
            return None, seen
        return self._changes(seen)

    def _full(self) -> tuple[Body, Position]:
        """Everything, as it was when a client of this tick first asked, and where that stands."""
        if self._snapshot is None:
            showing = self._desk.showing
            body = self._body(
                Snapshot(
                    seq=0,
                    ts=self._clock.now_ns() // 1_000_000,
                    session=self._session(showing),
                    totals=views.totals(showing.engine),
                    contracts=views.contract_rows(showing.engine, -1),
                    trades=views.tape_rows(showing.engine, 0, TAPE_ROWS),
                )
            )
            self._snapshot = body, self._position()
        return self._snapshot

    def _session(self, showing: Showing) -> SessionInfo:
        p99_ms = self.delivery_times.recent_quantile_ms(0.99, self._clock.monotonic_s())
        return msgspec.structs.replace(views.session_info(showing), delivery_p99_ms=p99_ms)

    def _changes(self, seen: Position) -> tuple[Body, Position]:
        showing = self._desk.showing
        changed = self._changed_prints.since(seen.looks, seen.prints)[-TAPE_ROWS:]
        body = self._body(
            Update(
                seq=0,
                ts=self._clock.now_ns() // 1_000_000,
                session=self._session(showing),
                totals=views.totals(showing.engine),
                contracts=views.contract_rows(showing.engine, seen.version),
                trades=views.tape_rows(showing.engine, seen.prints, TAPE_ROWS),
                bars=bar_views.stream_bars(showing.engine, seen.version),
                changed_trades=views.rows_at(showing.engine, np.array(changed, dtype=np.intp)),
            )
        )
        read_s = next((read for tick, read in self._reads if tick > seen.sent_tick), None)
        return body._replace(read_s=read_s), self._position()

    def notice(self, event: LoggedEvent) -> Body:
        """A status frame."""
        told = views.event(event)
        ts = self._clock.now_ns() // 1_000_000
        return self._body(Status(seq=0, ts=ts, level=told.level, message=told.message, event=told))

    def _body(self, frame: Snapshot | Update | Status) -> Body:
        head, _, tail = self._encoder.encode(frame).partition(b'"seq":0')
        return Body(head + b'"seq":', tail)


class Frame(NamedTuple):
    """A frame as one client gets it."""

    parts: tuple[bytes, bytes]
    """Its text; the second part, nearly all of it, is the same object for all clients."""
    read_s: float | None
    """As of its `Body`."""


class Cursor:
    """One client's place in the stream: which frames it gets next, numbered."""

    def __init__(self, broadcaster: SocketBroadcaster, notices: int) -> None:
        self._broadcaster = broadcaster
        self._seen: Position | None = None
        self._notices = notices
        self._seq = 0

    def take(self) -> list[Frame]:
        """The frames to send now, oldest first; none if there is nothing new."""
        body, self._seen = self._broadcaster.frame_since(self._seen)
        frames = [] if body is None else [self._numbered(body)]
        events = self._broadcaster.events
        if events.count != self._notices:
            fresh, self._notices = events.since(self._notices), events.count
            frames += [self._numbered(self._broadcaster.notice(event)) for event in fresh]
        return frames

    def _numbered(self, body: Body) -> Frame:
        self._seq += 1
        return Frame((b"%b%d" % (body.head, self._seq), body.tail), body.read_s)
