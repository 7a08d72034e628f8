"""Packed condition lists are what the plain function makes of each row, however they are stored."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.conditions import UNKNOWN, pack, unpack
from spymaster.storage.packing import pack_conditions, pack_lists, unpack_lists

_IDS = st.none() | st.integers(-(2**15), 2**15 - 1)
_ROWS = st.lists(st.none() | st.lists(_IDS, max_size=6), max_size=12)


def _plain(row: list[int | None] | None) -> int:
    return pack([UNKNOWN if one is None else one for one in row or ()])


@settings(deadline=None)  # the first example compiles
@given(rows=_ROWS, start=st.integers(0, 4), width=st.sampled_from([pa.int16(), pa.int64()]))
def test_lists_are_packed_as_the_plain_function_does(
    rows: list[list[int | None] | None], start: int, width: pa.DataType
) -> None:
    lists = pa.array(rows, pa.list_(width))[start:]
    assert pack_lists(lists).tolist() == [_plain(row) for row in rows[start:]]


def test_lists_that_hold_no_id_may_be_of_no_type() -> None:
    assert pack_lists(pa.array([[], None, [None]], pa.list_(pa.null()))).tolist() == [0, 0, UNKNOWN]


def test_what_a_null_list_spans_is_none_of_its_ids() -> None:
    ids = pa.array([209, 219, 227], pa.int16())
    mask = pa.array([True, False])
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), ids, mask=mask)
    assert pack_lists(lists).tolist() == [0, 227]


@pytest.mark.parametrize("chunks", [[], [[[209], None], [[219, 227]]]])
def test_a_column_is_packed_chunk_after_chunk(chunks: list[list[list[int] | None]]) -> None:
    column = pa.chunked_array(chunks, pa.list_(pa.int16()))
    packed = pack_conditions(column)
    assert packed.dtype == np.int64
    assert packed.tolist() == [_plain(row) for chunk in chunks for row in chunk]


@given(rows=_ROWS)
def test_packed_lists_are_unpacked_as_the_plain_function_does(
    rows: list[list[int | None] | None],
) -> None:
    packed = np.array([_plain(row) for row in rows], dtype=np.int64)
    wanted = [unpack(int(one)) for one in packed]
    assert unpack_lists(packed).to_pylist() == wanted
    assert unpack_lists(packed, packed == 0).to_pylist() == [ids or None for ids in wanted]
