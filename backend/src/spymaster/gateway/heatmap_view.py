"""Strike by time: flow in each cell, or exposure at each column's end, as a wire message."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.exposure import exposure_by_strike
from spymaster.engine.chain_history import INTERVAL_NS
from spymaster.engine.measures import years_left
from spymaster.engine.traded import flow_cells
from spymaster.gateway.chain_view import MS, ChainView, Column, Strikes
from spymaster.gateway.exposure_path import Assumption
from spymaster.gateway.wire_chain import HeatmapReply, Lens

MAX_COLUMNS: Final = 1_200
"""A heatmap has at most so many; earlier ones are left out."""
_NS = 1_000_000_000
_UNITS: Final[dict[Lens, str]] = {
    "delta": "shares",
    "premium": "$",
    "gamma": "$ per 1 %",
    "charm": "$ per hour",
}


def heatmap_reply(
    view: ChainView, lens: Lens, assumption: Assumption, interval_s: int, since_ns: int
) -> HeatmapReply:
    """Strike by time up to the view's moment; strikes that are blank throughout are left out.

    Delta (by weight) and premium are of the prints in each column, gamma and charm are the
    dealers' GEX and CHEX at its end.
    """
    starts = _column_starts(view, interval_s, since_ns)
    ends = np.minimum(starts + interval_s * _NS, view.until_ns)
    strikes = Strikes(view)
    samples = view.samples
    at_end = _fresh_samples(samples.ts, starts, ends)
    spot = np.full(len(ends), math.nan)
    spot[at_end >= 0] = samples.spot[at_end[at_end >= 0]]
    if not len(starts):
        values = np.empty((0, len(strikes.strike)))
    elif lens in ("delta", "premium"):
        values = _flow(view, strikes, lens, starts, interval_s * _NS)
    else:
        values = _exposure(view, strikes, lens, assumption, ends, at_end)
    inside = np.isin(strikes.strike, view.window)
    shown = inside | ((values != 0) & ~np.isnan(values)).any(axis=0)
    return HeatmapReply(
        lens=lens,
        unit=_UNITS[lens],
        interval_s=interval_s,
        t=(starts // MS).tolist(),
        spot=_nullable(np.round(spot, 4)),
        strikes=strikes.strike[shown].tolist(),
        values=[_nullable(row) for row in np.round(values[:, shown], 2)],
    )


def _column_starts(view: ChainView, interval_s: int, since_ns: int) -> NDArray[np.int64]:
    """First instants, aligned to the open, of the columns that a heatmap has."""
    open_ns, step = view.session.open_ns, interval_s * _NS
    count = max(0, -(-(view.until_ns - open_ns) // step))
    first = max((since_ns - open_ns) // step, count - MAX_COLUMNS, 0)
    return open_ns + step * np.arange(first, count, dtype=np.int64)


def _fresh_samples(
    ts: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.intp]:
    """The last sample before each column's end; -1 where it is of long before the column."""
    places = np.searchsorted(ts, ends, side="left") - 1
    fresh = (places >= 0) & (np.append(ts, 0)[places] >= starts - INTERVAL_NS)
    return np.where(fresh, places, -1)


def _flow(
    view: ChainView, strikes: Strikes, lens: Lens, starts: NDArray[np.int64], step_ns: int
) -> Column:
    """What was printed in each column at each strike."""
    return flow_cells(
        view.prints,
        strikes.place,
        view.multiplier,
        (len(starts), len(strikes.strike)),
        "premium" if lens == "premium" else "delta",
        start_ns=int(starts[0]),
        step_ns=step_ns,
        until_ns=view.until_ns,
    )


def _exposure(
    view: ChainView,
    strikes: Strikes,
    lens: Lens,
    assumption: Assumption,
    ends: NDArray[np.int64],
    at_end: NDArray[np.intp],
) -> Column:
    """GEX or CHEX by strike from the last sample before each column's end."""
    samples = view.samples
    told = np.flatnonzero(at_end >= 0)
    places = at_end[told]
    customers = view.traded(ends).customers[told]
    held = np.broadcast_to(assumption.positions(view, customers), customers.shape)
    years = np.array([years_left(view.session.close_ns, ts) for ts in samples.ts[places]])
    volatility = np.full(customers.shape, math.nan)
    known = samples.volatility.shape[1]
    volatility[:, :known] = samples.volatility[places]
    cells = np.full((len(ends), len(strikes.strike)), math.nan)
    cells[told] = exposure_by_strike(
        lens == "charm", samples.spot[places], years, view.strike, strikes.place,
        volatility, held * view.multiplier, len(strikes.strike),
    )  # fmt: skip
    return cells


def _nullable(values: Column) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN
