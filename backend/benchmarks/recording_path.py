"""Recording 50,000 events a second: what it costs the event loop, and bytes a row on the disk."""

import asyncio
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch, quote_batch, trade_batch
from spymaster.core.contracts import ContractTable, OptionContract
from spymaster.core.inputs import Events
from spymaster.core.sessions import default_calendar
from spymaster.storage.journal import Journal
from spymaster.storage.segments import Reading, segments

DATE = dt.date(2025, 12, 16)
EVENTS_A_SECOND = 50_000
FRAME = 100
TRADE_SHARE = 0.25
SECONDS = 5
LONGEST_MS = 20.0


def readings() -> list[tuple[str, str, str]]:
    """The longest stall of the event loop, and the size of rows."""
    with tempfile.TemporaryDirectory() as folder:
        stalls = asyncio.run(_stalls(Path(folder)))
        trade = _bytes_a_row(Path(folder) / "trades", 1.0)
        quote = _bytes_a_row(Path(folder) / "quotes", 0.0)
    return [
        (
            f"recording {EVENTS_A_SECOND:,} events/s: longest stall of the loop",
            f"{max(stalls):.1f} ms (99.9 %: {np.quantile(stalls, 0.999):.1f} ms)",
            f"< {LONGEST_MS:.0f} ms",
        ),
        ("recording: bytes a row, trade and quote", f"{trade:.1f} and {quote:.1f}", ""),
    ]


async def _stalls(folder: Path) -> list[float]:
    """How late the loop was, in ms, each time that it was to do something."""
    journal, make = _journal(folder / "stalls"), _maker()
    frames = [make(number * FRAME, TRADE_SHARE) for number in range(200)]
    journal.start()
    interval_s = FRAME / EVENTS_A_SECOND
    late = []
    start = time.perf_counter()
    for number in range(SECONDS * EVENTS_A_SECOND // FRAME):
        due = start + number * interval_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late.append((time.perf_counter() - due) * 1000)
        journal.record(frames[number % len(frames)])
    await asyncio.to_thread(journal.close)
    return late


def _bytes_a_row(folder: Path, share: float) -> float:
    journal, make = _journal(folder), _maker()
    frames = 1_000
    for number in range(frames):
        journal.record(make(number * FRAME, share))
    journal.step(time.monotonic())
    journal.close()
    written = sum(path.stat().st_size for _, path in segments(folder))
    return written / (frames * FRAME)


def _journal(folder: Path) -> Journal:
    table = ContractTable("SPY", DATE)
    table.number(OptionContract("SPY", DATE, 600_000, "C").ticker)
    return Journal(folder, table, Reading(), 1)


def _maker() -> Callable[[int, float], Events]:
    random = np.random.default_rng(1)
    open_ns = default_calendar().session(DATE).open_ns

    def make(first: int, share: float) -> Events:
        arrival = np.arange(first, first + FRAME)
        ts = open_ns + arrival * 20_000
        is_trade = random.random(FRAME) < share
        trades, quotes = NO_TRADES, NO_QUOTES
        if is_trade.any():
            n = int(is_trade.sum())
            trades, _ = trade_batch(
                *(np.zeros(n), ts[is_trade], random.integers(90, 110, n) / 100),
                *(random.integers(1, 20, n), np.full(n, 302), np.full(n, 209)),
                *(arrival[is_trade], arrival[is_trade]),
            )
        if not is_trade.all():
            n = int((~is_trade).sum())
            bid = random.integers(90, 110, n)
            quotes = quote_batch(
                *(np.zeros(n), ts[~is_trade], bid / 100, (bid + 2) / 100),
                *(np.full(n, 10), np.full(n, 12), np.full(n, 302), np.full(n, 316)),
                arrival[~is_trade],
            )
        return Events(EventBatch(trades, quotes))

    return make


if __name__ == "__main__":
    for reading in readings():
        print(*reading)
