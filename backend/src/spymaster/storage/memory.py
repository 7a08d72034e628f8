"""What becomes of memory that was freed: kept for what comes next, or given back when asked."""

import ctypes
from typing import Final

import pyarrow as pa

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_MB: Final = 2**20


def keep_for_reuse() -> None:
    """Let all threads share what was freed, and keep some of it; before any thread is started.

    Else glibc gives each thread memory of its own, and maps and unmaps every column of some hundred
    kilobytes: a third of the time of a replay went into that. Other allocators are left alone.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose:
        choose(_M_ARENA_MAX, 1)
        choose(_M_MMAP_THRESHOLD, 32 * _MB)
        choose(_M_TRIM_THRESHOLD, 64 * _MB)


def give_back() -> None:
    """Return what was freed: glibc alone keeps some hundred megabytes after a day was read.

    Not for the event loop. Call it in the thread that did the work.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
