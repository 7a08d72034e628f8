"""``GET /metrics``: what the product knows of itself, in Prometheus' text form.

Nothing is counted for Prometheus alone: each scrape reads what the parts count anyway.
"""

import asyncio
from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from spymaster.core.latency import LatencyHistogram
from spymaster.gateway import views
from spymaster.gateway.desk import Desk
from spymaster.gateway.socket_broadcaster import SocketBroadcaster


class Stalls(Protocol):
    """What kept the event loop from its work."""

    @property
    def stalls(self) -> LatencyHistogram:
        """How late the loop came back."""

    @property
    def own_stalls(self) -> LatencyHistogram:
        """The same, but no more than the process worked meanwhile."""

    @property
    def gc_pauses(self) -> LatencyHistogram:
        """Pauses of the garbage collector."""


class ProductCollector:
    """Reads the running product at each scrape."""

    def __init__(self, desk: Desk, broadcaster: SocketBroadcaster, stalls: Stalls) -> None:
        self._desk = desk
        self._broadcaster = broadcaster
        self._stalls = stalls

    def collect(self) -> Iterator[Metric]:
        """Every figure as it is now."""
        yield from self._feed()
        yield from self._recording()
        yield from self._clients()
        yield _histogram(
            "event_loop_stall", "How late the event loop came back", self._stalls.stalls
        )
        words = "How much of that this process's own work explains, at most"
        yield _histogram("event_loop_own_stall", words, self._stalls.own_stalls)
        yield _histogram("gc_pause", "Pauses of the garbage collector", self._stalls.gc_pauses)
        yield _gauge("tasks", "Tasks of the event loop", len(asyncio.all_tasks()))

    def _feed(self) -> Iterator[Metric]:
        showing = self._desk.showing
        engine, health = showing.engine, showing.health
        state = GaugeMetricFamily(
            "spymaster_feed_state", "1 for the state it is in", labels=["state"]
        )
        state.add_metric([health.state(engine.market_ns)], 1)
        yield state
        yield _gauge("feed_lag_ms", "Arrival less event time of the newest event", health.lag_ms)
        yield _gauge("feed_age_ms", "Since the last message arrived", health.age_ms)
        yield _gauge("market_time_seconds", "The newest event's time", engine.market_ns / 1e9)
        yield _gauge("contracts", "Contracts known", len(engine.table))
        counters = views.counters(showing)
        yield _counter("trades_received", "Prints received", counters.trades_received)
        yield _counter("trades_counted", "Prints counted", counters.trades_counted)
        yield _counter("trades_cancelled", "Cancels received", counters.trades_cancelled)
        yield _counter("trades_rejected", "Prints that made no sense", counters.trades_rejected)
        yield _counter("trades_backfilled", "Prints that REST brought", counters.trades_backfilled)
        yield _counter("quotes_received", "Quotes received", counters.quotes_received)
        yield _counter("frames_rejected", "Frames that made no sense", counters.frames_rejected)
        yield _counter("reconnects", "Connections after the first", counters.reconnects)
        yield _counter("feed_gaps", "Times without data for which REST was asked", health.gaps)
        words = "Contracts of which REST may still owe prints"
        yield _gauge("backfill_contracts_waiting", words, health.contracts_owed)
        words = "Bytes of frames that were read and wait to be decoded"
        yield _gauge("stream_waiting_bytes", words, health.stream_waiting_bytes)
        words = "From the reading of a frame until the state holds it"
        yield _histogram("frame_to_state", words, health.frame_times)

    def _recording(self) -> Iterator[Metric]:
        recorder = self._desk.recorder
        if recorder is None:
            return
        yield _gauge("journal_waiting_rows", "Prints and quotes not written yet", recorder.waiting)
        yield _counter("journal_lost_rows", "Prints and quotes not kept", recorder.lost_rows)
        words = "How long the disk took to make durable what was written"
        yield _histogram("journal_flush", words, recorder.flush_times)

    def _clients(self) -> Iterator[Metric]:
        yield _gauge("clients", "Pages on the stream", self._broadcaster.clients)
        yield _counter("frames_sent", "Frames sent to pages", self._broadcaster.frames_sent)
        words = "Pages let go or turned away: they took nothing, or there were too many"
        yield _counter("clients_dropped", words, self._broadcaster.clients_dropped)
        missed = self._broadcaster.beats_missed
        yield _counter("beats_missed", "Beats at which a page was still busy", missed)
        words = "From the reading of the oldest frame in an update until a page's socket took it"
        yield _histogram("frame_to_client", words, self._broadcaster.delivery_times)


def registry(collector: ProductCollector) -> CollectorRegistry:
    """The product's figures with those of its process: memory, processor time, open files."""
    found = CollectorRegistry()
    found.register(collector)
    for of_process in (ProcessCollector, PlatformCollector, GCCollector):
        of_process(registry=found)
    return found


def _gauge(name: str, words: str, value: float | None) -> Metric:
    """A figure that goes up and down; unknown is left out."""
    family = GaugeMetricFamily(f"spymaster_{name}", words)
    if value is not None:
        family.add_metric([], value)
    return family


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"spymaster_{name}", words, value=value)


def _histogram(name: str, words: str, histogram: LatencyHistogram) -> Metric:
    buckets = list(_cumulative(histogram))
    family = HistogramMetricFamily(f"spymaster_{name}_seconds", words)
    family.add_metric([], buckets, histogram.sum_ms / 1000)
    return family


def _cumulative(histogram: LatencyHistogram) -> Iterator[tuple[str, float]]:
    seen = 0
    ends = [*(str(round(bound / 1000, 9)) for bound in histogram.bounds_ms), "+Inf"]
    for end, count in zip(ends, histogram.counts, strict=True):
        seen += count
        yield end, float(seen)
