"""How what runs for every event is compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function into each that calls it.

    A call hands over all arrays it is given, seven words for each and some ninety for the store:
    done for each print, package and strike, that was an eighth of the engine's time. What takes
    records or numbers alone may as well be called.
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
