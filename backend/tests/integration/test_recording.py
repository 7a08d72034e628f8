"""Whole simulated sessions, recorded, cut off, brought back and played again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from spymaster.core.clock import SystemClock
from spymaster.gateway.wire import ReplayRequest
from spymaster.replay_mode import ReplayMode
from spymaster.settings import Settings
from spymaster.storage.journal import Reading
from spymaster.storage.recordings import recordings

from .followers import DATE, Follower, played, session, simulator, state_of

type Until = Callable[..., Awaitable[None]]

SPANS = {4: 6, 8: 2}
"""Strikes each side of ATM that are chosen at the start of some minutes."""


async def test_a_recorded_session_replays_bit_for_bit(tmp_path: Path, until: Until) -> None:
    async with simulator() as sim:
        async with Follower(tmp_path).following(sim) as live:
            flow = live.engine.flow
            await until(lambda: live.engine.strikes.strikes)
            for minute in range(12):
                if minute in SPANS:
                    live.choose_span(SPANS[minute])
                sim.faults.drop_connection = minute == 6
                for _ in range(12):
                    await sim.advance_by(5.0)
                if minute == 6:
                    await until(lambda: live.health.reconnects)
                    await sim.advance_by(30.0)
                now_ns = sim.clock.now_ns()
                await until(lambda at=now_ns: live.engine.market_ns > at - 20_000_000_000)
            await until(lambda: flow.trades_backfilled)
        (recording,) = recordings(tmp_path, DATE, "SPY")
        again = played(recording.read(Reading()))
    assert state_of(again) == state_of(live.engine)


async def test_a_recording_is_replayed_as_it_was_followed(tmp_path: Path, until: Until) -> None:
    async with simulator() as sim, Follower(tmp_path).following(sim) as live:
        await until(lambda: live.engine.strikes.strikes)
        for span in (3, 5, 2):
            live.choose_span(span)
            await sim.advance_by(30.0)
            now_ns = sim.clock.now_ns()
            await until(lambda at=now_ns: live.engine.market_ns > at - 20_000_000_000)
    settings = Settings(replay_mode=True, replay_date=DATE, data_dir=tmp_path, strike_span=9)
    replay = ReplayMode(settings, SystemClock(), session(), None)
    async with running(replay):
        await until(lambda: replay.showing.health.state(0) == "ended")
        assert state_of(replay.showing.engine) == state_of(live.engine)
        replay.control(ReplayRequest("seek", at="10:00:40"))
        assert replay.showing.engine.strikes.span == 5
        replay.control(ReplayRequest("play"))
        await until(lambda: replay.showing.health.state(0) == "ended")
        assert state_of(replay.showing.engine) == state_of(live.engine)


@asynccontextmanager
async def running(mode: ReplayMode) -> AsyncIterator[None]:
    task = asyncio.create_task(mode.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
