"""Sends the state to every browser: everything first, then what changed.

What a frame holds depends only on the state that its client has seen. So each frame is built and
serialised once for all clients that stand at the same place, usually all of them, and only its
``seq`` differs. A client that is still busy with the previous frame misses ticks and then gets the
newest state; it holds nobody up.
"""

import asyncio
from dataclasses import dataclass

import msgspec

from spymaster.core.clock import Clock
from spymaster.core.event_log import EventLog, Kind, Level, LoggedEvent
from spymaster.gateway import flow_views, views
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.wire import Snapshot, Status, Update

TAPE_ROWS = 200
"""Prints in one frame at most, the newest; the whole tape is another request."""
HEARTBEAT_S = 1.0
"""An update is sent at least so often: a page tells a quiet market from a dead server by it."""


@dataclass(frozen=True, slots=True)
class Position:
    """What a client has seen."""

    epoch: int
    """Number of the session that is shown; another one means another day or mode."""
    version: int
    prints: int
    head: bytes
    """Session and totals as last sent; compared, since they may change alone."""
    sent_tick: int


class SocketBroadcaster:
    """Builds frames at a steady beat and hands them to the connections that ask."""

    def __init__(
        self, desk: Desk, clock: Clock, interval_s: float, events: EventLog | None = None
    ) -> None:
        self.events = EventLog() if events is None else events
        """What every client is told in words, as it happens."""
        self._desk = desk
        self._clock = clock
        self._interval_s = interval_s
        self._encoder = msgspec.json.Encoder()
        self._beat: asyncio.Future[None] | None = None
        self._tick = 0
        self._epoch = 0
        self._shown: Showing | None = None
        self._updates: dict[tuple[int, int], tuple[str, Position]] = {}
        self._snapshot: tuple[str, Position] | None = None
        self._head = b""
        self.clients = 0
        self.frames_sent = 0
        self.beats_missed = 0
        """Beats at which a client was still busy with an earlier frame."""

    @property
    def beat(self) -> int:
        """Number of the latest beat."""
        return self._tick

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            self.tick()

    def tick(self) -> None:
        """Let every waiting client look for something new."""
        self._tick += 1
        self._refresh()
        if self._beat and not self._beat.done():
            self._beat.set_result(None)
        self._beat = None

    def announce(self, level: Level, message: str, kind: Kind = "mode") -> None:
        """Tell every client something in words, with its next frame."""
        t_ns = self._desk.showing.engine.market_ns or self._clock.now_ns()
        self.events.tell(LoggedEvent(t_ns, level, kind, message))

    async def next_beat(self) -> None:
        """Wait for the next tick."""
        if self._beat is None:
            self._beat = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._beat)

    def cursor(self) -> "Cursor":
        """A new client's place in the stream; its first frame is a snapshot."""
        return Cursor(self, self.events.count)

    def _refresh(self) -> None:
        """Forget what was built from the state of the previous tick."""
        showing = self._desk.showing
        if showing is not self._shown:
            self._shown = showing
            self._epoch += 1
        self._updates.clear()
        self._snapshot = None
        session = views.session_info(showing)
        # Age and lag drift all the time; they are not worth a frame of their own.
        feed = msgspec.structs.replace(session.feed, age_ms=None, lag_ms=None)
        steady = msgspec.structs.replace(session, feed=feed, latency_p99_ms=None)
        self._head = self._encoder.encode(steady)

    def _position(self) -> Position:
        flow = self._desk.showing.engine.flow
        return Position(self._epoch, flow.version, len(flow.prints), self._head, self._tick)

    def frames_since(self, seen: Position | None) -> tuple[list[str], Position]:
        """Frames, each without its opening up to ``seq``, and where they take the client."""
        if self._shown is not self._desk.showing:
            self._refresh()
        if seen is None or seen.epoch != self._epoch:
            body, shown = self._full()
            return [body], shown
        now = self._position()
        heartbeat = (now.sent_tick - seen.sent_tick) * self._interval_s >= HEARTBEAT_S
        changed = now.version != seen.version or now.head != seen.head
        if not changed and not heartbeat:
            return [], seen
        body, shown = self._changes(seen)
        return [body], shown

    def _full(self) -> tuple[str, Position]:
        """Everything, as it was when a client of this tick first asked, and where that stands."""
        if self._snapshot is None:
            showing = self._desk.showing
            body = self._body(
                Snapshot(
                    seq=0,
                    ts=self._clock.now_ns() // 1_000_000,
                    session=views.session_info(showing),
                    totals=views.totals(showing.engine),
                    contracts=views.contract_rows(showing.engine, -1),
                    trades=views.tape_rows(showing.engine, 0, TAPE_ROWS),
                )
            )
            self._snapshot = body, self._position()
        return self._snapshot

    def _changes(self, seen: Position) -> tuple[str, Position]:
        key = (seen.version, seen.prints)
        if key not in self._updates:
            showing = self._desk.showing
            body = self._body(
                Update(
                    seq=0,
                    ts=self._clock.now_ns() // 1_000_000,
                    session=views.session_info(showing),
                    totals=views.totals(showing.engine),
                    contracts=views.contract_rows(showing.engine, seen.version),
                    trades=views.tape_rows(showing.engine, seen.prints, TAPE_ROWS),
                    bars=flow_views.stream_bars(showing.engine, seen.version),
                )
            )
            self._updates[key] = body, self._position()
        return self._updates[key]

    def notice(self, event: LoggedEvent) -> str:
        """A status frame, without its opening up to ``seq``."""
        told = views.event(event)
        ts = self._clock.now_ns() // 1_000_000
        return self._body(Status(seq=0, ts=ts, level=told.level, message=told.message, event=told))

    def _body(self, frame: Snapshot | Update | Status) -> str:
        return self._encoder.encode(frame).decode()


class Cursor:
    """One client's place in the stream: which frames it gets next, numbered."""

    def __init__(self, broadcaster: SocketBroadcaster, notices: int) -> None:
        self._broadcaster = broadcaster
        self._seen: Position | None = None
        self._notices = notices
        self._seq = 0

    def take(self) -> list[str]:
        """The frames to send now, oldest first; none if there is nothing new."""
        bodies, self._seen = self._broadcaster.frames_since(self._seen)
        events = self._broadcaster.events
        fresh, self._notices = events.since(self._notices), events.count
        bodies += [self._broadcaster.notice(event) for event in fresh]
        return [self._numbered(body) for body in bodies]

    def _numbered(self, body: str) -> str:
        """Put this client's next number where the shared text has ``"seq":0``."""
        self._seq += 1
        head, _, tail = body.partition('"seq":0')
        return f'{head}"seq":{self._seq}{tail}'
