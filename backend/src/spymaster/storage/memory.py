"""Memory that was freed goes back to the system when asked; the allocators keep it for later."""

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Return what was freed: glibc alone keeps some hundred megabytes after a day was read.

    Not for the event loop. Call it in the thread that did the work.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
