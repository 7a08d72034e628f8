import asyncio
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster import kept_code, warm_up

DOOR = Path(__file__).parents[1] / "src" / "main.py"

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


def test_compiled_code_of_other_sources_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_code, "_SOURCES", tmp_path)
    engine = tmp_path / "engine"
    kept = [engine / "__pycache__" / f"kernel.advance-1.py313.{kind}" for kind in ("nbi", "1.nbc")]
    kept[0].parent.mkdir(parents=True)
    (tmp_path / "__pycache__").mkdir()
    (engine / "kernel.py").write_text("1")
    (tmp_path / "cli.py").write_text("1")
    for number, text in enumerate(("1", "1", "2")):
        (engine / "kernel.py").write_text(text)
        for path in kept:
            path.touch()
        kept_code.tell_whole()
        kept_code.forget_stale()
        assert [path.exists() for path in kept] == [number == 1] * 2
        assert kept_code.is_whole() is (number == 1)
    for path in kept:
        path.touch()
    (tmp_path / "cli.py").write_text("2")  # has nothing compiled
    kept_code.forget_stale()
    assert all(path.exists() for path in kept)


def test_the_asgi_door_prepares_as_every_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("kept_code.forget_stale", "storage.memory.keep_for_reuse"):
        monkeypatch.setattr(f"spymaster.{name}", lambda name=name: done.append(name))
    monkeypatch.setattr("spymaster.app.create_app", lambda _: done.append("app"))
    runpy.run_path(str(DOOR))
    assert done == ["kept_code.forget_stale", "storage.memory.keep_for_reuse", "app"]


def test_nothing_is_said_of_a_day_that_is_no_users(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        warm_up.warm_up()
    assert [record.getMessage() for record in caplog.records] == []
