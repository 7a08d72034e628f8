"""Memory that is made resident before it is written, by a thread of its own.

The first write to each page of fresh memory is a fault. One by one these took a tenth of a replay;
Linux makes many pages resident at once for a fraction of that (`MADV_POPULATE_WRITE`, since 5.14),
and whoever writes need not wait for it. Elsewhere pages come when they are written, as ever.
"""

import ctypes
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from numpy.typing import NDArray

_AHEAD: Final = 2**18
"""Bytes, about: so much is resident beyond what is written, and at most twice that."""
_MADV_POPULATE_WRITE: Final = 23
_MADVISE: Final[Callable[..., int] | None] = (
    getattr(ctypes.CDLL(None), "madvise", None) if sys.platform == "linux" else None
)
_PAGE: Final = 4_096
_BESIDE: Final = ThreadPoolExecutor(1, "resident")


class ResidentAhead:
    """An array that is written from front to back.

    Args:
        rows: The array; its memory lies in one piece.
        written: How many of its rows have been written.
    """

    def __init__(self, rows: NDArray[Any], written: int = 0) -> None:
        self._rows = rows
        self._until = written
        self._ahead = max(_AHEAD * len(rows) // max(rows.nbytes, 1), 1)

    def reach(self, row: int) -> None:
        """Rows are about to be written up to this one; does not wait."""
        if row + self._ahead <= self._until or self._until == len(self._rows):
            return
        first, self._until = self._until, min(row + 2 * self._ahead, len(self._rows))
        if _MADVISE:
            _BESIDE.submit(_populate, _MADVISE, self._rows[first : self._until])


def _populate(madvise: Callable[..., int], rows: NDArray[Any]) -> None:
    """What is refused, by older systems or for want of memory, comes when it is written."""
    start = rows.ctypes.data // _PAGE * _PAGE
    size = rows.ctypes.data + rows.nbytes - start
    madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_POPULATE_WRITE)
