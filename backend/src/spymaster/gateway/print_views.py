"""The tape, and the prints behind an aggregate, as wire messages."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import signals
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.conditions import COMPRESSION, holds
from spymaster.engine.bars import SECOND_NS, TRADE_COUNT, VOLUME, Sums, sums_of, sums_of_seconds
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import MEASURES
from spymaster.engine.selection import Selection
from spymaster.engine.store import Store
from spymaster.gateway import views
from spymaster.gateway.flow_parts import (
    Part,
    encoded_rows,
    measure_columns,
    shown_ms,
    with_prints,
)
from spymaster.gateway.print_search import Found
from spymaster.gateway.wire_flow import Measure, PrintsReply, TapeReply


def encoded_tape(engine: FlowEngine, found: Found, market_ns: int, total: int) -> bytes:
    """The answer of ``GET /api/tape``, as JSON."""
    rows = encoded_rows(views.print_rows(engine, found.places, found.records)[::-1])
    return msgspec.json.encode(TapeReply(shown_ms(market_ns), total, rows))  # type: ignore[arg-type]


def encoded_prints(engine: FlowEngine, found: Found, market_ns: int, behind: Sums | Store) -> bytes:
    """The answer of ``GET /api/prints``, as JSON."""
    sums, vwap = behind, _NO_VWAP
    if isinstance(sums, Store):
        vwap = _vwaps(sums.prints)
        sums = sums_of(sums, np.arange(len(sums.prints)))
    rows = encoded_rows(views.print_rows(engine, found.places, found.records))
    columns = measure_columns(sums.sums[None], MEASURES)
    reply = PrintsReply(
        shown_ms(market_ns),
        int(sums.counts[TRADE_COUNT]),
        int(sums.counts[VOLUME]),
        {name: Measure(*values[0].tolist()) for name, values in columns.items()},
        rows,  # type: ignore[arg-type]
        *vwap,
    )
    return msgspec.json.encode(reply)


type _Vwaps = tuple[float | None, float | None, float | None]
_NO_VWAP: Final[_Vwaps] = (None, None, None)


def _vwaps(prints: NDArray[np.void]) -> _Vwaps:
    """Of all prints, those bought and those sold; unknown where they are of several contracts."""
    if not len(prints) or (prints["contract"] != prints["contract"][0]).any():
        return _NO_VWAP
    counted = prints[~holds(prints["conditions"], COMPRESSION)]
    price, size = counted["price"] / PRICE_SCALE, counted["size"].astype(np.float64)
    aggressor = counted["aggressor"]
    whole, bought, sold = (
        views.known(signals.premium_vwap(price[rows], size[rows]))
        for rows in (slice(None), aggressor > 0, aggressor < 0)
    )
    return whole, bought, sold


def behind(engine: FlowEngine, part: Part, found: Found, wanted: Selection) -> Sums | Store:
    """Flow of the wanted prints: of whole seconds of the chain, else the prints to sum up."""
    store = engine.flow.store
    if found.all_places is not None:
        return with_prints(store, found.all_places)
    open_ns = engine.session.open_ns
    first = (wanted.choices.from_ns - open_ns) // SECOND_NS
    end = (wanted.choices.until_ns - open_ns) // SECOND_NS
    return sums_of_seconds(store, first, end, part.parts)
