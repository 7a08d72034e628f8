"""``make bench``: one table of our speed against named references, measured in one run.

Ours and its references alternate, and each figure is the median of several rounds, so that what
else the machine does falls on both. The machine cancels in the ratios.
"""

import gc
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

# First, as in the product: it says how Arrow takes memory.
import spymaster  # noqa: F401

# isort: split
import broadcast_path
import chain_path
import day_path
import fetch_path
import latency_path
import live_path
import memory_path
import page_path
import recording_path
import replay_path
import scaling_path
import side_path
import simulated_day
from rich.console import Console
from rich.table import Table

from spymaster.kept_code import forget_stale
from spymaster.storage.memory import keep_for_reuse

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One measured line."""

    name: str
    unit: str
    items: int
    ours: Callable[[], None]
    reference_name: str
    reference: Callable[[], None]
    target: float | None
    """Least ratio of our rate to the reference's; None where none is set."""
    rounds: int = ROUNDS


def main() -> None:
    forget_stale()
    keep_for_reuse()  # as the product does
    folder = simulated_day.folder()
    _print_figures(
        [
            *live_path.figures(Figure),
            *side_path.figures(Figure),
            *chain_path.figures(Figure),
            *day_path.figures(Figure, folder),
            *replay_path.figures(Figure, folder),
        ]
    )
    readings = Table("reading", "value", "target")
    for reading in (
        *day_path.seeks(folder),
        *memory_path.readings(folder),
        *replay_path.readings(folder),
        *fetch_path.readings(),
        *recording_path.readings(),
        *broadcast_path.readings(),
        *scaling_path.readings(),
        *latency_path.readings(),
        *page_path.readings(folder),
    ):
        readings.add_row(*reading)
    Console(width=130).print(readings)


def _print_figures(figures: list[Figure]) -> None:
    table = Table(title=f"SPYMASTER on {platform.machine()}, Python {platform.python_version()}")
    for name in ("figure", "ours", "reference", "its rate", "ratio", "target", "met"):
        table.add_column(name, justify="left" if name in ("figure", "reference") else "right")
    for figure in figures:
        ours, reference = _alternate(figure)
        ratio = ours / reference
        table.add_row(
            figure.name,
            _rate(ours, figure.unit),
            figure.reference_name,
            _rate(reference, figure.unit),
            f"{ratio:.2f}",
            "" if figure.target is None else f"{figure.target:.2f}",
            "" if figure.target is None else "yes" if ratio >= figure.target else "no",
        )
    Console(width=150).print(table)


def _alternate(figure: Figure) -> tuple[float, float]:
    """Median rates, items a second, of ours and of the reference."""
    if figure.rounds > 1:
        figure.ours()
        figure.reference()
    gc.collect()
    gc.freeze()  # as the product does once compiled code is loaded; spares the reference as well
    ours, reference = [], []
    for _ in range(figure.rounds):
        ours.append(figure.items / _seconds(figure.ours))
        reference.append(figure.items / _seconds(figure.reference))
    return statistics.median(ours), statistics.median(reference)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _rate(items_a_second: float, unit: str) -> str:
    return f"{items_a_second / 1e6:.2f} M {unit}/s, {1e9 / items_a_second:,.0f} ns"


if __name__ == "__main__":
    main()
