"""Work on the disk, off the event loop, that a cancellation does not leave behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager


async def in_thread[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a thread. Who is cancelled meanwhile waits for its end: files have one writer."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # nobody is left to hear of it
        raise


@asynccontextmanager
async def entered_in_thread[T](block: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context manager whose begin and end read and write the disk."""
    entered = await in_thread(block.__enter__)
    try:
        yield entered
    finally:
        await in_thread(block.__exit__, None, None, None)
