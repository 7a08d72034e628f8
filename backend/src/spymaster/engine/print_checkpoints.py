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
from spymaster.engine.sweeps import run_places

_SETTLED_OR_PACKAGED = np.uint8(Flag.WAITING | Flag.PACKAGED)


@dataclass(frozen=True, slots=True)
class PrintsCheckpoint:
    """A moment of the prints, and the moment before it."""

    before: "PrintsCheckpoint | None"
    by_size: bool
    """Whether the trade-size rule was on."""
    packed_flags: bytes
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


def checkpoint_prints(
    contracts: NDArray[np.void],
    prints: NDArray[np.void],
    before: PrintsCheckpoint | None,
    *,
    by_size: bool,
) -> PrintsCheckpoint:
    """A moment of prints that were made, or last restored, at the checkpoint before."""
    flags = prints["flags"].copy()
    places = running = run_places(contracts, prints)
    if before:
        earlier = before.flags
        changed = (flags[: len(earlier)] ^ earlier) & _SETTLED_OR_PACKAGED
        places = np.unique(np.concatenate([running, before.running, np.flatnonzero(changed)]))
    packed = zlib.compress(flags, level=1)
    return PrintsCheckpoint(before, by_size, packed, running, places, prints[places])


def restore_prints(prints: NDArray[np.void], past: PrintsCheckpoint) -> bool:
    """Bring the prints of a moment back, as the trade-size rule signed them when they were kept.

    Returns:
        Whether the rule was the same at all moments on the way.
    """
    chain = [past]
    while chain[-1].before:
        chain.append(chain[-1].before)
    for part in reversed(chain):
        prints[part.places] = part.rows
    flags = past.flags
    changed = np.flatnonzero(prints["flags"] != flags)
    then, now = flags[changed], prints["flags"][changed]
    waiting = then & ~now & np.uint8(Flag.WAITING) > 0
    for name in ("delta", "gamma", "volatility"):
        prints[name][changed[waiting]] = np.nan
    prints["spot"][changed[waiting & (then & np.uint8(Flag.NO_SPOT) > 0)]] = 0
    single = changed[now & ~then & np.uint8(Flag.PACKAGED) > 0]
    prints["package"][single] = -1
    prints["package_side"][single] = 0
    prints["package_confidence"][single] = CONFIDENCE_SCALE // 2
    prints["flags"][changed] = then
    return all(part.by_size == past.by_size for part in chain)
