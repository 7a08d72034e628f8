"""Cost against size: contracts, prints and pages. None may grow faster than its size does.

The growth is the slope of log cost against log size between the first size and the last: 1 is
linear. A page's update must cost by what changed, not by what exists.
"""

import asyncio
import math
import statistics
import time
from collections.abc import Callable, Sequence

import broadcast_path
import numpy as np
import uvloop
from many_clients import raise_open_files
from simulated_day import DATE, session_of_day

from spymaster.core.batches import EventBatch, quote_batch, trade_batch
from spymaster.core.clock import SystemClock
from spymaster.core.contracts import OptionContract
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayHealth
from spymaster.gateway.desk import Showing
from spymaster.gateway.socket_broadcaster import SocketBroadcaster

CONTRACTS = (14, 300, 3_000)
PRINTS = (100_000, 1_000_000, 10_000_000)
PAGES = (1, 10, 100, 1_000, 2_000)
CHANGED = 14
EVENTS = 600_000
SECONDS = 300
"""Market seconds that the events are spread over."""
ROUNDS = 3
_BEATS = 6
_AT_MOST = 1.05
_OPEN = session_of_day().open_ns


def engine_of(contracts: int) -> FlowEngine:
    """An empty day with so many contracts."""
    engine = FlowEngine(session_of_day(), "SPY", "all", quotes_follow_window=False)
    first = 600_000 - contracts // 4 * 100
    engine.list_contracts(
        [
            OptionContract("SPY", DATE, first + number // 2 * 100, "CP"[number % 2]).ticker
            for number in range(contracts)
        ]
    )
    return engine


def events_of(contracts: int, prints: int, quotes: int, seconds: int) -> EventBatch:
    """Random ones, spread evenly."""
    random = np.random.default_rng(1)
    count = prints + quotes
    ts = _OPEN + np.arange(count) * (seconds * 1_000_000_000 // count)
    is_print = np.zeros(count, dtype=np.bool_)
    is_print[np.linspace(0, count - 1, prints).astype(np.int64)] = True
    arrival = np.arange(count)
    trades, _ = trade_batch(
        *(random.integers(contracts, size=prints), ts[is_print]),
        *(random.integers(90, 110, prints) / 100, random.integers(1, 20, prints)),
        *(np.full(prints, 302), np.full(prints, 209), np.zeros(prints), arrival[is_print]),
    )
    bid = random.integers(90, 110, quotes)
    found = quote_batch(
        *(random.integers(contracts, size=quotes), ts[~is_print], bid / 100, (bid + 2) / 100),
        *(np.full(quotes, 10), np.full(quotes, 12), np.full(quotes, 302), np.full(quotes, 316)),
        arrival[~is_print],
    )
    return EventBatch(trades, found)


def _by_contracts(contracts: int) -> float:
    """Seconds to take the same number of events in so many contracts."""
    engine = engine_of(contracts)
    events = events_of(contracts, EVENTS // 4, EVENTS - EVENTS // 4, SECONDS)
    return _seconds(lambda: engine.apply(events))


def _by_prints(prints: int) -> float:
    """Seconds to take so many prints of a day."""
    engine = engine_of(300)
    events = events_of(300, prints, prints, max(prints // 500, 1))
    engine.flow.reserve_prints(prints)
    return _seconds(lambda: engine.apply(events))


def _frame_of(contracts: int) -> float:
    """Seconds to make the update of a few changed contracts out of so many."""
    engine = engine_of(contracts)
    engine.apply(events_of(contracts, 3 * contracts, contracts, 1))
    desk = broadcast_path.Market.of(Showing("live", engine, ReplayHealth("ok"), 1.0))
    broadcaster = SocketBroadcaster(desk, SystemClock(), 0.25)
    cursor = broadcaster.cursor()
    cursor.take()

    def beats() -> None:
        for _ in range(50):
            for number in range(CHANGED):
                engine.flow.touch(number)
            broadcaster.tick()
            assert cursor.take()

    return _seconds(beats) / 50


def _by_pages() -> list[float]:
    """Processor seconds of a beat to so many pages."""

    async def run() -> list[float]:
        spent = []
        for count in PAGES:
            market = broadcast_path.Market()
            market.move(20_000)
            async with broadcast_path.ours(market, count) as mine:
                await mine.round(2)
                await mine.round(_BEATS)
                spent.append(mine.seconds[-1] * count)
        return spent

    raise_open_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def readings() -> list[tuple[str, str, str]]:
    """Each size with its cost, and how fast that grows."""
    _by_contracts(CONTRACTS[0])  # what is compiled is loaded now
    events = f"{EVENTS // 1000} k events in {SECONDS} market seconds, contracts"
    return [
        _line(events, CONTRACTS, _in_rounds(_by_contracts, CONTRACTS), _AT_MOST),
        _line("prints, with as many quotes", PRINTS, _in_rounds(_by_prints, PRINTS), _AT_MOST),
        _line("a beat, pages", PAGES, _by_pages(), _AT_MOST),
        _line(
            f"an update of {CHANGED} contracts, of",
            CONTRACTS,
            _in_rounds(_frame_of, CONTRACTS),
            0.3,
        ),
    ]


def _in_rounds(cost: Callable[[int], float], sizes: Sequence[int]) -> list[float]:
    """Median seconds of each size; the sizes take turns, for a machine has hours of its own."""
    rounds = [[cost(size) for size in sizes] for _ in range(ROUNDS)]
    return [statistics.median(costs) for costs in zip(*rounds, strict=True)]


def _line(
    name: str, sizes: Sequence[int], costs: Sequence[float], most: float
) -> tuple[str, str, str]:
    growth = math.log(costs[-1] / costs[0]) / math.log(sizes[-1] / sizes[0])
    return (
        f"{name} {' / '.join(f'{size:,}' for size in sizes)}",
        f"{' / '.join(f'{cost * 1000:,.1f}' for cost in costs)} ms: power {growth:.2f}",
        f"power < {most}",
    )


if __name__ == "__main__":
    for reading in readings():
        print(*reading)
