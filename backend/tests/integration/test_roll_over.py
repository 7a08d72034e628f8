"""Midnight: the product goes on to the next session by itself."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from spymaster.core.clock import SystemClock
from spymaster.core.sessions import eastern_ns
from spymaster.product import Product
from spymaster.settings import load_settings
from spymaster.storage import coverage

type Until = Callable[..., Awaitable[None]]

FRIDAY, MONDAY = dt.date(2025, 12, 19), dt.date(2025, 12, 22)


class ShiftedClock(SystemClock):
    """The machine's clock, set to another time; it runs on from there."""

    def __init__(self, date: dt.date, time: dt.time) -> None:
        self._shift_ns = 0
        self.set(date, time)

    def set(self, date: dt.date, time: dt.time) -> None:
        self._shift_ns += eastern_ns(date, time) - self.now_ns()

    def now_ns(self) -> int:
        return super().now_ns() + self._shift_ns


async def test_it_follows_the_next_session_from_midnight_on(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spymaster.product.ROLL_OVER_LOOK_S", 0.01)
    clock = ShiftedClock(FRIDAY, dt.time(15, 50))
    product = Product(load_settings(data_dir=tmp_path), clock)
    running = asyncio.create_task(product.run())
    try:
        await until(lambda: product.showing.engine.flow.trades_counted, seconds=60)
        clock.set(FRIDAY, dt.time(23, 59))
        assert product.showing.engine.session.date == FRIDAY
        clock.set(FRIDAY + dt.timedelta(days=1), dt.time(0, 0, 1))
        await until(lambda: product.showing.engine.session.date == MONDAY)
        await until(lambda: product.showing.engine.flow.trades_counted, seconds=60)
        assert product.showing.engine.table.expiration == MONDAY
        await until(lambda: coverage.load(tmp_path, FRIDAY), seconds=60)
        assert product.showing.health.message is None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_chosen_session_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spymaster.product.ROLL_OVER_LOOK_S", 0.0)
    clock = ShiftedClock(MONDAY, dt.time(12))
    product = Product(load_settings(data_dir=tmp_path, session_date=FRIDAY), clock)
    running = asyncio.create_task(product.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert product.showing.engine.session.date == FRIDAY
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
