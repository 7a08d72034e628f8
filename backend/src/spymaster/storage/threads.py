"""Work on the disk in threads: off the event loop, and spread over the processors."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, cast

AT_ONCE: Final = min(os.process_cpu_count() or 1, 4)
"""Threads that one piece of work is spread over."""


def made_ahead[T](items: Iterator[T], most: int = 2) -> Iterator[T]:
    """The same items, made in a thread of their own before they are asked for: some at most."""
    with ThreadPoolExecutor(1) as pool:
        end = object()
        waiting = deque(pool.submit(next, items, end) for _ in range(most))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, items, end))
                yield cast("T", item)
        finally:
            for left in waiting:
                left.cancel()
            pool.submit(_closed, items).result()


def _closed(items: Iterator[Any]) -> None:
    """End a generator where it stands; what it has entered is left."""
    if isinstance(items, Generator):
        items.close()


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
