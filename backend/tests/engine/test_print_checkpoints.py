"""Flags of prints are as they were at every moment, gone back or forth to."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.engine.columns import CONTRACT, PRINT, Flag
from spymaster.engine.print_checkpoints import (
    KnownFlags,
    checkpoint_prints,
    restore_prints,
)
from spymaster.engine.store import ALTERED_BLOCK, ProcessMemory

ROOM = 8 * ALTERED_BLOCK
NONE = np.zeros(1, dtype=CONTRACT)
NONE["run_first"] = -1
flags = st.sampled_from([0, Flag.WAITING, Flag.PACKAGED, Flag.TAKEN_BACK, Flag.USED | Flag.CANCEL])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, ALTERED_BLOCK), flags),
        st.tuples(st.just("flag"), st.integers(0, ROOM), flags),
    ),
    max_size=8,
)


class Day:
    """A day that is always played with the same steps."""

    def __init__(self, played: list) -> None:
        self.played = played
        self.prints = np.zeros(ROOM, dtype=PRINT)
        self.known = KnownFlags()
        self.known.reserve(ROOM)
        self.count = self.place = 0

    def play_to(self, place: int) -> None:
        for kind, number, flag in self.played[self.place : place]:
            first, end = (
                (self.count, self.count + number) if kind == "add" else (number, number + 1)
            )
            end = min(end, ROOM) if kind == "add" else min(end, self.count)
            self.prints["flags"][first:end] = flag
            self.known.altered[[one // ALTERED_BLOCK for one in range(first, end)]] = 1
            self.count = max(self.count, end)
        self.place = place

    def content(self) -> bytes:
        return self.prints["flags"][: self.count].tobytes()


@settings(deadline=None)  # the first call loads compiled code
@given(
    st.lists(steps, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9))),
)
def test_flags_are_what_they_were(between, jumps):
    played = [step for some in between for step in some]
    moments = np.cumsum([0, *map(len, between)]).tolist()
    day, plain = Day(played), Day(played)
    memory, kept = ProcessMemory(), []
    for place in moments:
        day.play_to(place)
        plain.play_to(place)
        before = kept[-1][0] if kept else None
        made = checkpoint_prints(
            NONE, day.prints[: day.count], day.known, before, memory, by_size=False
        )
        kept.append((made, day.count, plain.content()))
    now = kept[-1][0] if kept else None
    for jump, more in jumps:
        number = jump % len(kept)
        past, count, content = kept[number]
        restore_prints(day.prints, day.known, day.count, now, past)
        now = past
        day.count, day.place = count, moments[number]
        assert day.content() == content
        day.play_to(min(moments[number] + more, len(played)))
        again = Day(played)
        again.play_to(day.place)
        assert day.content() == again.content()
