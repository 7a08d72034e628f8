from collections.abc import Callable, Mapping

from .virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    """Every test here runs in a loop whose waits take no time."""
    return {"virtual": VirtualTimeLoop}
