"""``spymaster score``: a simulated day against its own truth, as tables or JSON."""

import datetime as dt
from collections.abc import Iterable

from rich.console import Group
from rich.progress import track
from rich.table import Table
from rich.text import Text

from spymaster.console import errors
from spymaster.core.clock import SystemClock
from spymaster.core.errors import SpymasterError
from spymaster.core.sessions import default_calendar
from spymaster.scorecard.figures import Errors, PlanScore, Scorecard, Signing
from spymaster.scorecard.play import play, seconds_of
from spymaster.scorecard.score import PLANS, score
from spymaster.settings import Settings
from spymaster.simulator.day import MarketModel, SimulatedMarket


def run(settings: Settings, seed: int, date: dt.date | None, minutes: int | None) -> Scorecard:
    """Play the day of a seed and date, or its first minutes, as fast as it goes, and score it.

    Args:
        settings: `greeks_interval_s` is what counts.
        seed: Makes the day.
        date: None for today's session, or the next one.
        minutes: None for all of it.

    Raises:
        SpymasterError: A number is out of range, or the exchange is shut on that date.
    """
    if seed < 0:
        raise SpymasterError(f"--seed {seed} is below 0; give a whole number from 0")
    if minutes is not None and minutes < 1:
        raise SpymasterError(f"--minutes {minutes} is no stretch; give at least 1")
    calendar = default_calendar()
    market = SimulatedMarket(MarketModel(seed=seed), calendar)
    day = market.day(date or calendar.current(SystemClock().now_ns()).date)
    seconds = track(
        seconds_of(day, minutes),
        "Playing",
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    return score(play(day, PLANS, seconds, settings.greeks_interval_s))


def report(card: Scorecard) -> Group:
    """Everything for a person, top to bottom."""
    head = (
        f"Simulated day {card.date}, seed {card.seed}: {card.market_seconds / 60:,.0f} minutes, "
        f"{card.prints:,} prints, {card.volume:,} contracts, ${card.premium:,.0f} premium"
    )
    # Whose greeks are used changes no side where there are quotes: one table is enough.
    signed = [plan for plan in card.plans if plan.greeks_source == "model"]
    return Group(
        Text(head, style="bold"),
        *(_signing_table(f"Sides: {plan.plan}", plan.signing) for plan in signed),
        _signing_table("Published rules alone, single-leg prints", card.published),
        _errors_table(card.plans),
        _flow_table(card.plans),
        Text(card.notes),
    )


def _signing_table(title: str, lines: Iterable[Signing]) -> Table:
    table = _table(
        title,
        *("prints", "share", "premium", "signed", "right", "95 % interval"),
        *("by premium", "coin for rest", "claimed"),
    )
    for line in lines:
        low, high = _percent(line.right_low), _percent(line.right_high)
        table.add_row(
            line.name,
            f"{line.prints:,}",
            _percent(line.share),
            _percent(line.premium_share),
            f"{line.signed:,}",
            _percent(line.right),
            f"{low} to {high}" if low else "",
            _percent(line.right_by_premium),
            _percent(line.right_of_all),
            _percent(line.claimed),
        )
    return table


def _errors_table(plans: Iterable[PlanScore]) -> Table:
    table = _table(
        "Spot by parity and greeks at prints", "count", "missing", "median", "p99", "largest"
    )
    for plan in plans:
        if plan.trade_size_rule:
            continue  # moves neither spot nor greeks
        _add_errors(table, f"{plan.plan}: spot by the second, cents", plan.parity_cents, 2)
        _add_errors(table, f"{plan.plan}: spot at prints, cents", plan.spot_cents, 2)
        _add_errors(table, f"{plan.plan}: delta", plan.delta, 4)
        _add_errors(table, f"{plan.plan}: gamma, %", plan.gamma_percent, 2)
    return table


def _add_errors(table: Table, name: str, line: Errors, digits: int) -> None:
    figures = (line.median, line.p99, line.largest)
    shown = ["" if figure is None else f"{figure:.{digits}f}" for figure in figures]
    table.add_row(name, f"{line.count:,}", f"{line.missing:,}", *shown)


def _flow_table(plans: Iterable[PlanScore]) -> Table:
    table = _table(
        "Hedging pressure, cumulative",
        *("ours $m", "true $m", "gross $m", "end error", "RMS error", "in 2 SE", "corr."),
    )
    for plan in plans:
        for line in plan.flow:
            table.add_row(
                f"{plan.plan}: {line.name}",
                f"{line.end / 1e6:,.1f}",
                f"{line.true_end / 1e6:,.1f}",
                f"{line.gross / 1e6:,.0f}",
                _percent(line.end_error, 2),
                _percent(line.rms_error, 2),
                _percent(line.covered),
                "" if line.correlation is None else f"{line.correlation:.2f}",
            )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _percent(share: float | None, digits: int = 1) -> str:
    return "" if share is None else f"{share * 100:.{digits}f} %"
