"""Memory in a mapped file: columns like any other, and no name on the disk."""

from pathlib import Path

import numpy as np
import pytest

from spymaster.engine.columns import PRINT
from spymaster.storage import scratch
from spymaster.storage.scratch import ScratchMemory


def test_what_is_let_go_is_still_there(tmp_path: Path) -> None:
    memory = ScratchMemory(tmp_path)
    prints, cells = memory.room(1000, PRINT), memory.room((7, 3, 2), np.int64)
    assert not prints["ts"].any()
    assert not cells.any()
    prints["ts"], cells[...] = np.arange(1000), np.arange(42).reshape(7, 3, 2)
    memory.let_go()
    assert prints["ts"].tolist() == list(range(1000))
    assert cells.ravel().tolist() == list(range(42))
    prints["ts"][5] = 99
    memory.let_go()
    assert prints["ts"][5] == 99
    assert list(tmp_path.iterdir()) == []


def test_columns_do_not_share_bytes_however_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_PART", 4096)
    memory = ScratchMemory(tmp_path)
    made = [memory.room(size, np.uint8) for size in (1, 0, 63, 4000, 100, 9000, 4096, 1)]
    for number, column in enumerate(made):
        column[:] = number + 1
    memory.let_go()
    for number, column in enumerate(made):
        assert (column == number + 1).all()


def test_where_the_disk_gives_no_room_ordinary_memory_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    memory = ScratchMemory(tmp_path / "file")
    assert memory.room(10, np.int64).tolist() == [0] * 10
    memory.let_go()
    assert "no room for a replay" in caplog.text
