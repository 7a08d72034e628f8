"""The simulator as a child process of this one."""

import datetime as dt

import pytest

from spymaster.core.clock import SystemClock
from spymaster.core.errors import SpymasterError
from spymaster.core.sessions import default_calendar
from spymaster.simulator.process import SimulatorProcess


class SilentAtFirst(SimulatorProcess):
    """Its first child does not tell its time."""

    silent = True

    async def _read_clock(self, truth_url: str) -> None:
        if self.silent:
            raise SpymasterError("the simulator does not tell its time")
        await super()._read_clock(truth_url)


async def test_a_start_that_fails_late_leaves_the_ports_to_the_next_try() -> None:
    session = default_calendar().session(dt.date(2025, 12, 16))
    process = SilentAtFirst(session, SystemClock(), seed=1, speed=1.0, start=dt.time(10))
    try:
        with pytest.raises(SpymasterError, match="does not tell its time"):
            await process.start()
        failed = process.rest_url
        process.silent = False
        await process.start()
        assert process.rest_url == failed
    finally:
        await process.stop()
