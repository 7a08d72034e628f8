"""How what runs for every event is compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function into each that calls it.

    A call hands over all arrays it is given, seven words for each: the whole store is some ninety,
    which took as long as what was done with them for a print. What takes records or numbers alone
    may as well be called.
    """
    decorate = njit(cache=True, inline="always")
    compiled: Callable[..., Any] = decorate(function)
    return compiled


def uncounted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that allocates nothing, without a count of references and without the GIL.

    Whoever calls it holds every array. The atomic counts for arrays taken out of a tuple, or handed
    on, would cost as much as all else for a print. An allocation in it fails to compile.
    """
    decorate = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]
    compiled: Callable[..., Any] = decorate(function)
    return compiled
