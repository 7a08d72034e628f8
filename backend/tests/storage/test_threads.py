"""What is made ahead is what would have been made when it is asked for."""

import asyncio
from contextlib import contextmanager
from threading import Event, Lock, get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.errors import DataError
from spymaster.storage import threads
from spymaster.storage.threads import Ahead, entered_in_thread, made_ahead

WAIT_S = 30


def test_what_is_made_ahead_is_the_same_and_what_it_raises_is_raised():
    def items():
        yield from range(5)
        raise DataError("broken")

    found = made_ahead(items())
    assert [next(found) for _ in range(5)] == list(range(5))
    with pytest.raises(DataError, match="broken"):
        next(found)


def test_what_is_made_ahead_is_ended_where_nobody_wants_more():
    ended = []

    def items():
        try:
            yield from range(100)
        finally:
            ended.append(True)

    found = made_ahead(items())
    assert next(found) == 0
    found.close()
    assert ended == [True]


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 19)))


@given(STEPS)
def test_whatever_was_begun_an_item_is_the_one_that_was_asked_for(steps):
    at_work = 0

    def make(number):
        nonlocal at_work
        at_work += 1
        assert at_work == 1, "two threads make items at once"
        at_work -= 1
        return [number]

    items = Ahead(make, 20)
    for begins, number in steps:
        if begins:
            items.begin(number)
        else:
            assert items.get(number) == [number]


def test_an_item_that_was_begun_is_made_by_another_thread_and_once():
    makers = {}
    made = Event()

    def make(number):
        assert number not in makers
        makers[number] = get_ident()
        if number == 4:
            made.set()
        return number

    items = Ahead(make, 5)
    assert items.get(0) == 0
    items.begin(1)
    assert made.wait(WAIT_S)
    assert [items.get(number) for number in range(1, 5)] == [1, 2, 3, 4]
    assert makers[0] == get_ident()
    assert get_ident() not in [makers[number] for number in range(1, 5)]


def test_an_item_that_is_asked_for_waits_for_none_that_has_not_begun(monkeypatch):
    begun, asked, own = Event(), Event(), get_ident()
    made = []

    class TellingLock:
        """Tells when the thread of the test has come to wait for it."""

        def __init__(self):
            self._lock = Lock()

        def __enter__(self):
            if get_ident() == own:
                asked.set()
            self._lock.acquire()

        def __exit__(self, *_):
            self._lock.release()

    def make(number):
        if number == 0:
            begun.set()
            assert asked.wait(WAIT_S)
        made.append(number)
        return number

    monkeypatch.setattr(threads, "Lock", TellingLock)
    items = Ahead(make, 20)
    items.begin(0)
    assert begun.wait(WAIT_S)
    items.begin(10)
    assert items.get(12) == 12
    assert made == [0, 12]
    assert items.get(10) == 10


def test_what_an_item_raises_is_raised_where_it_is_asked_for_and_tried_again():
    broken = {3}
    tried = Event()

    def make(number):
        if number in broken:
            tried.set()
            raise DataError("broken")
        return number

    items = Ahead(make, 5)
    items.begin(2)
    assert tried.wait(WAIT_S)
    assert items.get(2) == 2
    with pytest.raises(DataError, match="broken"):
        items.get(3)
    broken.clear()
    assert items.get(3) == 3


def test_few_are_kept_however_many_were_asked_for():
    made = []
    items = Ahead(lambda number: made.append(number), 1_000)
    for number in range(1_000):
        items.get(number)
    items.get(999)
    assert len(made) == 1_000
    items.get(0)
    assert len(made) == 1_001


async def test_who_is_cancelled_while_entering_leaves_what_was_entered():
    begun, go_on, steps = Event(), Event(), []

    @contextmanager
    def block():
        begun.set()
        assert go_on.wait(WAIT_S)
        steps.append("entered")
        try:
            yield
        finally:
            steps.append("left")

    async def work():
        async with entered_in_thread(held):
            pytest.fail("it was cancelled before")

    held = block()  # held here, so that nothing but leaving it ends it
    task = asyncio.create_task(work())
    await asyncio.to_thread(begun.wait, WAIT_S)
    task.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["entered", "left"]


async def test_what_could_not_be_entered_is_not_left():
    @contextmanager
    def block():
        raise DataError("another process holds it")
        yield

    with pytest.raises(DataError, match="another process"):
        async with entered_in_thread(block()):
            pytest.fail("it was not entered")
