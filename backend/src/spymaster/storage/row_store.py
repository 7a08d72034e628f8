"""Where the rows of a day lie until they are sorted: in memory, or in a nameless file."""

import os
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class RowStore(Protocol):
    """Keeps runs of rows, numpy records of any kind."""

    def put(self, rows: NDArray[np.void], place: int | None = None) -> int:
        """Keep a run, instead of the one as long at a place if one is given; its place."""

    def read(self, place: int, start: int, rows: NDArray[np.void]) -> None:
        """Fill ``rows`` from the run at a place, from its row ``start`` on."""


class HeldRows:
    """In memory."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.void]] = []

    def put(self, rows: NDArray[np.void], place: int | None = None) -> int:
        """Keep a run, instead of the one as long at a place if one is given; its place."""
        if place is None:
            self._runs.append(rows)
            return len(self._runs) - 1
        self._runs[place] = rows
        return place

    def read(self, place: int, start: int, rows: NDArray[np.void]) -> None:
        """Fill ``rows`` from the run at a place, from its row ``start`` on."""
        rows[:] = self._runs[place][start : start + len(rows)]


class RowFile:
    """In a file of a folder that has no name and is gone when this is closed.

    Raises:
        OSError: The disk is full, or does not let us write; likewise from `put`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - `close` ends it
        self._end = 0

    def close(self) -> None:
        """Let the rows go."""
        self._file.close()

    def put(self, rows: NDArray[np.void], place: int | None = None) -> int:
        """Keep a run, instead of the one as long at a place if one is given; its place."""
        if place is None:
            place, self._end = self._end, self._end + rows.nbytes
        self._file.seek(place)
        self._file.write(rows.data)
        self._file.flush()
        return place

    def read(self, place: int, start: int, rows: NDArray[np.void]) -> None:
        """Fill ``rows`` from the run at a place, from its row ``start`` on."""
        os.preadv(self._file.fileno(), [rows.view(np.uint8)], place + start * rows.itemsize)
