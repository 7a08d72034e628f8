import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.conditions import (
    GROUP_BY_ID,
    NAMES,
    ConditionGroup,
    group_of,
    holds,
    pack,
    unpack,
)


@pytest.mark.parametrize(
    ("ids", "group"),
    [
        ([], ConditionGroup.REGULAR),
        ([209], ConditionGroup.REGULAR),
        ([219], ConditionGroup.REGULAR),
        ([999], ConditionGroup.REGULAR),
        ([201], ConditionGroup.CANCEL),
        ([207], ConditionGroup.CANCEL),
        ([202], ConditionGroup.LATE),
        ([208], ConditionGroup.LATE),
        ([232], ConditionGroup.COMPLEX),
        ([246], ConditionGroup.COMPLEX),
        ([247], ConditionGroup.EXCLUDED),
        ([248], ConditionGroup.EXCLUDED),
        ([209, 232, 201], ConditionGroup.CANCEL),
    ],
)
def test_the_strongest_group_wins(ids: list[int], group: ConditionGroup) -> None:
    assert group_of(ids) == group


def test_the_compiled_table_says_the_same_as_the_function() -> None:
    assert [group_of([one]) for one in range(256)] == GROUP_BY_ID.tolist()
    assert all(200 < one < 253 for one in NAMES)


@given(st.lists(st.integers(1, 0x7FFE), max_size=4))
def test_packed_ids_come_back_in_order(ids: list[int]) -> None:
    packed = pack(ids)
    assert 0 <= packed < 2**63
    assert unpack(packed) == ids


@given(st.lists(st.lists(st.integers(1, 5), max_size=4), max_size=8), st.integers(1, 6))
def test_an_id_is_found_wherever_it_is_packed(prints: list[list[int]], condition: int) -> None:
    packed = np.array([pack(ids) for ids in prints], dtype=np.int64)
    assert holds(packed, condition).tolist() == [condition in ids for ids in prints]


def test_packing_keeps_four_and_marks_ids_that_do_not_fit() -> None:
    assert pack(None) == pack([]) == 0
    assert unpack(pack([201, 202, 203, 204, 205])) == [201, 202, 203, 204]
    assert unpack(pack([70_000, -3, 209])) == [0x7FFF, 0x7FFF, 209]
