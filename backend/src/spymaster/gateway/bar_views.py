"""Bars of flow as wire messages, with their signals."""

from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import signals
from spymaster.core.batches import PRICE_SCALE
from spymaster.engine.bars import (
    BUY_VOLUME,
    SECOND_NS,
    SELL_VOLUME,
    TRADE_COUNT,
    VOLUME,
    Bars,
    bars_of,
    bars_over,
)
from spymaster.engine.columns import Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.flow_history import FlowHistory, Usual, pressure_of
from spymaster.engine.measures import (
    DELTA_NOTIONAL,
    GROSS,
    NET,
    PREMIUM,
    UNIT,
    VARIANCE,
    VARIANCE_UNIT,
    WEIGHTED,
)
from spymaster.engine.selection import ANY, NOT_COUNTED
from spymaster.engine.store import Store
from spymaster.gateway import views
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.flow_parts import (
    PARTS,
    Part,
    encoded_rows,
    measure_columns,
    moment,
    seconds_until,
    selection,
    shown_ms,
    with_prints,
)
from spymaster.gateway.print_search import all_places
from spymaster.gateway.wire_flow import (
    Bar,
    BarsReply,
    FlowBar,
    Interval,
    Measure,
    Signals,
    UsualReply,
)

_MS: Final = 1_000_000
INTERVALS: Final[dict[str, int]] = {"1s": 1, "5s": 5, "10s": 10, "30s": 30, "1m": 60, "5m": 300}
USUAL_MEASURES: Final = ("premium", "delta_notional")
STREAMED_SECONDS: Final = 150
"""Seconds of bars in one frame at most, the newest: 600 rows. A page that missed more asks."""


@dataclass(frozen=True, slots=True)
class BarsQuestion:
    """What ``GET /api/bars`` asks."""

    interval: Interval
    part: Part = field(default_factory=Part)
    measures: tuple[str, ...] = USUAL_MEASURES
    since_ns: int = 0
    until_ns: int | None = None
    """As of this market time; None for now."""
    signals: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What of the engine's state an answer needs, as it was at one moment."""

    store: Store
    """With the prints of a part, and no others."""
    seconds: int
    bars: Bars | None
    """Where the kept bars tell; else the prints do."""
    is_one_contract: bool
    market_ns: int
    close_ns: int
    history: FlowHistory | None
    """Of sessions that were followed as this one is."""


@dataclass(frozen=True, slots=True)
class BarColumns:
    """The engine's answer to a `BarsQuestion`."""

    bars: Bars
    price: NDArray[np.int64] | None
    """1/10,000 $; 0 unknown. None where the bars are of several contracts."""
    market_ns: int
    close_ns: int
    history: FlowHistory | None = None


async def hold(desk: Desk, showing: Showing, question: BarsQuestion) -> Held:
    """Everything that an answer needs, so that a thread can go on from there.

    Raises:
        DataError: As `spymaster.gateway.print_search.search`.
    """
    engine, part = showing.engine, question.part
    places = None
    if not part.of_chain:
        wanted = selection(engine, part, without=NOT_COUNTED)
        places = await all_places(desk, showing, wanted)
    # Nothing is awaited from here on: the answer is of one moment.
    store = engine.flow.store
    seconds = seconds_until(engine, question.until_ns)
    bars, is_one = None, False
    if places is None:
        interval_s = INTERVALS[question.interval]
        bars = bars_of(store, interval_s, part.parts, seconds=seconds)
        store = with_prints(store, np.zeros(0, dtype=np.int64))
    else:
        right = wanted.choices.is_call
        of_right = (right == ANY) | (store.contracts["is_call"] == right)
        is_one = bool((wanted.contracts & of_right).sum() == 1)
        store = with_prints(store, places)
    return Held(
        store,
        seconds,
        bars,
        is_one,
        moment(engine, question.until_ns),
        engine.session.close_ns,
        _history_of(showing, part),
    )


def _history_of(showing: Showing, part: Part) -> FlowHistory | None:
    """Earlier sessions tell of parts of the chain, and of the span that they were followed with."""
    history = showing.history
    same = history is not None and history.span == showing.engine.strikes.span
    return history if same and part.of_chain else None


def bar_columns(held: Held, question: BarsQuestion) -> BarColumns:
    """Bars, and their prices where they are of one contract."""
    bars, price = held.bars, None
    if bars is None:
        places = np.arange(len(held.store.prints))
        interval_s = INTERVALS[question.interval]
        bars = bars_over(held.store, places, interval_s, seconds=held.seconds)
        if held.is_one_contract:
            price = _last_prices(held.store.prints, bars)
    return BarColumns(bars, price, held.market_ns, held.close_ns, held.history)


def _last_prices(prints: NDArray[np.void], bars: Bars) -> NDArray[np.int64]:
    """The last price by the end of each bar. Late prints tell none, as in the contract's row."""
    prints = prints[prints["rule"] != Rule.LATE]
    prints = prints[np.argsort(prints["ts"], kind="stable")]
    ends = np.append(bars.start_ns[1:], np.iinfo(np.int64).max)
    last = np.searchsorted(prints["ts"], ends[: len(bars.start_ns)], side="left") - 1
    prices = np.zeros(len(last), dtype=np.int64)
    prices[last >= 0] = prints["price"][last[last >= 0]]
    return prices


def encoded_bars(held: Held, question: BarsQuestion) -> bytes:
    """The answer of ``GET /api/bars``, as JSON."""
    columns = bar_columns(held, question)
    rows = encoded_rows(_bars(columns, question))
    sessions = len(columns.history.sessions) if columns.history else 0
    reply = BarsReply(question.interval, shown_ms(columns.market_ns), rows, sessions)  # type: ignore[arg-type]
    return msgspec.json.encode(reply)


def usual_reply(showing: Showing) -> UsualReply:
    """The answer of ``GET /api/usual``."""
    history = _history_of(showing, Part())
    if history is None:
        return UsualReply(0, None)
    volume = history.typical_volume()
    return UsualReply(len(history.sessions), None if volume is None else volume.tolist())


def _bars(columns: BarColumns, question: BarsQuestion) -> list[Bar]:
    bars = columns.bars
    pressure = bars.sums[:, WEIGHTED, DELTA_NOTIONAL]
    variance = bars.sums[:, VARIANCE, DELTA_NOTIONAL]
    cumulative = np.cumsum(pressure) / UNIT
    error = np.sqrt(np.cumsum(variance) * VARIANCE_UNIT[DELTA_NOTIONAL])
    told = _signals(columns, question, cumulative) if question.signals else None
    first = int(np.searchsorted(bars.start_ns, question.since_ns))
    measures = [
        (name, values[first:].tolist())
        for name, values in measure_columns(bars.sums, question.measures).items()
    ]
    columns_shown = (
        *(bars.start_ns[first:].tolist(), bars.spot[first:].tolist(), bars.counts[first:].tolist()),
        *(cumulative[first:].tolist(), error[first:].tolist()),
    )
    prices = None if columns.price is None else columns.price[first:].tolist()
    return [
        Bar(
            t=start_ns // _MS,
            spot=views.dollars(spot),
            price=None if prices is None else views.dollars(prices[row]),
            trade_count=count[TRADE_COUNT],
            volume=count[VOLUME],
            buy_volume=count[BUY_VOLUME],
            sell_volume=count[SELL_VOLUME],
            measures={name: Measure(*values[row]) for name, values in measures},
            hedging_pressure=total,
            hedging_pressure_error=deviation,
            signals=told[first + row] if told else None,
        )
        for row, (start_ns, spot, count, total, deviation) in enumerate(
            zip(*columns_shown, strict=True)
        )
    ]


def _signals(
    columns: BarColumns, question: BarsQuestion, cumulative: NDArray[np.float64]
) -> list[Signals | None]:
    """What stands out in each bar until the close; prints after it are no signal."""
    bars, bar_s = columns.bars, float(INTERVALS[question.interval])
    open_bars = int(np.searchsorted(bars.start_ns, columns.close_ns))
    flow = pressure_of(bars)[:open_bars]
    counts = bars.counts[:open_bars, TRADE_COUNT].astype(np.float64)
    spot = np.where(bars.spot[:open_bars] > 0, bars.spot[:open_bars] / PRICE_SCALE, np.nan)
    back = int(signals.DIVERGENCE_S / bar_s)
    usual = _usual(columns, question, open_bars, back)
    z, robust = signals.standardised(flow, bar_s, usual and usual.hedging_pressure)
    speed = signals.smoothed(signals.velocity(flow, bar_s), bar_s)
    change = np.append(0.0, signals.acceleration(flow, bar_s)) if open_bars else flow
    pace = signals.smoothed(change, bar_s)
    burst = signals.bursts(counts, signals.usual(counts, bar_s, usual and usual.trade_count))
    spot_change = signals.change_over(spot, back)
    pressure_change = signals.change_over(cumulative[:open_bars], back)
    parted = signals.divergences(
        signals.standardised(spot_change, bar_s, usual and usual.spot_change)[0],
        signals.standardised(pressure_change, bar_s, usual and usual.pressure_change)[0],
    )
    told: list[Signals | None] = [
        Signals(
            z=views.known(z[row]),
            robust_z=views.known(robust[row]),
            velocity=float(speed[row]),
            acceleration=float(pace[row]),
            burst=bool(burst[row]),
            divergence=_DIVERGENCE.get(int(parted.direction[row])),
            strength=views.known(parted.strength[row]),
        )
        for row in range(open_bars)
    ]
    return told + [None] * (len(bars.start_ns) - open_bars)


def _usual(columns: BarColumns, question: BarsQuestion, bars: int, back: int) -> Usual | None:
    if columns.history is None:
        return None
    return columns.history.usual(bars, INTERVALS[question.interval], question.part.parts, back)


_DIVERGENCE: Final[dict[int, Literal["bullish", "bearish"]]] = {-1: "bearish", 1: "bullish"}


def stream_bars(engine: FlowEngine, since_version: int) -> list[FlowBar]:
    """Every part of the seconds that changed after a version of the state, oldest first."""
    seconds = engine.flow.seconds_changed_since(since_version)[-STREAMED_SECONDS:]
    cells, open_ns = engine.flow.store.bars, engine.session.open_ns
    rows = []
    for second, spot in zip(seconds.tolist(), _last_spots(cells.spot, seconds), strict=True):
        for (right, legs), part in PARTS.items():
            sums = cells.sums[second, part]
            rows.append(
                FlowBar(
                    t=(open_ns + second * SECOND_NS) // _MS,
                    type=right,  # type: ignore[arg-type]
                    legs=legs,
                    spot=spot,
                    volume=int(cells.counts[second, part, VOLUME]),
                    premium=int(sums[GROSS, PREMIUM]) / UNIT,
                    net_premium=int(sums[NET, PREMIUM]) / UNIT,
                    hedging_pressure=int(sums[WEIGHTED, DELTA_NOTIONAL]) / UNIT,
                    variance=int(sums[VARIANCE, DELTA_NOTIONAL])
                    * float(VARIANCE_UNIT[DELTA_NOTIONAL]),
                )
            )
    return rows


def _last_spots(spots: NDArray[np.int32], seconds: NDArray[np.intp]) -> list[float | None]:
    """The last known by each of some seconds, which rise."""
    if not len(seconds):
        return []
    known = np.flatnonzero(spots[: seconds[-1] + 1])
    last = np.searchsorted(known, seconds, side="right") - 1
    return [views.dollars(int(spots[known[one]])) if one >= 0 else None for one in last.tolist()]
