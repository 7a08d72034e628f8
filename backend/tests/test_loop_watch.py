import asyncio
import gc
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest

from spymaster import loop_watch
from spymaster.loop_watch import LOOK_S, LoopWatch

type Until = Callable[..., Awaitable[None]]


@pytest.mark.parametrize(("worked_s", "own_ms"), [(0.03, 30.0), (0.2, 100.0)])
async def test_a_stall_is_told_with_what_own_work_explains_of_it(
    until: Until, monkeypatch: pytest.MonkeyPatch, worked_s: float, own_ms: float
) -> None:
    monotonic, worked = iter([0.0, LOOK_S + 0.1]), iter([0.0, worked_s])
    clock = SimpleNamespace(
        monotonic=lambda: next(monotonic, 1.0), process_time=lambda: next(worked, 1.0)
    )
    monkeypatch.setattr(loop_watch, "time", clock)
    gc.disable()  # a pause would ask for the time too
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())
    try:
        await until(lambda: watch.stalls.longest_ms)
    finally:
        gc.enable()
        watching.cancel()
    assert watch.stalls.longest_ms == pytest.approx(100.0)
    assert watch.own_stalls.longest_ms == pytest.approx(own_ms)
