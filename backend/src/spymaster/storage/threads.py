"""Work on the disk in threads: off the event loop, and spread over the processors."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from threading import Lock
from typing import Any, Final, cast

AT_ONCE: Final = min(os.process_cpu_count() or 1, 4)
"""Threads that one piece of work is spread over."""

_AHEAD: Final = 4
"""Items that are begun together."""


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


class Ahead[T]:
    """Items by number, some of them made in a thread of their own before they are asked for.

    The last ones asked for are kept, and those that were begun since. One thread asks.

    Args:
        make: Makes an item; never called by two threads at once.
        count: How many there are, numbered from 0.
    """

    def __init__(self, make: Callable[[int], T], count: int) -> None:
        self._make = make
        self._count = count
        self._one_by_one = Lock()
        self._pool = ThreadPoolExecutor(1)
        self._items: dict[int, Future[T]] = {}

    def begin(self, number: int) -> None:
        """Begin to make an item and some that follow it."""
        for wanted in range(number, min(number + _AHEAD, self._count)):
            if wanted not in self._items:
                self._items[wanted] = self._pool.submit(self._made, wanted)

    def get(self, number: int) -> T:
        """An item; made now if nothing has begun it."""
        item = self._items.pop(number, None)
        if item is None or item.cancel():
            self._let_wait_no_longer()
            item = Future()
            item.set_result(self._made(number))
        made = item.result()
        self._items[number] = item
        for old in [*self._items][: -2 * _AHEAD]:
            self._items.pop(old).cancel()
        return made

    def _let_wait_no_longer(self) -> None:
        """Begin nothing of what waits: it would come before an item that is wanted now."""
        for number in [number for number, item in self._items.items() if item.cancel()]:
            del self._items[number]

    def _made(self, number: int) -> T:
        with self._one_by_one:
            return self._make(number)


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
    stack = ExitStack()  # knows whether it was entered, also where we are cancelled meanwhile
    try:
        yield await in_thread(stack.enter_context, block)
    finally:
        await in_thread(stack.close)
