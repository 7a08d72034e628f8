"""Day figures and bars from prints.

A bar exists only where a qualifying trade fell: cancels, late prints and what they took back do not
move its prices. Volume of the day leaves out what was cancelled.

Source: vendor protocol, sections 1.5 (A, AM), 3.1 (``day``) and 3.11.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Floats, Ints
from spymaster.core.conditions import CANCEL, LATE
from spymaster.simulator.path import NS
from spymaster.simulator.prints import Prints

_CANCELS: Final = np.array(sorted(CANCEL))
_UNPRICED: Final = np.array(sorted(CANCEL | LATE))


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Figures of each chain row over some prints; prices in dollars, 0 where nothing traded."""

    volume: Ints
    """Contracts, cancelled ones taken back."""
    prints: Ints
    """Trades, cancelled ones taken back."""
    notional: Floats
    """Dollars a share times contracts."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    last: NDArray[np.int64]
    """Place of the last priced print, -1 where there is none."""


def day_figures(prints: Prints, rows: int) -> DayFigures:
    """Sum up prints by chain row."""
    cancel = np.isin(prints.condition, _CANCELS)
    sign = np.where(cancel, -1, 1)
    signed = sign * prints.size
    price = prints.price / 100
    priced = np.flatnonzero(~np.isin(prints.condition, _UNPRICED))
    row, good = prints.row[priced], price[priced]
    first, last = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64)
    last[row] = priced
    first[row[::-1]] = priced[::-1]
    high, low = np.zeros(rows), np.full(rows, np.inf)
    np.maximum.at(high, row, good)
    np.minimum.at(low, row, good)
    traded = last >= 0
    return DayFigures(
        volume=np.bincount(prints.row, signed, rows).astype(np.int64),
        prints=np.bincount(prints.row, sign, rows).astype(np.int64),
        notional=np.bincount(prints.row, signed * price, rows),
        open=np.where(traded, price[first] if len(price) else 0.0, 0.0),
        high=high,
        low=np.where(traded, low, 0.0),
        close=np.where(traded, price[last] if len(price) else 0.0, 0.0),
        last=last,
    )


class BarMaker:
    """Turns the flow of prints into bars of the stream, window by window.

    Feed it every print of the day in order, then ask for the bars of each window that has ended.
    """

    def __init__(self, tickers: tuple[str, ...], so_far: Prints) -> None:
        self._tickers = tickers
        figures = day_figures(so_far, len(tickers))
        self._volume = figures.volume.astype(np.float64)
        self._notional = figures.notional.copy()
        self._open = figures.open.copy()

    def add(self, prints: Prints) -> None:
        """Count prints into the day."""
        figures = day_figures(prints, len(self._tickers))
        self._volume += figures.volume
        self._notional += figures.notional
        self._open = np.where(self._open == 0, figures.open, self._open)

    def bars(
        self, prints: Prints, start_ns: int, end_ns: int, wanted: NDArray[np.bool_]
    ) -> list[dict[str, float]]:
        """Bars of one window; ``prints`` are those of the window, already added."""
        figures = day_figures(prints, len(self._tickers))
        out: list[dict[str, float]] = []
        for row in np.flatnonzero(wanted & (figures.last >= 0) & (figures.volume > 0)).tolist():
            volume, count = int(figures.volume[row]), max(int(figures.prints[row]), 1)
            day_volume = max(self._volume[row], 1.0)
            out.append(
                {
                    "sym": self._tickers[row],  # type: ignore[dict-item]
                    "v": volume,
                    "av": int(self._volume[row]),
                    "op": float(self._open[row]),
                    "vw": round(float(figures.notional[row]) / volume, 4),
                    "o": float(figures.open[row]),
                    "c": float(figures.close[row]),
                    "h": float(figures.high[row]),
                    "l": float(figures.low[row]),
                    "a": round(float(self._notional[row] / day_volume), 4),
                    "z": volume // count,
                    "s": start_ns // 1_000_000,
                    "e": end_ns // 1_000_000,
                }
            )
        return out


def aggregate(prints: Prints, width_ns: int) -> list[dict[str, float]]:
    """REST bars of one contract's prints, oldest first."""
    good = prints.take(~np.isin(prints.condition, _UNPRICED))
    if not len(good):
        return []
    start = good.ts // width_ns * width_ns
    edges = np.flatnonzero(np.diff(start, prepend=-1))
    price = good.price / 100
    out: list[dict[str, float]] = []
    for low, high in zip(edges.tolist(), [*edges[1:].tolist(), len(good)], strict=True):
        volume = int(good.size[low:high].sum())
        notional = float((good.size[low:high] * price[low:high]).sum())
        out.append(
            {
                "v": volume,
                "vw": round(notional / volume, 4),
                "o": float(price[low]),
                "c": float(price[high - 1]),
                "h": float(price[low:high].max()),
                "l": float(price[low:high].min()),
                "t": int(start[low]) // 1_000_000,
                "n": high - low,
            }
        )
    return out


MINUTE_NS: Final = 60 * NS
