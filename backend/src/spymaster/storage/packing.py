"""Condition lists of stored prints as packed integers, whole columns at a time."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_UNKNOWN = 0x7FFF
_MOST = 4


def pack_conditions(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """What `spymaster.core.conditions.pack` makes of each row; 0 for null and empty."""
    parts = [pack_lists(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def pack_lists(lists: pa.ListArray) -> NDArray[np.int64]:
    """The same, of one array."""
    count = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    packed = np.zeros(len(lists), dtype=np.int64)
    values = lists.values.fill_null(_UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(values):
        return packed
    start = lists.offsets.to_numpy()[:-1].astype(np.int64)
    values = np.where((values > 0) & (values < _UNKNOWN), values, _UNKNOWN)
    for place in range(min(_MOST, int(count.max(initial=0)))):
        has = np.flatnonzero(count > place)
        packed[has] |= values[start[has] + place] << (16 * place)
    return packed
