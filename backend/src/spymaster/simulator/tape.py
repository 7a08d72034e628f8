"""Trades and quotes of one contract over the days it trades, as REST asks for them."""

import datetime as dt
from typing import Any, Final

import numpy as np

from spymaster.core.contracts import OptionContract, parse_ticker
from spymaster.core.errors import CalendarError, ContractError
from spymaster.core.sessions import eastern
from spymaster.simulator.day import SimulatedDay, SimulatedMarket
from spymaster.simulator.faults import Faults
from spymaster.simulator.prints import Prints
from spymaster.simulator.quoting import Quotes

type Row = dict[str, Any]

_QUOTE_COLUMNS: Final = (
    *("bid_price", "ask_price", "bid_size", "ask_size", "bid_exchange", "ask_exchange"),
    "sequence_number",
)


class Tape:
    """Looks up what a contract did, never past ``now_ns``."""

    def __init__(self, market: SimulatedMarket, now_ns: int) -> None:
        self._market = market
        self._now_ns = now_ns

    def contract(self, ticker: str) -> OptionContract | None:
        """The contract of a ticker, or None if none such is ever listed."""
        try:
            contract = parse_ticker(ticker)
            listed = self._market.calendar.is_session(contract.expiration)
        except (ContractError, CalendarError):
            return None
        model = self._market.model
        if listed and contract in model.listing.contracts(contract.expiration, model.seed):
            return contract
        return None

    def trades(self, ticker: str, start_ns: int, end_ns: int) -> Prints | None:
        """Prints with ``start_ns <= ts < end_ns``, oldest first; None if it never traded."""
        parts = []
        for day, row in self._days(ticker, start_ns, end_ns):
            start = max(start_ns, day.session.open_ns)
            parts.append(day.prints_of(row, start, min(end_ns, self._now_ns)))
        return Prints.concat(parts) if parts else None

    def quotes(self, ticker: str, start_ns: int, end_ns: int) -> list[Quotes]:
        """Quotes of each day, oldest first."""
        return [
            day.quotes_between(start_ns, min(end_ns, self._now_ns), np.array([row], np.int32))
            for day, row in self._days(ticker, start_ns, end_ns)
        ]

    def _days(self, ticker: str, start_ns: int, end_ns: int) -> list[tuple[SimulatedDay, int]]:
        """Days on which a contract trades inside the bounds, with its row."""
        contract = self.contract(ticker)
        if contract is None:
            return []
        expiration = contract.expiration
        dates = [self._market.calendar.preceding(expiration).date, expiration]
        found = []
        for date in dates:
            if not self._overlaps(date, start_ns, min(end_ns, self._now_ns)):
                continue
            day = self._market.day(date)
            row = day.chain.rows.get(ticker)
            if row is not None:
                found.append((day, row))
        return found

    def _overlaps(self, date: dt.date, start_ns: int, end_ns: int) -> bool:
        if start_ns >= end_ns or eastern(max(end_ns, 0)).date() < date:
            return False
        session = self._market.calendar.session(date)
        return session.open_ns < end_ns and start_ns < session.end_ns


def trade_rows(prints: Prints, faults: Faults) -> list[Row]:
    """Prints of one contract in the form of ``/v3/trades``."""
    columns = (
        *(prints.condition.tolist(), prints.exchange.tolist(), (prints.price / 100).tolist()),
        *(prints.sequence.tolist(), prints.ts.tolist(), prints.size.tolist()),
    )
    rows = []
    for condition, exchange, price, sequence, ts, size in zip(*columns, strict=True):
        told, venue = faults.as_shown(condition, exchange, sequence)
        rows.append(
            ({} if told is None else {"conditions": [told]})
            | {
                "exchange": venue,
                "participant_timestamp": ts,
                "price": price,
                "sequence_number": sequence,
                "sip_timestamp": ts,
                "size": size,
            }
        )
    return rows


def quote_rows(quotes: Quotes, places: np.ndarray[Any, np.dtype[np.int64]]) -> list[Row]:
    """Some quotes of one contract in the form of ``/v3/quotes``; a missing side is zeros."""
    columns = (
        *((quotes.bid[places] / 100).tolist(), (quotes.ask[places] / 100).tolist()),
        *(quotes.bid_size[places].tolist(), quotes.ask_size[places].tolist()),
        *(quotes.bid_exchange[places].tolist(), quotes.ask_exchange[places].tolist()),
        *(quotes.sequence[places].tolist(), quotes.ts[places].tolist()),
    )
    names = (*_QUOTE_COLUMNS, "sip_timestamp")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
