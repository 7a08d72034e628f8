"""Looking after a recording, without a market."""

import asyncio
import datetime as dt
from pathlib import Path

from spymaster.core.clock import SystemClock
from spymaster.core.contracts import ContractTable
from spymaster.core.event_log import EventLog
from spymaster.core.inputs import Input, SpanChosen
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake
from spymaster.session_keeper import SessionKeeper
from spymaster.settings import load_settings
from spymaster.storage.persistence_engine import PersistenceEngine

SESSION = default_calendar().session(dt.date(2025, 12, 16))


class BrokenIntake(Intake):
    """Fails at the first input that it is to bring back."""

    def restore(self, entry: Input) -> None:
        raise ValueError("an input that nobody foresaw")


async def test_a_recovery_that_fails_is_trouble_until_a_restart(tmp_path: Path, until) -> None:
    before = PersistenceEngine(tmp_path, SESSION, "SPY", "sim0")
    before.load()
    before.start(ContractTable("SPY", SESSION.date))
    before.record(SpanChosen(3))
    before.close()
    log = EventLog()
    health = FeedHealth(SystemClock(), SESSION, events=log)
    intake = BrokenIntake(FlowEngine(SESSION, "SPY", 3))
    keeper = SessionKeeper(load_settings(data_dir=tmp_path), SESSION, intake, health, lambda: None)
    looks: list[str | None] = []

    def feed() -> None:
        looks.append(health.trouble)

    await keeper.recover()
    running = asyncio.create_task(keeper.run(feed))
    await until(lambda: len(looks) >= 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await keeper.close()

    trouble = "not recording: an error inside the product; the log says which"
    assert set(looks) == {trouble}
    assert "the recording goes on" not in [event.message for event in log.since(0)]
