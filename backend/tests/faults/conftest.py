import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from processes import READY, Until, following, free_ports, product, simulator
from spymaster.simulator.faults import Faults
from spymaster.warm_up import ensure_compiled

from .desk import ALWAYS, SPEED, Following
from .witness import Witness


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> None:
    """Compile before the first test, so that none of them waits for it."""
    asyncio.run(ensure_compiled())


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def one_process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Following]:
    """One product that follows one simulator through many faults, one after the other."""
    ports = free_ports(2)
    stream = f"ws://127.0.0.1:{ports[0]}/options"
    settings = following(f"http://127.0.0.1:{ports[0]}", stream)
    settings |= {"DATA_DIR": str(tmp_path_factory.mktemp("data")), "GREEKS_INTERVAL_S": "1"}
    always = [f"--fault={name}={share}" for name, share in ALWAYS.items()]
    async with (
        simulator(*ports, "--start", "10:00:00", "--speed", str(SPEED), *always) as sim,
        product(**settings) as (desk, process),
        Witness(desk).watching() as witness,
    ):
        await sim.process.find(READY)
        yield Following(desk, process, sim, stream, witness, Path(settings["DATA_DIR"]))
        assert "Traceback" not in process.text


@pytest_asyncio.fixture(loop_scope="package")
async def followed(one_process: Following, until: Until) -> AsyncIterator[Following]:
    """The product while all is well; whatever was switched on is switched off afterwards."""
    await one_process.sim.set_speed(SPEED)
    await until(lambda: one_process.witness.says("ok"), 90)
    one_process.witness.states.clear()
    yield one_process
    await one_process.sim.set_faults(**(Faults().as_dict() | ALWAYS))
    await one_process.sim.set_speed(0)
