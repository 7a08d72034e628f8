from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from spymaster.core.latency import LatencyHistogram

from .support import FakeDesk, Server


@dataclass
class FakeRecorder:
    waiting: int = 7
    lost_rows: int = 2
    flush_times: LatencyHistogram = field(default_factory=LatencyHistogram)


async def scrape(server: Server) -> dict[str, float]:
    _, text = await server.get("/metrics")
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_it_tells_what_came_and_how_the_feed_is(server: Server, desk: FakeDesk) -> None:
    desk.chain()
    desk.trade(size=3)
    desk.quote(1.99, 2.01)
    found = await scrape(server)
    assert found["spymaster_trades_received_total"] == 1
    assert found["spymaster_quotes_received_total"] == 1
    assert found["spymaster_feed_state{ok}"] == 1
    assert found["spymaster_feed_lag_ms"] == 4.0
    assert found["process_resident_memory_bytes"] > 1e6


async def test_unknown_is_left_out(server: Server, desk: FakeDesk) -> None:
    desk.showing.health.lag_ms = None  # type: ignore[misc]
    found = await scrape(server)
    assert "spymaster_feed_lag_ms" not in found
    assert "spymaster_journal_waiting_rows" not in found


async def test_the_recording_and_its_flushes(server: Server, desk: FakeDesk) -> None:
    desk.recorder = FakeRecorder()
    desk.recorder.flush_times.add(4.0, 0.0)
    desk.recorder.flush_times.add(9_999.0, 0.0)
    found = await scrape(server)
    assert found["spymaster_journal_waiting_rows"] == 7
    assert found["spymaster_journal_lost_rows_total"] == 2
    assert found["spymaster_journal_flush_seconds_bucket{0.005}"] == 1
    assert found["spymaster_journal_flush_seconds_bucket{0.003}"] == 0
    assert found["spymaster_journal_flush_seconds_bucket{+Inf}"] == 2
    assert found["spymaster_journal_flush_seconds_count"] == 2


async def test_what_is_missing_and_what_waits(server: Server, desk: FakeDesk) -> None:
    desk.health.gaps, desk.health.contracts_owed, desk.health.stream_waiting_bytes = 2, 14, 5_000
    found = await scrape(server)
    assert found["spymaster_feed_gaps_total"] == 2
    assert found["spymaster_backfill_contracts_waiting"] == 14
    assert found["spymaster_stream_waiting_bytes"] == 5_000


async def test_pages_are_counted_with_what_they_were_sent(server: Server) -> None:
    socket = await server.stream()
    await socket.receive()
    found = await scrape(server)
    assert found["spymaster_clients"] == 1
    assert found["spymaster_frames_sent_total"] >= 1
    await socket.close()
