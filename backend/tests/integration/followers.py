"""A followed session over a simulator in this process, recorded as `live_mode` records it."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from pydantic import SecretStr

from spymaster.core.clock import SystemClock
from spymaster.core.inputs import Input, Rules
from spymaster.core.sessions import Session, default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.inputs import apply_input
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake
from spymaster.feeds.stream_ingestor import LiveFeed, StreamIngestor
from spymaster.gateway.views import contract_rows, totals
from spymaster.polygon.rest import RestClient
from spymaster.polygon.stream import StreamClient
from spymaster.simulator.day import MarketModel
from spymaster.simulator.server import SimulatorConfig, SimulatorServer
from spymaster.storage.persistence_engine import PersistenceEngine

DATE = dt.date(2025, 12, 16)
GREEKS_S = 0.5


def session() -> Session:
    return default_calendar().session(DATE)


def simulator(start: dt.time = dt.time(10)) -> SimulatorServer:
    """A held market with few quotes, so that minutes of it pass in no time."""
    model = MarketModel(seed=1, volume_scale=0.3, quote_scale=0.05)
    return SimulatorServer(SimulatorConfig(date=DATE, start=start, market=model))


class Follower:
    """One process's worth of following: a fresh engine, what was recorded, and a feed."""

    def __init__(self, data_dir: Path) -> None:
        self.key = SecretStr(data_dir.name)
        """Its own: of two clients with one key, the vendor keeps one."""
        self.engine = FlowEngine(session(), "SPY", 3)
        self.intake = Intake(self.engine)
        self.persistence = PersistenceEngine(data_dir, session(), "SPY", "live")
        self.health = FeedHealth(SystemClock(), session())
        self.ingestor: StreamIngestor | None = None
        self.restored = 0

    @asynccontextmanager
    async def following(self, sim: SimulatorServer) -> AsyncIterator["Follower"]:
        """Follow until the block ends, as abruptly as a kill: nothing is closed in order."""
        for entry in self.persistence.load():
            self.intake.restore(entry)
        self.restored = len(self.engine.flow.prints)
        self.persistence.start(self.engine.table)
        self.intake.record_to(self.persistence)
        clock = SystemClock()
        async with RestClient(sim.rest_url, self.key, clock) as rest:
            self.intake.started(3, Rules("model", False, 0))
            stream = StreamClient(sim.ws_url, self.key, self.engine.table, clock)
            self.ingestor = StreamIngestor(
                LiveFeed(self.intake, self.health, stream, rest, clock, GREEKS_S)
            )
            task = asyncio.create_task(self.ingestor.run())
            try:
                yield self
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await asyncio.to_thread(self.persistence.close)

    def choose_span(self, span: int) -> None:
        self.intake.choose_span(span)
        assert self.ingestor is not None
        self.ingestor.window_changed()


type State = dict[str, object]


def state_of(engine: FlowEngine) -> State:
    """Everything that `/api/contracts` and the header show, as plain values by name."""
    rows = contract_rows(engine, -1)
    return {
        "totals": msgspec.to_builtins(totals(engine)),
        "spot": (engine.spot.price, engine.spot.source),
        "strikes": engine.strikes.strikes,
        "market_ns": engine.market_ns,
        "cancelled": engine.flow.trades_cancelled,
        "backfilled": engine.flow.trades_backfilled,
        "quotes": engine.flow.quotes_received,
        **{ticker: msgspec.to_builtins(row) for ticker, row in rows.items()},
        **{f"print {place}": bytes(row) for place, row in enumerate(engine.flow.prints)},
    }


def differing(one: State, other: State) -> State:
    """What two states do not share, both sides of each: short enough to read in a failed test."""
    names = [name for name in one | other if one.get(name) != other.get(name)]
    return {name: (one.get(name), other.get(name)) for name in names[:5]}


def played(inputs: Iterable[Input]) -> FlowEngine:
    engine = FlowEngine(session(), "SPY", 3)
    for entry in inputs:
        apply_input(engine, entry)
    return engine
