"""Memory that is backed by a file, so that not all of it has to be resident.

A replayed day keeps a record of each print and a few hundred moments to go back to: some 400 MB for
a full chain, of which a moment needs a few. They lie in a nameless file under ``DATA_DIR`` that is
mapped into memory and gone with the process, and so do a day's rows while they are sorted. Space on
the disk is taken when room is made, so that a full disk is noticed then, and the room is made in
ordinary memory instead.
"""

import logging
import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

logger = logging.getLogger(__name__)

_PART: Final = 16 * 2**20
"""Bytes that are mapped at once; what is larger gets a part of its own."""
_LINE: Final = 64


class ScratchMemory:
    """Implements `engine.store.Memory` with a file in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[mmap.mmap] = []
        self._left = memoryview(b"")
        """Of the newest part, what is free."""

    def room(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
        """A new array of zeros."""
        size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * np.dtype(dtype).itemsize
        taken = -(-size // _LINE) * _LINE
        if taken > len(self._left) and not self._map(max(taken, _PART)):
            return np.zeros(shape, dtype=dtype)
        mine, self._left = self._left[:size], self._left[taken:]
        return np.ndarray(shape, dtype=dtype, buffer=mine)

    def let_go(self) -> None:
        """Give back what is resident; it is read from the file when it is needed again."""
        for part in self._parts:
            part.madvise(mmap.MADV_DONTNEED)

    def _map(self, size: int) -> bool:
        """Map another file; whether that could be done."""
        if not hasattr(os, "posix_fallocate") or not hasattr(mmap, "MADV_DONTNEED"):
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder) as file:
                os.posix_fallocate(file.fileno(), 0, size)
                part = mmap.mmap(file.fileno(), size)
                # Pages of their own: else what is touched makes two megabytes around it resident.
                part.madvise(mmap.MADV_RANDOM)
        except OSError as exc:
            logger.warning(
                "%s has no room for a replay (%s); it is held in memory", self._folder, exc
            )
            return False
        self._parts.append(part)
        self._left = memoryview(part)
        return True
