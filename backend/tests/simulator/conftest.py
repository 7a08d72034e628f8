import datetime as dt
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from spymaster.simulator.day import MarketModel, SimulatedDay, SimulatedMarket
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

DATE = dt.date(2025, 12, 16)
ATM_CALL = "O:SPY251216C00603000"
ATM_PUT = "O:SPY251216P00603000"
SHARED = Path(__file__).parents[3].parent / "shared"

type Get = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    return SimulatedMarket(MarketModel(seed=1))


@pytest.fixture(scope="session")
def day(market: SimulatedMarket) -> SimulatedDay:
    return market.day(DATE)


@pytest.fixture
async def sim() -> AsyncIterator[SimulatorServer]:
    """A held market at 10:00 on a day of seed 1."""
    config = SimulatorConfig(date=DATE, start=dt.time(10), auth_timeout_s=60.0)
    async with SimulatorServer(config) as server:
        yield server


@pytest.fixture
async def get(sim: SimulatorServer) -> AsyncIterator[Get]:
    """GET a path of the REST side, or any address; gives status and decoded body."""
    async with aiohttp.ClientSession() as session:

        async def ask(path: str, key: str = "key", **query: Any) -> tuple[int, Any]:
            url = path if path.startswith("http") else sim.rest_url + path
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            names = {name.replace("__", "."): str(value) for name, value in query.items()}
            async with session.get(url, headers=headers, params=names) as answer:
                text = await answer.text()
                try:
                    return answer.status, json.loads(text)
                except ValueError:
                    return answer.status, text

        yield ask


@pytest.fixture(scope="session")
def vendor_files() -> Path:
    """Recorded answers and specification of the vendor, which live beside the repository."""
    folder = SHARED / "vendor"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing, and CI has to compare with it")
        pytest.skip(f"{folder} is not here: the recorded vendor answers are kept apart")
    return folder
