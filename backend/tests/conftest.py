import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator

import hypothesis
import pytest

from kept_logging import logging_kept
from spymaster.kept_code import forget_stale
from spymaster.settings import Settings

hypothesis.settings.register_profile("long", max_examples=50_000, deadline=None)
"""For a night: ``pytest tests/polygon --hypothesis-profile=long``."""


def pytest_configure(config: pytest.Config) -> None:
    """Test these sources, not compiled code of others; once for all workers."""
    if not hasattr(config, "workerinput"):
        forget_stale()


type Until = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_this_machine() -> Iterator[None]:
    """Tests see the defaults, whatever the environment and ``backend/.env`` hold."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Give the log back that the product takes over when it runs in this process."""
    with logging_kept():
        yield


@pytest.fixture
def until() -> Until:
    """Wait until a condition holds; fails after so many seconds, naming the last answer."""

    async def wait(condition: Callable[[], object], seconds: float = 20.0) -> None:
        answer: object = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = condition()
                    if inspect.isawaitable(answer):
                        answer = await answer
                    if answer:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"nothing came of it in {seconds:.0f} s; the last answer was {answer!r}")

    return wait
