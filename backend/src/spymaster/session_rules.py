"""What a session is signed by and held against, as the settings and the stored days have it."""

import datetime as dt

from spymaster.core.inputs import Rules, Span
from spymaster.core.sessions import Session
from spymaster.engine.flow_engine import FlowEngine
from spymaster.settings import Settings
from spymaster.storage.flow_files import FlowFiles
from spymaster.storage.quote_lag import calibrated_lag_ms
from spymaster.storage.scratch import ScratchMemory


def session_rules(settings: Settings, date: dt.date) -> Rules:
    """The rules for a session of that date. May read files: call it off the event loop."""
    lag_ms = settings.quote_lag_ms
    if lag_ms == "auto":
        lag_ms = calibrated_lag_ms(settings.data_dir, settings.underlying, date)
    return Rules(settings.greeks_source, settings.trade_size_rule, lag_ms)


def flow_files(settings: Settings, span: Span, *, simulated: bool) -> FlowFiles:
    """Where the flow of sessions like this one is kept."""
    return FlowFiles(settings.data_dir, settings.underlying, span, simulated)


def engine_for_replay(
    settings: Settings, session: Session, span: Span, *, recorded: bool
) -> FlowEngine:
    """An empty engine for a stored day. May read files: call it off the event loop.

    A recording has quotes of what was inside the window; a fetched day has them throughout.
    """
    rules = session_rules(settings, session.date)
    return FlowEngine(
        session,
        settings.underlying,
        span,
        quotes_follow_window=recorded,
        greeks_source=rules.greeks_source,
        trade_size_rule=rules.trade_size,
        quote_lag_ms=rules.quote_lag_ms,
        memory=ScratchMemory(settings.data_dir),
    )
