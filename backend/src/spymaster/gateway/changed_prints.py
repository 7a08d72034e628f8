"""Which prints of the tape changed after they were shown: taken back, swept on, put in a package.

Nothing in the engine keeps a list of them: when frames are made, the newest prints are compared
with what they were when frames were made last. Of older ones a page learns when it asks.
"""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

WATCHED: Final = 1_000
"""Newest prints that are compared: 100 kB."""
_LOOKS_KEPT: Final = 256
"""Of a client that is further behind only these count."""


class ChangedPrints:
    """Watches the newest prints of one session."""

    def __init__(self) -> None:
        self.looks = 0
        """How often prints were compared: what a client has seen is told by it."""
        self._version = -1
        self._first = 0
        self._before: NDArray[np.uint8] = np.empty((0, 0), dtype=np.uint8)
        self._changed: deque[tuple[int, NDArray[np.intp]]] = deque(maxlen=_LOOKS_KEPT)

    def look(self, prints: NDArray[np.void], version: int) -> None:
        """Compare what was there at the last look, and remember what is there now.

        Args:
            prints: Of the session so far.
            version: Of the state; one that was looked at holds nothing new.
        """
        if version == self._version:
            return
        self._version = version
        self.looks += 1
        then = _bytes(prints[self._first : self._first + len(self._before)])
        # A leap back in a replay takes prints away; what shows it begins anew by itself.
        if len(then) == len(self._before) and len(then):
            places = self._first + np.flatnonzero((then != self._before).any(axis=1))
            if len(places):
                self._changed.append((self.looks, places))
        self._first = max(len(prints) - WATCHED, 0)
        self._before = _bytes(prints[self._first :]).copy()

    def since(self, looks: int, below: int) -> tuple[int, ...]:
        """Places, ascending, of prints below a place that changed after so many looks."""
        found = {
            place
            for looked, places in self._changed
            if looked > looks
            for place in places.tolist()
            if place < below
        }
        return tuple(sorted(found))


def _bytes(prints: NDArray[np.void]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(prints).view(np.uint8).reshape(len(prints), prints.itemsize)
