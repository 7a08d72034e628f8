import asyncio

import pytest

from spymaster.warm_up import ensure_compiled
from storage.s3_server import bucket, server

__all__ = ["bucket", "server"]


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> None:
    """Compile before the first test, so that none of them waits for it."""
    asyncio.run(ensure_compiled())
