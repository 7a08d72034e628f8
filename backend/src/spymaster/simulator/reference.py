"""Reference data: contracts, conditions, exchanges and market status, in the vendor's form.

Source: vendor protocol, sections 3.7-3.10 and 5.
"""

import datetime as dt
from typing import Any, Final

from spymaster.core.conditions import NAMES
from spymaster.core.contracts import OptionContract
from spymaster.core.sessions import NEW_YORK, Session, SessionCalendar, eastern
from spymaster.simulator.venues import REPORTING_AUTHORITY, VENUES

type Row = dict[str, Any]

CONDITION_NAMES: Final = {
    201: "Canceled", 202: "Late and Out Of Sequence", 203: "Last and Canceled", 204: "Late",
    205: "Opening Trade and Canceled", 206: "Opening Trade, Late, and Out Of Sequence",
    207: "Only Trade and Canceled", 208: "Opening Trade and Late", 209: "Automatic Execution",
    210: "Reopening Trade", 219: "Intermarket Sweep Order", 227: "Single Leg Auction Non ISO",
    228: "Single Leg Auction ISO", 229: "Single Leg Cross Non ISO", 230: "Single Leg Cross ISO",
    231: "Single Leg Floor Trade", 232: "Multi Leg auto-electronic trade",
    233: "Multi Leg Auction", 234: "Multi Leg Cross", 235: "Multi Leg floor trade",
    236: "Multi Leg auto-electronic trade against single leg(s)", 237: "Stock Options Auction",
    238: "Multi Leg Auction against single leg(s)",
    239: "Multi Leg floor trade against single leg(s)",
    240: "Stock Options auto-electronic trade", 241: "Stock Options Cross",
    242: "Stock Options floor trade",
    243: "Stock Options auto-electronic trade against single leg(s)",
    244: "Stock Options Auction against single leg(s)",
    245: "Stock Options floor trade against single leg(s)",
    246: "Multi Leg Floor Trade of Proprietary Products",
    247: "Multilateral Compression Trade of Proprietary Products", 248: "Extended Hours Trade",
}  # fmt: skip
"""The vendor's name of each condition id."""


def contract_row(contract: OptionContract, underlying: str) -> Row:
    """A contract of the reference endpoints."""
    strike = contract.strike
    return {
        "cfi": "OCASPS" if contract.right == "C" else "OPASPS",
        "contract_type": "call" if contract.right == "C" else "put",
        "exercise_style": "american",
        "expiration_date": contract.expiration.isoformat(),
        "primary_exchange": "BATO",
        "shares_per_contract": 100,
        "strike_price": int(strike) if strike == int(strike) else strike,
        "ticker": contract.ticker,
        "underlying_ticker": underlying,
    }


def condition_rows() -> list[Row]:
    """Trade conditions of options."""
    return [
        {
            "id": number,
            "type": "sale_condition",
            "name": CONDITION_NAMES[number],
            "asset_class": "options",
            "sip_mapping": {"OPRA": _letter(number)},
            "data_types": ["trade"],
            "abbreviation": short,
        }
        for number, short in NAMES.items()
    ]


def _letter(condition: int) -> str:
    """OPRA letter: A is 201, a is 227."""
    return chr(ord("A") + condition - 201) if condition <= 226 else chr(ord("a") + condition - 227)


def exchange_rows() -> list[Row]:
    """Options exchanges, and the authority that reports for them."""
    rows = []
    for venue in sorted((*VENUES, REPORTING_AUTHORITY), key=lambda one: one.id):
        row: Row = {
            "id": venue.id,
            "type": "SIP" if venue is REPORTING_AUTHORITY else "exchange",
            "asset_class": "options",
            "locale": "us",
            "name": venue.name,
            "participant_id": venue.letter,
        }
        if venue.mic is not None:
            row |= {"mic": venue.mic, "operating_mic": venue.mic}
        rows.append(row)
    return rows


def market_status(calendar: SessionCalendar, now_ns: int) -> Row:
    """``/v1/marketstatus/now``; it speaks of shares, so it is extended-hours after 16:00."""
    now = eastern(now_ns).replace(microsecond=0)
    session = calendar.session(now.date()) if calendar.is_session(now.date()) else None
    early = session is not None and dt.time(4) <= now.time() and now_ns < session.open_ns
    late = session is not None and now_ns >= session.close_ns and now.time() < dt.time(20)
    opened = session is not None and session.open_ns <= now_ns < session.close_ns
    state = "open" if opened else "extended-hours" if early or late else "closed"
    return {
        "market": state,
        "earlyHours": early,
        "afterHours": late,
        "serverTime": now.isoformat(),
        "exchanges": {"nyse": state, "nasdaq": state, "otc": state},
        "currencies": {"fx": "open", "crypto": "open"},
    }


def upcoming_holidays(calendar: SessionCalendar, now_ns: int) -> list[Row]:
    """``/v1/marketstatus/upcoming``: shut weekdays and early closes of the coming year."""
    today = eastern(now_ns).date()
    rows: list[Row] = []
    for ahead in range(1, 330):
        date = today + dt.timedelta(days=ahead)
        if date.weekday() >= 5:
            continue
        if not calendar.is_session(date):
            rows += _holiday(date, None)
            continue
        session = calendar.session(date)
        if eastern(session.close_ns).time() < dt.time(16):
            rows += _holiday(date, session)
    return rows


def _holiday(date: dt.date, session: Session | None) -> list[Row]:
    row: Row = {"date": date.isoformat(), "name": "Exchange Holiday", "status": "closed"}
    if session is not None:
        row |= {"status": "early-close", "open": _iso(session.open_ns)}
        row["close"] = _iso(session.close_ns)
    return [{**row, "exchange": exchange} for exchange in ("NYSE", "NASDAQ")]


def _iso(at_ns: int) -> str:
    instant = dt.datetime.fromtimestamp(at_ns // 1_000_000_000, NEW_YORK).astimezone(dt.UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.000Z"
