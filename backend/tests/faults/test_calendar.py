"""Days that are not like the others, and a machine whose clock jumps."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integration.test_roll_over import ShiftedClock
from processes import KEY, Until
from spymaster.core.sessions import eastern
from spymaster.gateway.routes import not_ready
from spymaster.gateway.views import contract_rows
from spymaster.product import Product
from spymaster.settings import load_settings
from spymaster.simulator.bars import day_figures
from spymaster.simulator.day import MarketModel
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

pytestmark = pytest.mark.asyncio(loop_scope="package")

MODEL = MarketModel(seed=1, volume_scale=0.3, quote_scale=0.05)


@contextlib.asynccontextmanager
async def live(
    clock: ShiftedClock, date: dt.date, data_dir: Path, start: dt.time = dt.time(9, 30)
) -> AsyncIterator[tuple[Product, SimulatorServer]]:
    """The product in this process, whose clock can be set, and a held market."""
    config = SimulatorConfig(date=date, start=start, market=MODEL)
    async with SimulatorServer(config) as sim:
        settings = load_settings(
            polygon_api_key=KEY,
            polygon_rest_url=sim.rest_url,
            polygon_ws_url=sim.ws_url,
            data_dir=data_dir,
        )
        product = Product(settings, clock)
        running = asyncio.create_task(product.run())
        try:
            yield product, sim
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def state(product: Product) -> str:
    showing = product.showing
    return showing.health.state(showing.engine.market_ns)


async def is_ok(product: Product, sim: SimulatorServer, until: Until) -> None:
    """A held market is silent, and soon stale: let it say something more."""

    async def says_ok() -> bool:
        await sim.advance_by(0.1)
        return state(product) == "ok"

    await until(says_ok)


def counted(product: Product, sim: SimulatorServer) -> bool:
    """Whether the followed contracts show every print so far."""
    rows = contract_rows(product.showing.engine, -1)
    happened = day_figures(sim.day.prints_until(sim.clock.now_ns()), len(sim.day.chain)).prints
    return any(row.in_window for row in rows.values()) and all(
        row.trade_count == happened[sim.day.chain.rows[ticker]]
        for ticker, row in rows.items()
        if row.in_window
    )


@pytest.mark.parametrize(
    ("started", "session"),
    [
        (dt.date(2025, 12, 20), dt.date(2025, 12, 22)),  # a Saturday
        (dt.date(2025, 12, 25), dt.date(2025, 12, 26)),  # a holiday
        (dt.date(2025, 3, 9), dt.date(2025, 3, 10)),  # the clocks go forward
        (dt.date(2025, 11, 2), dt.date(2025, 11, 3)),  # and back
    ],
)
async def test_the_next_session_is_waited_for_and_followed(
    started: dt.date, session: dt.date, tmp_path: Path, until: Until
) -> None:
    clock = ShiftedClock(started, dt.time(0, 30))  # on change days before the clocks are changed
    async with live(clock, session, tmp_path) as (product, sim):
        await until(lambda: len(product.showing.engine.table))
        await until(lambda: state(product) == "waiting")
        assert not_ready(product) == []
        followed = product.showing.engine.session
        assert followed.date == session
        assert eastern(followed.open_ns).time() == dt.time(9, 30)
        assert eastern(followed.close_ns).time() == dt.time(16)
        clock.set(session, dt.time(9, 30))
        await sim.advance_by(60)
        await until(lambda: counted(product, sim), 90)
        await is_ok(product, sim, until)
        assert product.showing.health.lag_ms is not None


async def test_a_half_day_closes_early(tmp_path: Path, until: Until) -> None:
    date = dt.date(2025, 11, 28)
    clock = ShiftedClock(date, dt.time(12, 59))
    async with live(clock, date, tmp_path, dt.time(12, 59)) as (product, sim):
        await until(lambda: len(product.showing.engine.table))
        await sim.advance_by(30)
        await until(lambda: counted(product, sim), 90)
        await is_ok(product, sim, until)
        followed = product.showing.engine.session
        assert eastern(followed.close_ns).time() == dt.time(13)
        await sim.advance_to(followed.end_ns + 1)
        clock.set(date, dt.time(13, 16))
        await until(lambda: state(product) == "closed" and counted(product, sim), 90)
        assert not_ready(product) == []


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_clock_that_jumps_changes_nothing_but_the_lag(
    hours: int, tmp_path: Path, until: Until
) -> None:
    date = dt.date(2025, 12, 16)
    clock = ShiftedClock(date, dt.time(9, 31))
    async with live(clock, date, tmp_path) as (product, sim):
        await until(lambda: len(product.showing.engine.table))
        await sim.advance_by(60)
        await until(lambda: counted(product, sim), 90)
        await is_ok(product, sim, until)
        clock.set(date, dt.time(9 + hours, 32))
        await sim.advance_by(60)
        await until(lambda: counted(product, sim), 90)
        await is_ok(product, sim, until)
        assert not_ready(product) == []
        assert product.showing.engine.session.date == date
        lag_ms = product.showing.health.lag_ms
        assert lag_ms is not None
        assert round(lag_ms / 3_600_000) == hours
