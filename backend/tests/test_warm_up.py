import asyncio
import subprocess
import sys

import pytest

from spymaster import warm_up

_COUNT_COMPILED = """
from numba.core.event import install_recorder
from spymaster.warm_up import warm_up
with install_recorder("numba:compile") as recorder:
    warm_up()
print(len(recorder.buffer))
"""


def test_what_was_compiled_once_is_not_compiled_again() -> None:
    asyncio.run(warm_up.ensure_compiled())
    done = subprocess.run(
        [sys.executable, "-c", _COUNT_COMPILED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"


_COUNT_LOADED = """
import asyncio
import gc
from numba.core import caching
from spymaster.warm_up import ensure_compiled, warm_up
loaded, load = [], caching.Cache.load_overload
def counted(*args):
    loaded.append(args)
    return load(*args)
caching.Cache.load_overload = counted
asyncio.run(ensure_compiled())
ahead = len(loaded)
warm_up()
print(ahead > 0, len(loaded) - ahead, gc.get_freeze_count() > 0)
"""


def test_a_session_finds_the_compiled_code_loaded_and_left_alone_by_the_garbage_collector() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COUNT_LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "0", "True"]


def test_a_changed_source_is_noticed(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "kernel.py"
    source.write_text("1")
    monkeypatch.setattr(warm_up, "_SOURCES", tmp_path)
    before = warm_up._fingerprint()
    assert warm_up._fingerprint() == before
    source.write_text("22")
    source.touch()
    assert warm_up._fingerprint() != before
