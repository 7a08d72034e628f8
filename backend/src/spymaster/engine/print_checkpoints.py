"""Moments of the print store that can be gone back or forth to without a copy of all prints.

Later events change few prints: they are taken back, get the greeks or the package that was
missing, or turn out to be part of a sweep. Flags tell of the first three: a moment keeps those of
the prints since the moment before, and of earlier ones whose flags have changed since. Rows are
kept of prints in runs that could still go on, and of those that got their greeks or package.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spymaster.engine.columns import CONFIDENCE_SCALE, Flag
from spymaster.engine.moments import chain_to, shared_by
from spymaster.engine.store import ALTERED_BLOCK, Memory
from spymaster.engine.sweeps import run_places

_SETTLED_OR_PACKAGED = np.uint8(Flag.WAITING | Flag.PACKAGED)


@dataclass(frozen=True, slots=True)
class PrintsCheckpoint:
    """A moment of the prints, and the moment before it."""

    before: "PrintsCheckpoint | None"
    by_size: bool
    """Whether the trade-size rule was on."""
    count: int
    """How many prints there were."""
    added: NDArray[np.uint8]
    """Flags of the prints since the moment before."""
    changed: NDArray[np.int64]
    """Places of earlier prints whose flags have changed since then."""
    changed_to: NDArray[np.uint8]
    running: NDArray[np.int64]
    """Places of prints in runs that may go on."""
    places: NDArray[np.int64]
    rows: NDArray[np.void]
    """The prints at these places."""


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

    def read(self, prints: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Look at the flags that may have changed: places of those that did, what they were."""
        blocks = np.flatnonzero(self.altered)
        places = (blocks[:, np.newaxis] * ALTERED_BLOCK + np.arange(ALTERED_BLOCK)).ravel()
        places = places[: np.searchsorted(places, len(prints))]
        now = prints["flags"][places]
        differ = now != self.flags[places]
        places = places[differ]
        were = self.flags[places]
        self.flags[places] = now[differ]
        self.altered[blocks] = 0
        return places, were


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
    changed, were = known.read(prints)
    earlier = before.count if before else 0
    changed, were = changed[changed < earlier], were[changed < earlier]
    places = running = run_places(contracts, prints)
    if before:
        shown = (known.flags[changed] ^ were) & _SETTLED_OR_PACKAGED > 0
        places = np.unique(np.concatenate([running, before.running, changed[shown]]))
    added = memory.room(len(prints) - earlier, np.uint8)
    added[:] = known.flags[earlier : len(prints)]
    return PrintsCheckpoint(
        before,
        by_size,
        len(prints),
        added,
        changed,
        known.flags[changed],
        running,
        places,
        prints[places],
    )


def restore_prints(
    prints: NDArray[np.void],
    known: KnownFlags,
    count: int,
    now: PrintsCheckpoint | None,
    past: PrintsCheckpoint,
) -> bool:
    """Bring the prints of a moment back, as the trade-size rule signed them when they were kept.

    Args:
        prints: All, with what lies behind the present.
        known: Their flags.
        count: How many prints there are at present.
        now: The moment at which they were made or last restored; None where none has been kept.
        past: The moment to go to, earlier or later.

    Returns:
        Whether the rule was the same at all moments on the way.
    """
    known.read(prints[:count])
    chain = chain_to(past)
    flags = np.concatenate([part.added for part in chain])
    for part in chain:
        flags[part.changed] = part.changed_to
    # What has happened since the last moment that both share has changed only prints of runs that
    # could go on then, and others in ways that their flags tell.
    shared = shared_by(chain_to(now), chain)
    for part in chain[max(shared - 1, 0) :]:
        prints[part.places] = part.rows
        known.flags[part.places] = part.rows["flags"]
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
