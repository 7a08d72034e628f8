"""A simulated day through the product's own path, under several plans at once, without a wire.

The simulator writes the vendor's frames and snapshot rows; the product's protocol decodes them, and
every plan's `FlowEngine` takes the same batches, a market second at a time. The vendor tells no
price of the underlying, as without a stocks plan, so spot is what parity says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import NO_QUOTES, EventBatch, Floats, Ints
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.bars import Bars, bars_of
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.greek_enricher import Source
from spymaster.polygon.protocol import Data, StreamProtocol
from spymaster.polygon.rest_columns import chain_snapshot
from spymaster.polygon.rest_models import ChainRow, page_decoder
from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.faults import Faults
from spymaster.simulator.frames import EventWriter, split
from spymaster.simulator.path import NS
from spymaster.simulator.prints import Prints
from spymaster.simulator.snapshot import Snapshot

_FAULTS = Faults(underlying_price="absent")
_chain_page = page_decoder(ChainRow)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the vendor's plan includes, and the settings that matter."""

    name: str
    quotes: bool = True
    greeks_source: Source = "model"
    trade_size_rule: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """What the product made of the day under one plan."""

    plan: Plan
    prints: NDArray[np.void]
    """One `PRINT` record for each print of `Day.prints`, in its order."""
    second: Ints
    """First instant of each market second, UNIX ns."""
    parity: Floats
    """Parity spot in force in that second, dollars; NaN for none."""
    minutes: Bars
    """Flow by minute of the regular session, as far as it was played."""


@dataclass(frozen=True, slots=True)
class Day:
    """A played day with its truth."""

    truth: SimulatedDay
    prints: Prints
    """All prints of the contracts that expire, cancels included, in the order of the stream."""
    played: tuple[Played, ...]


def seconds_of(truth: SimulatedDay, minutes: int | None = None) -> range:
    """First instants of the market seconds from the open, of all of the day or its first minutes.

    A whole day goes on to its last print, a quarter of an hour after the close.
    """
    session = truth.session
    end_ns = session.end_ns
    if minutes is not None:
        end_ns = min(end_ns, session.open_ns + minutes * 60 * NS)
    return range(session.open_ns, end_ns, NS)


def play(
    truth: SimulatedDay, plans: Iterable[Plan], seconds: Iterable[int], greeks_interval_s: float
) -> Day:
    """Play some market seconds, one after another from the open.

    Args:
        truth: The day.
        plans: How to receive it.
        seconds: Their first instants, as `seconds_of` gives them.
        greeks_interval_s: Between two snapshots of the chain.
    """
    expiring = truth.all_rows[: truth.chain.expiring]
    runs = [_Run(truth, plan) for plan in plans]
    protocol = StreamProtocol(runs[0].engine.table)
    writer = EventWriter(truth.chain.tickers, _FAULTS, truth.model.seed)
    parts: list[Prints] = []
    poll_ns = truth.session.open_ns
    for start in seconds:
        if start >= poll_ns:
            poll_ns += round(greeks_interval_s * NS)
            rows = list(Snapshot(truth, start, _FAULTS, vendor_greeks=True).rows(expiring.tolist()))
            for run in runs:
                run.engine.apply_snapshot(_received(rows, start, quotes=run.plan.quotes), start)
        prints = truth.prints_between(start, start + NS)
        prints = prints.take(prints.row < truth.chain.expiring)
        quotes = truth.quotes_between(start, start + NS, expiring)
        parts.append(prints)
        frames = [frame.encode() for frame in split(writer.write(prints, quotes))]
        batches = [event.batch for event in protocol.receive_all(frames) if isinstance(event, Data)]
        for run in runs:
            run.take(start, batches)
    everything = Prints.concat(parts)
    return Day(truth, everything, tuple(run.played(everything) for run in runs))


class _Run:
    """The day under one plan."""

    def __init__(self, truth: SimulatedDay, plan: Plan) -> None:
        self.plan = plan
        self.engine = FlowEngine(
            truth.session,
            truth.model.listing.underlying,
            "all",
            greeks_source=plan.greeks_source,
            trade_size_rule=plan.trade_size_rule,
        )
        # In the chain's order, so that a contract's number is its row, whatever the plan.
        self.engine.list_contracts(list(truth.chain.tickers[: truth.chain.expiring]))
        self._seconds: list[tuple[int, float]] = []

    def take(self, start_ns: int, batches: list[EventBatch]) -> None:
        """Apply what one market second brought."""
        for batch in batches:
            if self.plan.quotes:
                self.engine.apply(batch)
            else:
                self.engine.apply(EventBatch(batch.trades, NO_QUOTES, batch.trades_rejected))
        self._seconds.append((start_ns, self.engine.spot.parity))

    def played(self, truth: Prints) -> Played:
        """The outcome, once it is certain that each print is the one that the truth speaks of."""
        prints = self.engine.flow.prints
        assert np.array_equal(prints["contract"], truth.row)
        assert np.array_equal(prints["ts"] // 1_000_000, truth.ts // 1_000_000)
        assert np.array_equal(prints["price"], truth.price * 100)
        assert np.array_equal(prints["size"], truth.size)
        second, parity = zip(*self._seconds, strict=True)
        session = self.engine.session
        regular = min(len(second), (session.close_ns - session.open_ns) // NS)
        minutes = bars_of(self.engine.flow.store, 60, seconds=regular)
        return Played(self.plan, prints, np.array(second), np.array(parity), minutes)


def _received(rows: list[dict[str, Any]], now_ns: int, *, quotes: bool) -> ChainSnapshot:
    """The chain as the product decodes it; a plan without quotes has none in its rows."""
    shown = rows
    if not quotes:
        shown = [{name: row[name] for name in row if name != "last_quote"} for row in rows]
    page = _chain_page(msgspec.json.encode({"status": "OK", "results": shown}))
    return chain_snapshot(page.rows, now_ns)
