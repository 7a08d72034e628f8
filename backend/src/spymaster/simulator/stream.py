"""The stream of one day: pushes what has happened by market time to every connection."""

import asyncio
from typing import Final

import numpy as np
from aiohttp import WSCloseCode, web

from spymaster.simulator.bars import MINUTE_NS, BarMaker
from spymaster.simulator.clock import MarketClock
from spymaster.simulator.connection import Connection
from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.faults import Faults
from spymaster.simulator.frames import mask_rows, split, write_bars
from spymaster.simulator.path import NS
from spymaster.simulator.prints import Prints
from spymaster.simulator.stream_protocol import HANG_UPS, MAX_CONNECTIONS

FLUSH_S: Final = 0.025
"""Real seconds between two flushes."""
_DRAIN_S: Final = 5.0


class Stream:
    """Holds the connections and moves them through the day, never past market time."""

    def __init__(
        self, day: SimulatedDay, clock: MarketClock, faults: Faults, *, buffer_bytes: int,
        auth_timeout_s: float,
    ) -> None:  # fmt: skip
        self._day = day
        self._clock = clock
        self._faults = faults
        self._buffer_bytes = buffer_bytes
        self._auth_timeout_s = auth_timeout_s
        self._connections: set[Connection] = set()
        self._by_key: dict[str, Connection] = {}
        self._accepted = 0
        self._sent_ns = clock.now_ns()
        self._bars: BarMaker | None = None
        self._window: list[Prints] = []
        self._minute: list[Prints] = []

    @property
    def connections(self) -> int:
        """Open connections."""
        return len(self._connections)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a new socket."""
        self._accepted += 1
        connection = Connection(
            self._accepted,
            self._day.chain,
            self._faults,
            buffer_bytes=self._buffer_bytes,
            seed=self._day.model.seed,
        )
        self._connections.add(connection)
        try:
            return await connection.serve(
                request, self._authenticated, auth_timeout_s=self._auth_timeout_s
            )
        finally:
            self._connections.discard(connection)
            if connection.key and self._by_key.get(connection.key) is connection:
                del self._by_key[connection.key]

    def _authenticated(self, connection: Connection) -> None:
        """One connection for a key: the newcomer stays, the older one goes."""
        assert connection.key is not None
        older = self._by_key.get(connection.key)
        self._by_key[connection.key] = connection
        if older is not None and older is not connection:
            older.send_statuses([MAX_CONNECTIONS])
            older.close(WSCloseCode.POLICY_VIOLATION, b"max_connections")

    async def run(self) -> None:
        """Push in real time until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            self.act_on_faults()
            self.push(self._clock.now_ns())

    async def advance_to(self, at_ns: int) -> None:
        """Move a held clock, pushing all that is due, second by second, and wait for the writes."""
        while (now := self._clock.now_ns()) < at_ns:
            self._clock.move_to(min(at_ns, now // NS * NS + NS))
            self.act_on_faults()
            self.push(self._clock.now_ns())
            for connection in list(self._connections):
                await connection.drained(_DRAIN_S)
            await asyncio.sleep(0)

    def act_on_faults(self) -> None:
        """Carry out the faults that are single acts."""
        if self._faults.drop_connection:
            self._faults.drop_connection = False
            for connection in list(self._connections):
                connection.abort()
        if self._faults.close_clean:
            self._faults.close_clean = False
            for connection in list(self._connections):
                connection.close(WSCloseCode.OK)
        if told := self._faults.hang_up:
            self._faults.hang_up = ""
            for connection in list(self._connections):
                connection.send_statuses([HANG_UPS[told]])
                connection.close(WSCloseCode.POLICY_VIOLATION, told.encode())

    def push(self, until_ns: int) -> None:
        """Send every event with a time before ``until_ns`` that was not sent yet."""
        while self._sent_ns < until_ns:
            end_ns = min(until_ns, self._sent_ns // NS * NS + NS)
            self._push_part(self._sent_ns, end_ns)
            self._sent_ns = end_ns

    def _push_part(self, start_ns: int, end_ns: int) -> None:
        """Send the events of a part of one second."""
        listeners = [c for c in self._connections if c.protocol.held]
        if not listeners:
            self._bars = None
            return
        prints = self._day.prints_between(start_ns, end_ns)
        for connection in listeners:
            interest = connection.interest
            mine = prints.take(mask_rows(prints.row, interest.trades))
            quotes = self._day.quotes_between(start_ns, end_ns, interest.quotes)
            self._send(connection, connection.writer.write(mine, quotes))
        if any(channel in {"A", "AM"} for c in listeners for channel, _ in c.protocol.held):
            self._push_bars(listeners, prints, start_ns, end_ns)
        else:
            self._bars = None

    def _push_bars(
        self, listeners: list[Connection], prints: Prints, start_ns: int, end_ns: int
    ) -> None:
        if self._bars is None:
            self._bars = BarMaker(self._day.chain.tickers, self._day.prints_until(start_ns))
            self._window, self._minute = [], []
        self._bars.add(prints)
        self._window.append(prints)
        if end_ns % NS:
            return
        second = Prints.concat(self._window)
        self._window = []
        self._minute.append(second)
        self._bar_events(listeners, "A", second, end_ns - NS, end_ns)
        if end_ns % MINUTE_NS == 0:
            minute = Prints.concat(self._minute)
            self._minute = []
            self._bar_events(listeners, "AM", minute, end_ns - MINUTE_NS, end_ns)

    def _bar_events(
        self, listeners: list[Connection], kind: str, prints: Prints, start_ns: int, end_ns: int
    ) -> None:
        assert self._bars is not None
        for connection in listeners:
            interest = connection.interest
            wanted = interest.second_bars if kind == "A" else interest.minute_bars
            if np.any(wanted):
                bars = self._bars.bars(prints, start_ns, end_ns, wanted)
                self._send(connection, write_bars(kind, bars, self._faults))

    @staticmethod
    def _send(connection: Connection, events: list[str]) -> None:
        for frame in split(events):
            connection.send(frame)

    async def close(self) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            connection.close(WSCloseCode.GOING_AWAY, b"simulator stops")
        for connection in list(self._connections):
            await connection.ended(1.0)
