"""Half-open intervals of time, as pairs of UNIX ns."""

from collections.abc import Iterable

type Interval = tuple[int, int]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as few intervals, oldest first; empty ones are left out."""
    found: list[Interval] = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def gaps(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """What of ``[start, end)`` the intervals leave out."""
    found = []
    for low, high in merged(intervals):
        if low > start:
            found.append((start, min(low, end)))
        start = max(start, high)
        if start >= end:
            break
    if start < end:
        found.append((start, end))
    return [pair for pair in found if pair[0] < pair[1]]
