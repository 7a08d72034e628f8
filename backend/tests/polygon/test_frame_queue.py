import asyncio

from spymaster.core.clock import SystemClock
from spymaster.polygon.frames import FrameQueue


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
