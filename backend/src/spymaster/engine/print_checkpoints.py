"""Moments of the print store that can be gone back or forth to without a copy of all prints.

Later events change few prints: they are taken back, get the greeks or the package that was
missing, or turn out to be part of a sweep. Flags tell of the first three and are kept of all prints
at each moment; rows are kept of prints in runs that could still go on, and of those that got their
greeks or package since the moment before.
"""

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
    flags: NDArray[np.uint8]
    running: NDArray[np.int64]
    """Places of prints in runs that may go on."""
    places: NDArray[np.int64]
    rows: NDArray[np.void]
    """The prints at these places."""


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
        changed = (flags[: len(before.flags)] ^ before.flags) & _SETTLED_OR_PACKAGED
        places = np.unique(np.concatenate([running, before.running, np.flatnonzero(changed)]))
    return PrintsCheckpoint(before, by_size, flags, running, places, prints[places])


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
    now = prints["flags"].copy()
    waiting = np.flatnonzero(past.flags & ~now & np.uint8(Flag.WAITING))
    for name in ("delta", "gamma", "volatility"):
        prints[name][waiting] = np.nan
    prints["spot"][waiting[(past.flags[waiting] & np.uint8(Flag.NO_SPOT)) > 0]] = 0
    single = np.flatnonzero(now & ~past.flags & np.uint8(Flag.PACKAGED))
    prints["package"][single] = -1
    prints["package_side"][single] = 0
    prints["package_confidence"][single] = CONFIDENCE_SCALE // 2
    prints["flags"] = past.flags
    return all(part.by_size == past.by_size for part in chain)
