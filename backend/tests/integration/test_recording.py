"""Whole simulated sessions, recorded, cut off, brought back and played again."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from spymaster.storage.journal import Reading
from spymaster.storage.recordings import recordings

from .followers import DATE, Follower, played, simulator, state_of

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
