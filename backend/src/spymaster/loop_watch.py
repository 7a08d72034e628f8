"""Watches what keeps the event loop from its work: stalls, and pauses of the garbage collector."""

import asyncio
import gc
import logging
import time

from spymaster.core.latency import LatencyHistogram

logger = logging.getLogger(__name__)

LOOK_S = 0.02
LONG_MS = 250.0
"""A stall worth a line in the log."""


class LoopWatch:
    """Histograms of stalls and pauses while it runs."""

    def __init__(self) -> None:
        self.stalls = LatencyHistogram()
        """How much later than asked for the loop came back, each 20 ms."""
        self.own_stalls = LatencyHistogram()
        """The same, but no more than this process worked; else others had the processor."""
        self.gc_pauses = LatencyHistogram()
        self._gc_began_s = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        gc.callbacks.append(self._on_gc)
        try:
            while True:
                asked_s, worked_s = time.monotonic() + LOOK_S, time.process_time()
                await asyncio.sleep(LOOK_S)
                now_s = time.monotonic()
                late_ms = (now_s - asked_s) * 1000
                self.stalls.add(late_ms, now_s)
                self.own_stalls.add(min(late_ms, (time.process_time() - worked_s) * 1000), now_s)
                if late_ms > LONG_MS:
                    logger.warning("The event loop stood still for %.0f ms", late_ms)
        finally:
            gc.callbacks.remove(self._on_gc)

    def _on_gc(self, phase: str, _: dict[str, int]) -> None:
        now_s = time.monotonic()
        if phase == "start":
            self._gc_began_s = now_s
        else:
            self.gc_pauses.add((now_s - self._gc_began_s) * 1000, now_s)
