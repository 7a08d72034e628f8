"""Inputs and disks for the journal's tests."""

import datetime as dt
import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from spymaster.core.batches import EventBatch, quote_batch, trade_batch
from spymaster.core.contracts import ContractTable
from spymaster.core.inputs import (
    ChainSeen,
    Events,
    Input,
    Refilled,
    RuleChosen,
    Rules,
    SpanChosen,
    Started,
    Streaming,
    Whole,
)
from spymaster.core.snapshots import ChainSnapshot
from spymaster.storage.journal import Journal, RealDisk
from spymaster.storage.segments import Reading, read_segments, segments

DAY = dt.date(2025, 12, 16)
TICKERS = ("O:SPY251216C00600000", "O:SPY251216P00600000", "O:SPY251216C00601000")
OPEN_NS = 1_765_895_400_000_000_000


def table(count: int = 3) -> ContractTable:
    made = ContractTable("SPY", DAY)
    for ticker in TICKERS[:count]:
        made.number(ticker)
    return made


def events(first: int, trades: Sequence[int], quotes: Sequence[int], rejected: int = 0) -> Events:
    """Prints and quotes of the contracts given, in turn, numbered from ``first``."""
    count = len(trades) + len(quotes)
    arrival = first + np.arange(count)
    made, bad = trade_batch(
        trades,
        OPEN_NS + arrival[: len(trades)],
        [1.25] * len(trades),
        [3] * len(trades),
        [302] * len(trades),
        [201] * len(trades),
        [7] * len(trades),
        arrival[: len(trades)],
    )
    assert not bad
    return Events(
        EventBatch(
            made,
            quote_batch(
                quotes,
                OPEN_NS + arrival[len(trades) :],
                *([1.2] * len(quotes), [1.3] * len(quotes), [10] * len(quotes)),
                *([11] * len(quotes), [302] * len(quotes), [303] * len(quotes)),
                arrival[len(trades) :],
            ),
            rejected,
        )
    )


def chain(market_ns: int = OPEN_NS) -> ChainSeen:
    column = np.array([0.5, np.nan, -0.25])
    return ChainSeen(
        ChainSnapshot(5, list(TICKERS), *([column] * 9), 600.25, "REAL-TIME"), market_ns
    )


def one_of_each() -> list[Input]:
    batch = events(4, [0, 1], [2, 0]).batch
    return [
        Started(3),
        Started(3, Rules("vendor", trade_size=True, quote_lag_ms=5)),
        SpanChosen("all"),
        RuleChosen(trade_size=True),
        chain(),
        Streaming([0, 1], True),
        events(0, [0], [1, 1], rejected=2),
        Refilled(1, batch.trades, batch.quotes),
        Whole(1, OPEN_NS),
        events(3, [], [2]),
        Streaming([0], False),
    ]


def plain(entry: Input) -> object:
    """An input as values that can be compared, NaN with NaN."""
    return repr(msgspec.to_builtins(entry, enc_hook=lambda column: column.tobytes()))


def journal(folder: Path, reading: Reading | None = None, number: int = 1, **more) -> Journal:
    return Journal(folder, table(), reading or Reading(), number, **more)


def read(folder: Path) -> list[Input]:
    return list(read_segments([path for _, path in segments(folder)], Reading()))


@dataclass
class FailingDisk(RealDisk):
    """A disk that can be full for a while; of what it refuses, part may be written already."""

    full: bool = False
    failures: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        super().__init__()

    def create(self, path: Path, data: bytes) -> None:
        self._check()
        super().create(path, data)

    def write(self, data: bytes) -> None:
        self._check()
        super().write(data)

    def _check(self) -> None:
        if self.full:
            self.failures += 1
            raise OSError(errno.ENOSPC, "No space left on device")
