"""Trade conditions of the options tape, and what each means for counting and signing.

An id is 200 + the position of the OPRA letter (``A`` = 201 … ``Z`` = 226, ``a`` = 227 …). A print
carries none or, in practice, one; up to four are kept, packed into one integer so that columns can
hold and compare them.

Source: vendor protocol, section 5; OPRA Pillar output specification for the meanings.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class ConditionGroup(IntEnum):
    """What a print's conditions mean for the flow, strongest last."""

    REGULAR = 0
    """Counts, moves the last price, is signed. Also every unknown or missing condition."""
    COMPLEX = 1
    """A leg of a package: counts and moves the last price, but is never signed alone."""
    EXCLUDED = 2
    """Compression or extended hours: counts, is never signed."""
    LATE = 3
    """Late or out of sequence: counts for volume and premium, never for the last price."""
    CANCEL = 4
    """Not a trade: takes one back."""


CANCEL: Final = frozenset({201, 203, 205, 207})
LATE: Final = frozenset({202, 204, 206, 208})
AUTO: Final = 209
INTERMARKET_SWEEP: Final = 219
ISO: Final = frozenset({INTERMARKET_SWEEP, 228, 230})
AUCTION: Final = frozenset({227, 228})
CROSS: Final = frozenset({229, 230, 234, 241})
FLOOR: Final = frozenset({231, 235, 239, 242, 245, 246})
MULTI_LEG: Final = frozenset(range(232, 247))
STOCK_TIED: Final = frozenset({237, *range(240, 246)})
COMPRESSION: Final = 247
EXCLUDED: Final = frozenset({COMPRESSION, 248})

NAMES: Final = {
    201: "CANC", 202: "OSEQ", 203: "CNCL", 204: "LATE", 205: "CNCO", 206: "OPEN", 207: "CNOL",
    208: "OPNL", 209: "AUTO", 210: "REOP", 219: "ISOI", 227: "SLAN", 228: "SLAI", 229: "SLCN",
    230: "SLCI", 231: "SLFT", 232: "MLET", 233: "MLAT", 234: "MLCT", 235: "MLFT", 236: "MESL",
    237: "TLAT", 238: "MASL", 239: "MFSL", 240: "TLET", 241: "TLCT", 242: "TLFT", 243: "TESL",
    244: "TASL", 245: "TFSL", 246: "CBMO", 247: "MCTP", 248: "EXHT",
}  # fmt: skip
"""OPRA's short name of each id."""

MAX_PACKED: Final = 4
"""Ids kept of a print."""
BITS: Final = 16
"""For each packed id."""
UNKNOWN: Final = 0x7FFF
"""Stands for an id that does not fit the stored int16."""


def group_of(ids: Iterable[int]) -> ConditionGroup:
    """The strongest group among the ids; REGULAR for none or unknown ones."""
    found = ConditionGroup.REGULAR
    for condition in ids:
        found = max(found, _group_of_one(condition))
    return found


def _group_of_one(condition: int) -> ConditionGroup:
    if condition in CANCEL:
        return ConditionGroup.CANCEL
    if condition in LATE:
        return ConditionGroup.LATE
    if condition in EXCLUDED:
        return ConditionGroup.EXCLUDED
    if condition in MULTI_LEG:
        return ConditionGroup.COMPLEX
    return ConditionGroup.REGULAR


GROUP_BY_ID: Final[NDArray[np.int8]] = np.array(
    [_group_of_one(condition) for condition in range(256)], dtype=np.int8
)
"""Group of each id below 256, for compiled code; higher ids are REGULAR."""


def pack(ids: Sequence[int] | None) -> int:
    """Pack up to four ids into one non-negative int64, in order; none packs to 0."""
    packed = 0
    for place, condition in enumerate((ids or ())[:MAX_PACKED]):
        known = condition if 0 < condition < UNKNOWN else UNKNOWN
        packed |= known << (BITS * place)
    return packed


def unpack(packed: int) -> list[int]:
    """The ids of `pack`, in order."""
    ids = []
    while packed:
        ids.append(packed & 0xFFFF)
        packed >>= BITS
    return ids


def holds(packed: NDArray[np.int64], condition: int) -> NDArray[np.bool_]:
    """Where the packed ids of prints hold one id."""
    found = np.zeros(len(packed), dtype=np.bool_)
    for place in range(MAX_PACKED):
        found |= (packed >> (BITS * place)) & 0xFFFF == condition
    return found
