"""Condition lists of stored prints as packed integers, and back, whole columns at a time."""

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from spymaster.core.conditions import BITS, MAX_PACKED, UNKNOWN


def pack_conditions(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """What `spymaster.core.conditions.pack` makes of each row; 0 for null and empty."""
    parts = [pack_lists(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def pack_lists(lists: pa.ListArray) -> NDArray[np.int64]:
    """The same, of one array."""
    offsets = lists.offsets.to_numpy()
    counts = np.diff(offsets)
    if lists.null_count:
        counts = np.where(lists.is_valid().to_numpy(zero_copy_only=False), counts, 0)
    # Of one type, whatever the file has: a list of empty lists alone may be of no type at all.
    values = lists.values.cast(pa.int64()).fill_null(UNKNOWN).to_numpy()
    packed: NDArray[np.int64] = _packed(values, offsets[:-1], counts)
    return packed


def unpack_lists(packed: NDArray[np.int64], unknown: NDArray[np.bool_] | None = None) -> pa.Array:
    """What `spymaster.core.conditions.unpack` makes of each value; null where ``unknown``."""
    ids = (packed[:, np.newaxis] >> (BITS * np.arange(MAX_PACKED))) & ((1 << BITS) - 1)
    held = ids != 0
    ends = held.sum(axis=1).cumsum()
    return pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], ends]).astype(np.int32)),
        pa.array(ids[held].astype(np.int16)),
        mask=None if unknown is None else pa.array(unknown),
    )


@njit(cache=True, nogil=True)
def _packed(values, starts, counts):  # type: ignore[no-untyped-def]
    packed = np.zeros(len(starts), dtype=np.int64)
    for row in range(len(starts)):
        for place in range(min(counts[row], MAX_PACKED)):
            value = values[starts[row] + place]
            known = value if 0 < value < UNKNOWN else np.int64(UNKNOWN)
            packed[row] |= known << (BITS * place)
    return packed
