import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spymaster.core.batches import EventBatch, QuoteBatch
from spymaster.core.day_events import DayEvents
from spymaster.core.inputs import RuleChosen
from spymaster.engine.columns import CONTRACT, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.store import Memory, ProcessMemory
from spymaster.feeds import replay_engine
from spymaster.feeds.replay_engine import STEP_S, ReplayEngine, ReplayHealth
from spymaster.storage.scratch import ScratchMemory

from .fakes import SESSION, STRIKES, Quote, Trade, batch, engine, ns, ticker
from .virtual_time import LoopClock

WALL_NS = SESSION.open_ns + 400 * 86_400 * 1_000_000_000


def fresh() -> FlowEngine:
    state = engine(span=2)
    state.list_contracts([ticker(strike, right) for strike in STRIKES for right in "CP"])
    return state


def in_memory(memory: Memory) -> FlowEngine:
    state = FlowEngine(SESSION, "SPY", 2, memory=memory)
    state.list_contracts([ticker(strike, right) for strike in STRIKES for right in "CP"])
    return state


def replay(
    state: FlowEngine, events: EventBatch, speed: float | None, start_ns: int | None = None
) -> tuple[ReplayEngine, ReplayHealth]:
    health = ReplayHealth()
    return ReplayEngine(
        state, DayEvents.of(events), LoopClock(WALL_NS), speed, health, start_ns
    ), health


def random_day(seconds: int = 1200) -> EventBatch:
    """Quotes around a wandering spot in every contract, and prints; some stamped out of order."""
    random = np.random.default_rng(7)
    rows: list[Trade | Quote] = []
    spot = 600.0
    for second in range(seconds):
        spot += random.normal(0, 0.05)
        for place in random.permutation(2 * len(STRIKES))[:6]:
            strike, right = STRIKES[place // 2], 1 if place % 2 == 0 else -1
            middle = max(0.05, 2.0 + right * (spot - strike) / 2)
            bid = round(middle - 0.01, 2)
            rows.append(Quote(second + random.random(), bid, bid + 0.02, int(place)))
            if random.random() < 0.3:
                price = round(bid + random.choice([0.0, 0.01, 0.02]), 2)
                when = second + random.random() - (2 if random.random() < 0.05 else 0)
                rows.append(Trade(max(when, 0), price, int(random.integers(1, 20)), int(place)))
    return batch(*rows, rejected=3)


async def after(
    state: FlowEngine, events: EventBatch, speed: float | None
) -> tuple[FlowEngine, ReplayHealth]:
    engine_of, health = replay(state, events, speed)
    await engine_of.run()
    return state, health


async def test_events_are_taken_when_their_market_time_has_come() -> None:
    state = fresh()
    player, health = replay(state, batch(Trade(0), Trade(10), Trade(20), Trade(60)), speed=2.0)
    task = asyncio.create_task(player.run())
    taken = {}
    for wall_s in (0.1, 4.9, 5.1, 9.9, 10.1, 29.9, 30.1):
        await asyncio.sleep(wall_s - asyncio.get_running_loop().time())
        taken[wall_s] = state.flow.trades_counted
    await task
    assert taken == {0.1: 1, 4.9: 1, 5.1: 2, 9.9: 2, 10.1: 3, 29.9: 3, 30.1: 4}
    assert health.shown == "ended"


async def test_none_comes_early_and_none_later_than_a_step() -> None:
    state = fresh()
    late: list[float] = []
    apply: Callable[[EventBatch], None] = state.apply

    def watched(events: EventBatch) -> None:
        due = SESSION.open_ns + asyncio.get_running_loop().time() * 60e9
        late.extend((due - events.trades.ts_event) / 60e9)
        apply(events)

    state.apply = watched  # type: ignore[method-assign]
    player, _ = replay(state, batch(*(Trade(second) for second in range(0, 3600, 7))), speed=60.0)
    await player.run()
    assert len(late) == len(range(0, 3600, 7))
    assert min(late) >= -1e-6
    assert max(late) <= STEP_S + 1e-6


async def test_however_fast_a_replay_is_one_turn_of_the_loop_takes_few_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay_engine, "CHUNK", 10)
    state = fresh()
    sizes: list[int] = []
    apply: Callable[[EventBatch], None] = state.apply

    def watched(events: EventBatch) -> None:
        sizes.append(len(events))
        apply(events)

    state.apply = watched  # type: ignore[method-assign]
    player, health = replay(state, batch(*map(Trade, range(100))), speed=100_000.0)
    await player.run()
    assert (max(sizes), sum(sizes), health.shown) == (10, 100, "ended")
    # Behind its pace it waits for nothing but the others' turns.
    assert asyncio.get_running_loop().time() <= 2 * STEP_S


async def test_an_event_stamped_late_waits_for_those_before_it() -> None:
    state = fresh()
    player, _ = replay(state, batch(Trade(0), Trade(30), Trade(5), Trade(31)), speed=1.0)
    task = asyncio.create_task(player.run())
    await asyncio.sleep(29)
    assert state.flow.trades_counted == 1
    await asyncio.sleep(1.1)
    assert state.flow.trades_counted == 3
    await task


async def test_a_replay_may_begin_in_the_middle_of_the_day() -> None:
    state = fresh()
    player, _ = replay(state, batch(Trade(3600), Trade(3610)), speed=1.0, start_ns=ns(3600))
    task = asyncio.create_task(player.run())
    await asyncio.sleep(0.1)
    assert state.flow.trades_counted == 1
    await task
    assert asyncio.get_running_loop().time() == pytest.approx(10, abs=2 * STEP_S)


@pytest.mark.parametrize("speed", [7.0, 600.0, 100_000.0])
async def test_a_paced_replay_ends_bit_for_bit_where_an_unpaced_one_does(
    speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_engine, "CHUNK", 1000)
    events = random_day()
    paced, _ = await after(fresh(), events, speed)
    unpaced, _ = await after(fresh(), events, None)
    at_once = fresh()
    at_once.apply(events)
    for other in (unpaced, at_once):
        for name in CONTRACT.names or ():
            if name == "version":
                continue
            assert np.array_equal(
                paced.flow.contracts[name], other.flow.contracts[name], equal_nan=True
            ), name
        assert paced.flow.prints.tobytes() == other.flow.prints.tobytes()
        assert paced.spot.price == other.spot.price
        assert paced.strikes.strikes == other.strikes.strikes
    assert paced.flow.trades_counted > 500


async def test_seeking_gives_the_same_where_the_day_lies_in_a_mapped_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(replay_engine, "CHECKPOINT_EVENTS", 500)
    events, ends = random_day(), []
    for memory in (None, ScratchMemory(tmp_path)):
        state = fresh() if memory is None else in_memory(memory)
        player, _ = replay(state, events, speed=1.0)
        serving = asyncio.create_task(player.serve())
        await player.ready.wait()
        player.pause()
        for second in (900, 100, 1100, 700):
            player.seek(ns(second))
            ends.append((state.flow.prints.tobytes(), state.flow.contracts.tobytes()))
        serving.cancel()
    assert ends[:4] == ends[4:]


class CountedMemory(ProcessMemory):
    """Says how often it was told that what is resident may go."""

    def __init__(self) -> None:
        self.let_go_times = 0

    def let_go(self) -> None:
        self.let_go_times += 1


async def test_memory_is_given_back_on_the_way_however_fast_the_day_is_played(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, events in (("CHUNK", 10), ("LET_GO_EVENTS", 100), ("GIVE_BACK_EVENTS", 300)):
        monkeypatch.setattr(replay_engine, name, events)
    memory, given_back = CountedMemory(), []

    async def give_back() -> None:
        given_back.append(memory.let_go_times)

    events = DayEvents.of(batch(*(Trade(second) for second in range(1_000))))
    player = ReplayEngine(
        in_memory(memory),
        events,
        LoopClock(WALL_NS),
        None,
        ReplayHealth(),
        give_back=give_back,
    )
    await player.run()
    assert memory.let_go_times == 9
    assert len(given_back) == 3


async def test_how_far_the_day_is_opened_is_told_until_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay_engine, "CHECKPOINT_EVENTS", 50)
    player, health = replay(fresh(), batch(*(Trade(2 * number) for number in range(200))), 1.0)
    serving = asyncio.create_task(player.serve())
    told = []
    while not player.ready.is_set():
        await asyncio.sleep(0)
        if health.message not in (None, *told[-1:]):
            told.append(health.message)
    assert told[0] == "opening the day, 0 %"
    assert told == sorted(told, key=lambda words: int(words.split()[-2]))
    assert len(told) >= 4
    await asyncio.sleep(0)
    assert (health.shown, health.message) == ("ok", None)
    serving.cancel()


async def test_what_is_played_next_is_begun_to_be_read_while_the_day_is_opened_or_played(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay_engine, "CHUNK", 50)
    events = DayEvents.of(batch(*(Trade(number / 10) for number in range(200))))
    begun: list[int] = []
    monkeypatch.setattr(events, "begin", begun.append)
    player = ReplayEngine(fresh(), events, LoopClock(WALL_NS), None, ReplayHealth())
    await player.run()
    assert begun == [0, 50, 100, 150]
    begun.clear()
    player = ReplayEngine(fresh(), events, LoopClock(WALL_NS), 1.0, ReplayHealth())
    serving = asyncio.create_task(player.serve())
    await player.ready.wait()
    serving.cancel()
    assert begun[:4] == [0, 50, 100, 150]


async def test_rejected_rows_are_counted_and_the_end_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    state, health = await after(fresh(), batch(Trade(1), rejected=4), None)
    flow = state.flow
    assert (flow.trades_received, flow.trades_counted, flow.trades_rejected) == (5, 1, 4)
    assert (health.state(state.market_ns), health.since_ns) == ("ended", WALL_NS)
    assert "Replay complete" in caplog.messages


async def test_an_empty_day_ends_at_once() -> None:
    state, health = await after(fresh(), batch(rejected=2), 1.0)
    assert (state.flow.trades_rejected, health.shown) == (2, "ended")


async def test_an_unpaced_replay_gives_the_others_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay_engine, "CHUNK", 10)
    state = fresh()
    player, _ = replay(state, batch(*(Trade(second) for second in range(100))), None)
    task = asyncio.create_task(player.run())
    seen = set()
    while not task.done():
        await asyncio.sleep(0)
        seen.add(state.flow.trades_counted)
    assert len(seen) >= 10


async def test_a_rule_that_a_person_chose_holds_wherever_the_replay_goes() -> None:
    chosen = (0, RuleChosen(trade_size=False))
    rows = batch(Quote(1, 1.0, 1.1), Trade(1.5, 1.1, 4), Trade(400, 1.1, 4))
    quotes = rows.quotes.rows.copy()
    quotes["arrival"] += 1
    quotes["ask_size"], quotes["ask_exchange"] = 4, rows.trades.exchange[0]
    numbered = EventBatch(rows.trades.numbered(rows.trades.arrival + 1), QuoteBatch(quotes))
    state, health = fresh(), ReplayHealth()
    player = ReplayEngine(
        state, DayEvents.of(numbered), LoopClock(WALL_NS), 1.0, health, others=[chosen]
    )
    serving = asyncio.create_task(player.serve())
    await player.ready.wait()
    player.pause()
    player.seek(ns(10))
    assert state.flow.prints["rule"][0] == Rule.QUOTE_AT
    player.set_trade_size_rule(on=True)
    for second in (10, 0, 10):
        player.seek(ns(second))
        assert state.flow.trade_size_rule
    assert state.flow.prints["rule"][0] == Rule.TSIZE
    assert state.flow.contracts[0]["net_premium"] == -11_000 * 4 * 100
    serving.cancel()
