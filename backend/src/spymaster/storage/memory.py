"""What becomes of memory that was freed: kept for what comes next, or given back when asked."""

import ctypes
import functools
import mmap
import re
from pathlib import Path
from typing import Final

import pyarrow as pa

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_MB: Final = 2**20
_COMPILER: Final = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-.p [^\n]*/libllvmlite[^\n]*\n(?:[^\n]* kB\n)*?Anonymous: +0 kB",
    re.MULTILINE,
)
"""In ``/proc/self/smaps``: where LLVM is mapped and nobody has written to it."""


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

    And LLVM, which nothing calls once what was compiled is loaded. Not for the event loop.
    Call it in the thread that did the work.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
    _unmap_compiler()


def _unmap_compiler() -> None:
    """Let LLVM be resident no longer: 70 to 110 MB, by how much of a file the system maps at once.

    What is called again all the same is mapped again: it is read from the file as it was.
    """
    for start, size in _compiler_at():
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


@functools.cache
def _compiler_at() -> list[tuple[int, int]]:
    """Where LLVM is mapped, for good, and how many bytes; nothing on systems that do not tell.

    Importing what is compiled has mapped it. To look takes some 10 ms, so it is done once.
    """
    maps = Path("/proc/self/smaps")
    found = _COMPILER.findall(maps.read_text()) if maps.exists() else []
    return [(int(start, 16), int(end, 16) - int(start, 16)) for start, end in found]
