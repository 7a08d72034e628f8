"""Moments of the print store that can be gone back or forth to without a copy of all prints.

Later events change few prints: they are taken back, get the greeks or the package that was
missing, or turn out to be part of a sweep. Flags tell of the first three and are kept of all prints
at each moment; rows are kept of prints in runs that could still go on, and of those that got their
greeks or package since the moment before.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spymaster.engine.columns import CONFIDENCE_SCALE, Flag
from spymaster.engine.store import ALTERED_BLOCK, Memory
from spymaster.engine.sweeps import run_places

_SETTLED_OR_PACKAGED = np.uint8(Flag.WAITING | Flag.PACKAGED)


@dataclass(frozen=True, slots=True)
class PrintsCheckpoint:
    """A moment of the prints, and the moment before it."""

    before: "PrintsCheckpoint | None"
    by_size: bool
    """Whether the trade-size rule was on."""
    packed_flags: NDArray[np.uint8]
    """Of all prints. Nearly all are 0, so a day's two million take a few kilobytes."""
    running: NDArray[np.int64]
    """Places of prints in runs that may go on."""
    places: NDArray[np.int64]
    rows: NDArray[np.void]
    """The prints at these places."""

    @property
    def flags(self) -> NDArray[np.uint8]:
        """Of all prints."""
        return np.frombuffer(zlib.decompress(self.packed_flags), dtype=np.uint8)


class KnownFlags:
    """The flags of all prints beside them, so that no print is touched to compare its own.

    Also of prints behind the present that an earlier run through the day has left there.
    """

    def __init__(self) -> None:
        self.flags = np.zeros(0, dtype=np.uint8)
        self.altered = np.zeros(0, dtype=np.uint8)
        """`ALTERED_BLOCK`s of prints that compiled code wrote flags in since they were read."""

    def reserve(self, prints: int) -> None:
        """Make room for so many prints."""
        self.flags = np.append(self.flags, np.zeros(prints - len(self.flags), dtype=np.uint8))
        more = -(-prints // ALTERED_BLOCK) - len(self.altered)
        self.altered = np.append(self.altered, np.zeros(more, dtype=np.uint8))

    def read(self, prints: NDArray[np.void]) -> NDArray[np.uint8]:
        """The flags of the prints, after a look at those that may have changed."""
        for block in np.flatnonzero(self.altered).tolist():
            part = slice(block * ALTERED_BLOCK, (block + 1) * ALTERED_BLOCK)
            self.flags[: len(prints)][part] = prints["flags"][part]
        self.altered[:] = 0
        return self.flags[: len(prints)]


def checkpoint_prints(
    contracts: NDArray[np.void],
    prints: NDArray[np.void],
    known: KnownFlags,
    before: PrintsCheckpoint | None,
    memory: Memory,
    *,
    by_size: bool,
) -> PrintsCheckpoint:
    """A moment of prints that were made, or last restored, at the checkpoint before."""
    flags = known.read(prints)
    places = running = run_places(contracts, prints)
    if before:
        earlier = before.flags
        changed = (flags[: len(earlier)] ^ earlier) & _SETTLED_OR_PACKAGED
        places = np.unique(np.concatenate([running, before.running, np.flatnonzero(changed)]))
    compressed = zlib.compress(flags, level=1)
    packed = memory.room(len(compressed), np.uint8)
    packed[:] = np.frombuffer(compressed, dtype=np.uint8)
    return PrintsCheckpoint(before, by_size, packed, running, places, prints[places])


def restore_prints(
    prints: NDArray[np.void], known: KnownFlags, now: int, past: PrintsCheckpoint
) -> bool:
    """Bring the prints of a moment back, as the trade-size rule signed them when they were kept.

    Args:
        prints: All, with what lies behind the present.
        known: Their flags.
        now: How many prints there are at present.
        past: The moment.

    Returns:
        Whether the rule was the same at all moments on the way.
    """
    known.read(prints[:now])
    chain = [past]
    while chain[-1].before:
        chain.append(chain[-1].before)
    for part in reversed(chain):
        prints[part.places] = part.rows
        known.flags[part.places] = part.rows["flags"]
    flags = past.flags
    prints = prints[: len(flags)]
    changed = np.flatnonzero(known.flags[: len(flags)] != flags)
    then, held = flags[changed], known.flags[changed]
    waiting = then & ~held & np.uint8(Flag.WAITING) > 0
    for name in ("delta", "gamma", "volatility"):
        prints[name][changed[waiting]] = np.nan
    prints["spot"][changed[waiting & (then & np.uint8(Flag.NO_SPOT) > 0)]] = 0
    single = changed[held & ~then & np.uint8(Flag.PACKAGED) > 0]
    prints["package"][single] = -1
    prints["package_side"][single] = 0
    prints["package_confidence"][single] = CONFIDENCE_SCALE // 2
    prints["flags"][changed] = then
    known.flags[changed] = then
    return all(part.by_size == past.by_size for part in chain)
