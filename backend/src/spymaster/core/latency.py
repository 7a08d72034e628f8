"""Durations in buckets: cheap to add to, enough to tell quantiles and to export."""

import bisect
from collections.abc import Sequence

BOUNDS_MS = tuple(
    round(step * scale, 3)
    for scale in (0.01, 0.1, 1, 10, 100, 1000)
    for step in (1, 1.5, 2, 3, 5, 7)
)
"""Upper ends of the usual buckets, ms; the last bucket has none."""
WINDOW_S = 60.0


def bounds_beyond(wait_ms: float) -> tuple[float, ...]:
    """Upper ends for durations that include a wait: also a little longer than that."""
    beyond = (wait_ms + more for more in (1, 2, 3, 5, 7, 10, 15, 20, 30, 50))
    return tuple(sorted({*BOUNDS_MS, *beyond}))


class LatencyHistogram:
    """Counts of durations, since the start and over the last minute or two halves of it."""

    def __init__(self, bounds_ms: Sequence[float] = BOUNDS_MS) -> None:
        self.bounds_ms = bounds_ms
        """Upper ends of the buckets, ms, rising; the last bucket has none."""
        self.counts = [0] * (len(bounds_ms) + 1)
        """Since the start, one for each bucket."""
        self.sum_ms = 0.0
        self.longest_ms = 0.0
        self._recent = [0] * len(self.counts)
        self._before = [0] * len(self.counts)
        self._since_s = 0.0

    def add(self, duration_ms: float, now_s: float) -> None:
        """Count one duration.

        Args:
            duration_ms: Below 0 counts as 0.
            now_s: Monotonic seconds; never less than before.
        """
        duration_ms = max(duration_ms, 0.0)
        place = bisect.bisect_left(self.bounds_ms, duration_ms)
        self._turn(now_s)
        self.counts[place] += 1
        self._recent[place] += 1
        self.sum_ms += duration_ms
        self.longest_ms = max(self.longest_ms, duration_ms)

    def recent_quantile_ms(self, share: float, now_s: float) -> float | None:
        """The upper end of the bucket in which a quantile of the last half to whole minute lies.

        None without durations in that time. Beyond the last bound the longest one ever is meant.
        """
        self._turn(now_s)
        return self._quantile(
            [a + b for a, b in zip(self._recent, self._before, strict=True)], share
        )

    def _quantile(self, counts: Sequence[int], share: float) -> float | None:
        wanted = share * sum(counts)
        if not wanted:
            return None
        seen = 0
        for bound, count in zip((*self.bounds_ms, self.longest_ms), counts, strict=True):
            seen += count
            if seen >= wanted:
                return bound
        return self.longest_ms

    def _turn(self, now_s: float) -> None:
        """Let go of what is older than the window, half a window at a time."""
        halves = (now_s - self._since_s) // (WINDOW_S / 2)
        if halves < 1:
            return
        nothing = [0] * len(self.counts)
        self._before = self._recent if halves == 1 else nothing
        self._recent = [0] * len(self.counts)
        self._since_s += halves * (WINDOW_S / 2)
