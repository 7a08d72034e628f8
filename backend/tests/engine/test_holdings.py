"""What a session's inputs say is held of each contract's day."""

import pytest

from spymaster.core.inputs import ChainSeen, Events, Input, Lost, Started, Streaming
from spymaster.engine.holdings import Holdings

from .builders import CALL, MS, PUT, SESSION, Quote, Trade, batch, ns, snapshot

OPEN_NS = SESSION.open_ns
LATE_MS, MINUTE = 6 * 3_600_000, 60_000


def streamed(*inputs: Input) -> dict[int, list[tuple[int, int]]]:
    """When each contract was streamed, in milliseconds since the open."""
    holdings, market_ns = Holdings(), 0
    for entry in inputs:
        if isinstance(entry, Events):
            rows = entry.batch.quotes if len(entry.batch.quotes) else entry.batch.trades
            market_ns = max(market_ns, int(rows.ts_event.max()))
        holdings.follow(entry, market_ns)
    return {
        contract: [((start - OPEN_NS) // MS, (end - OPEN_NS) // MS) for start, end in spans]
        for contract, spans in holdings.streamed(OPEN_NS).items()
    }


def events(*rows: Trade | Quote) -> Events:
    return Events(batch(*rows))


def chain(ms: int) -> ChainSeen:
    return ChainSeen(snapshot({}), ns(ms))


def quote(ms: int) -> Events:
    return events(Quote(ms, 1.0, 1.1))


@pytest.mark.parametrize(
    ("seen_ms", "begun_ms"),
    [(LATE_MS - 2_000, LATE_MS), (0, LATE_MS), (-MINUTE, 0), (None, LATE_MS)],
)
def test_the_first_contracts_are_held_from_the_first_event_or_from_the_open(
    seen_ms: int | None, begun_ms: int
) -> None:
    seen = [] if seen_ms is None else [chain(seen_ms)]
    spans = streamed(
        Started(3),
        *seen,
        Streaming([CALL, PUT], True),
        events(Quote(LATE_MS, 1.0, 1.1), Quote(LATE_MS + 5, 1.0, 1.1)),
        Streaming([PUT], False),
        quote(LATE_MS + 100),
    )
    assert spans == {CALL: [(begun_ms, LATE_MS + 100)], PUT: [(begun_ms, LATE_MS + 5)]}


def test_a_late_print_before_the_first_quote_moves_nothing_back() -> None:
    spans = streamed(
        Streaming([CALL], True),
        events(Trade(5, 1.0), Quote(LATE_MS, 1.0, 1.1)),
        quote(LATE_MS + 9),
    )
    assert spans == {CALL: [(LATE_MS, LATE_MS + 9)]}


def test_contracts_that_follow_later_are_held_from_then_on() -> None:
    spans = streamed(
        Streaming([CALL], True), quote(10), Streaming([PUT], True), quote(20), Started(3), quote(30)
    )
    assert spans == {CALL: [(10, 20)], PUT: [(10, 20)]}


def test_nothing_is_held_of_a_stream_that_brought_nothing() -> None:
    assert streamed(Streaming([CALL], True)) == {CALL: []}
    assert streamed(Streaming([CALL], True), Started(3), quote(10)) == {CALL: []}


def test_nothing_is_held_after_what_was_lost_before_the_first_event() -> None:
    assert streamed(Streaming([CALL], True), Lost(0), quote(10)) == {CALL: []}
