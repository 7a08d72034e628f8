"""Whole simulated sessions, recorded, cut off, brought back and played again."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spymaster.core.clock import SystemClock
from spymaster.core.errors import SettingsError
from spymaster.engine.flow_engine import FlowEngine
from spymaster.gateway.views import contract_rows
from spymaster.gateway.wire import ReplayRequest
from spymaster.replay_mode import ReplayMode
from spymaster.settings import Settings
from spymaster.simulator.server import SimulatorServer
from spymaster.storage import coverage
from spymaster.storage.places import contract_file
from spymaster.storage.recordings import recordings
from spymaster.storage.segments import Reading, segments

from .followers import DATE, Follower, differing, played, session, simulator, state_of

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
    assert differing(state_of(again), state_of(live.engine)) == {}


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
        assert differing(state_of(replay.showing.engine), state_of(live.engine)) == {}
        with pytest.raises(SettingsError, match="at: '15:15:00Z' is no Eastern time"):
            replay.control(ReplayRequest("seek", at="15:15:00Z"))
        replay.control(ReplayRequest("seek", at="10:00:40"))
        assert replay.showing.engine.strikes.span == 5
        replay.control(ReplayRequest("play"))
        await until(lambda: replay.showing.health.state(0) == "ended")
        assert differing(state_of(replay.showing.engine), state_of(live.engine)) == {}


async def test_a_follower_that_was_cut_off_ends_like_one_that_was_not(
    tmp_path: Path, until: Until
) -> None:
    async with simulator() as sim, Follower(tmp_path / "steady").following(sim) as steady:
        async with Follower(tmp_path / "cut").following(sim) as cut:
            await follow(sim, until, steady, cut)
        shown = counted(cut.engine)
        again = Follower(tmp_path / "cut")
        await follow(sim, until, steady)
        sim.faults.rest_status = 500
        async with again.following(sim):
            # Shown before REST, which is down, has said anything.
            assert counted(again.engine) == shown
            sim.faults.rest_status = 0
            await until(lambda: again.engine.flow.trades_backfilled > cut_filled(cut))
            await follow(sim, until, steady, again)
            same = set(steady.engine.window_contracts()) & set(again.engine.window_contracts())
            tickers = {steady.engine.table[number].ticker for number in same}
            assert len(tickers) >= 14
            await until(
                lambda: (
                    {ticker: counted(steady.engine)[ticker] for ticker in tickers}
                    == {ticker: counted(again.engine)[ticker] for ticker in tickers}
                )
            )


async def test_the_close_fills_the_holes_and_keeps_the_day(tmp_path: Path, until: Until) -> None:
    async with simulator(dt.time(15, 58)) as sim:
        follower = Follower(tmp_path)
        async with follower.following(sim) as live:
            assert live.ingestor is not None
            await follow(sim, until, live)
            live.choose_span(1)
            while sim.clock.now_ns() < session().end_ns:
                await sim.advance_by(30.0)
            last_ns = int(sim.day.prints_between(session().open_ns, session().end_ns).ts[-1])
            await until(lambda: live.engine.market_ns > session().close_ns)
            live.ingestor.finish(session().end_ns + 1)
            await until(lambda: live.ingestor.complete, seconds=40)
            await asyncio.to_thread(live.persistence.keep)
            before = state_of(live.engine)
    assert last_ns > session().close_ns
    kept = coverage.load(tmp_path, DATE)
    assert kept is not None
    held = [kinds["trades"] for kinds in kept.contracts.values()]
    assert len(held) >= 14
    assert all(one.complete for one in held)
    (recording,) = recordings(tmp_path, DATE, "SPY")
    assert segments(recording.folder)[:-1] == []
    assert differing(state_of(played(recording.read(Reading()))), before) == {}
    rows = contract_rows(live.engine, -1)
    for ticker, kinds in kept.contracts.items():
        path = contract_file(tmp_path, "trades", DATE, ticker)
        prints = pq.read_table(path)
        cancels = sum(
            bool({201, 203, 205, 207} & set(ids or ())) for ids in prints["conditions"].to_pylist()
        )
        assert kinds["trades"].rows == prints.num_rows >= rows[ticker].trade_count + cancels
        assert prints.num_rows <= rows[ticker].trade_count + 2 * cancels


async def follow(sim: SimulatorServer, until: Until, *followers: Follower) -> None:
    """Let the market move on a minute, with everyone at its heels."""
    await until(lambda: all(one.engine.strikes.strikes for one in followers))
    for _ in range(6):
        await sim.advance_by(10.0)
    now_ns = sim.clock.now_ns()
    await until(lambda: all(one.engine.market_ns > now_ns - 20_000_000_000 for one in followers))


def counted(engine: FlowEngine) -> dict[str, tuple[int, float, int]]:
    """What does not hang on whether stream or REST brought a print."""
    return {
        ticker: (row.cumulative_volume, row.cumulative_premium, row.trade_count)
        for ticker, row in contract_rows(engine, -1).items()
    }


def cut_filled(cut: Follower) -> int:
    return cut.engine.flow.trades_backfilled


@asynccontextmanager
async def running(mode: ReplayMode) -> AsyncIterator[None]:
    task = asyncio.create_task(mode.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
