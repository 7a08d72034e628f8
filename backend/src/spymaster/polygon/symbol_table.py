"""Which contract a ticker in a frame's bytes is: a table by hash that compiled code looks into.

A ticker is three words of eight bytes; a longer one is not held.
"""

from typing import Final

import numpy as np
from numba import njit

from spymaster.core.compiling import inlined, uncounted

FOREIGN: Final = -1
"""The number of a contract of another underlying or expiration."""
UNSEEN: Final = -2
"""That of a ticker which the table does not hold."""

_WORDS = 3
_LONGEST_SYMBOL = 8 * _WORDS


class SymbolTable:
    """Numbers of the tickers seen so far, where compiled code finds them."""

    def __init__(self) -> None:
        self.words = np.zeros((1024, _WORDS), dtype=np.uint64)
        self.numbers = np.full(1024, UNSEEN, dtype=np.int32)
        self._count = 0

    def add(self, symbol: str, number: int) -> None:
        """Remember a ticker; one that is too long or not plain is left to the other decoders."""
        text = symbol.encode()
        if not text or len(text) > _LONGEST_SYMBOL or not symbol.isascii():
            return
        if 2 * self._count >= len(self.numbers):
            self._grow()
        _insert(self.words, self.numbers, _words_of(np.frombuffer(text, np.uint8)), number)
        self._count += 1

    def clear(self) -> None:
        """Forget all."""
        self.numbers[:] = UNSEEN
        self._count = 0

    def _grow(self) -> None:
        words, numbers = self.words, self.numbers
        self.words = np.zeros((2 * len(words), _WORDS), dtype=np.uint64)
        self.numbers = np.full(2 * len(numbers), UNSEEN, dtype=np.int32)
        for row in np.flatnonzero(numbers != UNSEEN):
            _insert(self.words, self.numbers, words[row], numbers[row])


@njit(cache=True)
def _words_of(text):  # type: ignore[no-untyped-def]
    """Up to 24 bytes as three words; text of a ticker holds no zero byte, so no two are alike."""
    words = np.zeros(_WORDS, dtype=np.uint64)
    for place in range(len(text)):
        words[place >> 3] |= np.uint64(text[place]) << np.uint64(8 * (place & 7))
    return words


@inlined
def _slot(a, b, c, size):  # type: ignore[no-untyped-def]
    mixed = a * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= b * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= c * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed & np.uint64(size - 1))


@uncounted
def _insert(words, numbers, symbol, number):  # type: ignore[no-untyped-def]
    slot = _slot(symbol[0], symbol[1], symbol[2], len(numbers))
    while numbers[slot] != UNSEEN and not (
        words[slot, 0] == symbol[0] and words[slot, 1] == symbol[1] and words[slot, 2] == symbol[2]
    ):
        slot = (slot + 1) & (len(numbers) - 1)
    words[slot, 0], words[slot, 1], words[slot, 2] = symbol[0], symbol[1], symbol[2]
    numbers[slot] = number


@uncounted
def find(words, numbers, buf, start, end):  # type: ignore[no-untyped-def]
    """The number of the ticker between two places; `UNSEEN` for an unknown one."""
    if end - start > _LONGEST_SYMBOL:
        return UNSEEN
    a, b, c = np.uint64(0), np.uint64(0), np.uint64(0)
    for place in range(end - start):
        byte = np.uint64(buf[start + place]) << np.uint64(8 * (place & 7))
        if place < 8:
            a |= byte
        elif place < 16:
            b |= byte
        else:
            c |= byte
    slot = _slot(a, b, c, len(numbers))
    while numbers[slot] != UNSEEN:
        if words[slot, 0] == a and words[slot, 1] == b and words[slot, 2] == c:
            return numbers[slot]
        slot = (slot + 1) & (len(numbers) - 1)
    return UNSEEN
