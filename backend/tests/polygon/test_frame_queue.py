import asyncio
from typing import Any

import pytest

from spymaster.core.clock import SystemClock
from spymaster.polygon.frames import FrameQueue, FrameReader


class Socket:
    """Brings nothing; when its reader is stopped, so is whoever else is told."""

    def __init__(self) -> None:
        self.others: list[asyncio.Task[Any]] = []
        self.failure: Exception | None = None

    async def receive(self) -> Any:
        if self.failure:
            raise self.failure
        try:
            await asyncio.Event().wait()
        finally:
            for task in self.others:
                task.cancel()


async def test_other_work_goes_on_while_frames_are_always_waiting() -> None:
    queue = FrameQueue(most_bytes=1_000, most_taken=1, clock=SystemClock())
    for frame in (b"a", b"b", b"c"):
        await queue.put(frame)
    turns = []
    asyncio.get_running_loop().call_soon(turns.append, "other work")
    assert await queue.take() == [b"a"]
    assert turns == ["other work"]
    assert [await queue.take(), await queue.take()] == [[b"b"], [b"c"]]
    queue.close("over")
    assert await queue.take() == []


async def test_who_is_cancelled_while_the_reader_is_stopped_goes_no_further() -> None:
    socket = Socket()
    went_on = False

    async def follow() -> None:
        nonlocal went_on
        async with FrameReader(socket, SystemClock()):  # type: ignore[arg-type]
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        went_on = True

    task = asyncio.create_task(follow())
    socket.others.append(task)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not went_on


async def test_a_reader_that_fails_says_so_where_it_is_left() -> None:
    socket = Socket()
    socket.failure = RuntimeError("nobody foresaw it")

    async def follow() -> None:
        async with FrameReader(socket, SystemClock()) as frames:  # type: ignore[arg-type]
            await frames.take()

    with pytest.raises(RuntimeError, match="nobody foresaw it"):
        await follow()
