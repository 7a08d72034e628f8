"""Work on the disk in threads: off the event loop, and spread over the processors."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final

AT_ONCE: Final = min(os.process_cpu_count() or 1, 4)
"""Threads that one piece of work is spread over."""


def worked_ahead[T, R](work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What the work gives for each item, in order; some are worked on before they are asked for.

    No more than `AT_ONCE` results wait at any time, besides the one that was given last.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


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
