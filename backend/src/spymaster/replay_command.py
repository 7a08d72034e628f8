"""``spymaster replay``: a stored day through the engine, and its totals as a table."""

import asyncio

from rich.table import Table

from spymaster.core.clock import SystemClock
from spymaster.core.day_events import DayEvents
from spymaster.core.errors import DataError
from spymaster.core.sessions import Session
from spymaster.day_sources import bring_missing_day
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.replay_engine import ReplayEngine, ReplayHealth
from spymaster.gateway import views
from spymaster.gateway.wire import ContractRow
from spymaster.session_rules import engine_for_replay
from spymaster.settings import Settings
from spymaster.storage.day_files import DayFiles
from spymaster.storage.memory import give_back
from spymaster.storage.recorded_day import load_recorded, recording_to_replay


async def play(
    settings: Settings, session: Session, start_ns: int = 0, end_ns: int | None = None
) -> FlowEngine:
    """Replay the events of ``[start_ns, end_ns)`` of a day, from the open at the earliest.

    A day that is not on the disk is looked up in S3, where one is set.

    Raises:
        DataError: The day is not stored, or its files are broken.
    """
    clock = SystemClock()
    start_ns = max(start_ns, session.open_ns)
    await bring_missing_day(settings, session)
    recording = recording_to_replay(settings.data_dir, session.date, settings.underlying)
    if start_ns > session.open_ns or end_ns is not None:
        recording = None  # a recording is played whole or not at all
    engine = await asyncio.to_thread(
        engine_for_replay, settings, session, settings.strike_span, recorded=recording is not None
    )
    if recording:
        events, others = await asyncio.to_thread(load_recorded, recording, engine.flow.memory)
    else:
        files = DayFiles(settings.data_dir, session.date)
        if start_ns > session.open_ns or end_ns is not None:
            part = await asyncio.to_thread(files.load, engine.table, start_ns, end_ns)
            events = DayEvents.of(part)
        else:
            events = await asyncio.to_thread(files.events, engine.table, start_ns)
        others = ()
    if not recording and not len(engine.table):
        raise DataError(
            f"{session.date} is stored, but holds no {settings.underlying} contract of that day; "
            "set UNDERLYING to what it holds"
        )
    health = ReplayHealth(since_ns=clock.now_ns())
    replay = ReplayEngine(
        engine,
        events,
        clock,
        settings.replay_speed,
        health,
        start_ns,
        give_back=lambda: asyncio.to_thread(give_back),
        others=others,
    )
    await replay.run()
    return engine


def totals_table(engine: FlowEngine) -> Table:
    """The day so far in every contract that traded, with the sums beneath."""
    rows = views.contract_rows(engine, -1)
    traded = {ticker: row for ticker, row in rows.items() if row.trade_count}
    table = Table(
        title=f"{engine.table.underlying} {engine.session.date}",
        caption=(
            "flows are the customer's: shares, and shares per $1; blank where no greeks are known"
        ),
        show_footer=True,
    )
    counted = [row.trade_count for row in traded.values()]
    volume = sum(row.cumulative_volume for row in traded.values())
    premium = sum(row.cumulative_premium for row in traded.values())
    footers = {
        "contract": f"{len(traded)} contracts",
        "prints": f"{sum(counted):,}",
        "volume": f"{volume:,}",
        "premium $": f"{premium:,.0f}",
        "bought": f"{sum(row.buy_volume for row in traded.values()):,}",
        "sold": f"{sum(row.sell_volume for row in traded.values()):,}",
        "last $": "",
        "Δ flow": "",
        "γ flow": "",
    }
    for name, footer in footers.items():
        table.add_column(
            name, footer, justify="left" if name == "contract" else "right", no_wrap=True
        )
    for ticker, row in sorted(traded.items(), key=lambda item: _strike_order(item[1])):
        table.add_row(ticker, *_cells(row))
    return table


def _strike_order(row: ContractRow) -> tuple[float, str]:
    return row.strike_price, row.type


def _cells(row: ContractRow) -> list[str]:
    return [
        f"{row.trade_count:,}",
        f"{row.cumulative_volume:,}",
        f"{row.cumulative_premium:,.0f}",
        f"{row.buy_volume:,}",
        f"{row.sell_volume:,}",
        _number(row.last_price, 2),
        _number(row.net_delta_flow, 0),
        _number(row.net_gamma_flow, 0),
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
