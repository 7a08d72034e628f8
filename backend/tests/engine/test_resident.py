"""Memory is made resident ahead of what is written, some way and no further."""

import sys
from pathlib import Path

import numpy as np
import pytest

from spymaster.engine import resident
from spymaster.engine.resident import ResidentAhead

_MB = 2**20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def resident_mb() -> float:
    """Of this process, once what was asked for is done."""
    resident._BESIDE.submit(lambda: None).result()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MB


@pytest.fixture
def rows() -> np.ndarray:
    """256 MB that nobody has touched."""
    return np.zeros((256, _MB), dtype=np.uint8)


def test_what_is_about_to_be_written_is_resident_and_little_more(rows: np.ndarray) -> None:
    before = resident_mb()
    ahead = ResidentAhead(rows)
    ahead.reach(0)
    assert 1 <= resident_mb() - before <= 4
    ahead.reach(100)
    assert 101 <= resident_mb() - before <= 105


def test_nothing_is_asked_for_as_long_as_enough_is_resident(
    rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(resident, "_populate", lambda _, some: asked.append(len(some)))
    ahead = ResidentAhead(rows.reshape(-1, 1024))
    for row in range(1, 1_000):
        ahead.reach(row)
        resident_mb()
    assert 1_000 < sum(asked) < 1_000 + 2 * 256 + 2
    assert len(asked) < 8


def test_what_was_written_stays(rows: np.ndarray) -> None:
    rows[:3] = 7
    ResidentAhead(rows, written=2).reach(5)
    resident_mb()
    assert rows[:3].all()
    assert not rows[3:20].any()


def test_the_end_is_no_limit_to_ask_for(rows: np.ndarray) -> None:
    ahead = ResidentAhead(rows[:2])
    for row in (0, 2, 500):
        ahead.reach(row)
    ResidentAhead(rows[:0]).reach(3)
    assert not rows[:2].any()


def test_a_system_without_it_does_without(
    rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident, "_MADVISE", None)
    before = resident_mb()
    ResidentAhead(rows).reach(0)
    assert resident_mb() - before < 2
