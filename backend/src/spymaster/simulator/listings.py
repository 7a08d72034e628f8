"""Which contracts the reference endpoint lists: those of the sessions around a date."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from spymaster.core.contracts import OptionContract
from spymaster.core.errors import CalendarError
from spymaster.core.sessions import eastern
from spymaster.simulator.chain import NEXT_EXPIRY_EACH_SIDE
from spymaster.simulator.day import SimulatedMarket
from spymaster.simulator.paging import Query, read_date

_EXPIRED_SESSIONS: Final = 5

type Key = Callable[[OptionContract], Any]
_SORTS: Final[dict[str, Key]] = {
    "ticker": lambda contract: contract.ticker,
    "underlying_ticker": lambda contract: (contract.root, contract.ticker),
    "expiration_date": lambda contract: (contract.expiration, contract.ticker),
    "strike_price": lambda contract: (contract.strike_mills, contract.ticker),
}


def listed_contracts(market: SimulatedMarket, query: Query, now_ns: int) -> list[OptionContract]:
    """Contracts that fit a request, in its order.

    As of a date, that session's chain and the near strikes of the next one are listed. With
    ``expired``, chains of earlier sessions are: the latest few, or those that the filter names.
    """
    order = query.choice("order", ("asc", "desc"), "asc")
    sort = query.choice("sort", tuple(_SORTS), "ticker")
    model = market.model
    if query.values.get("underlying_ticker", model.listing.underlying) != model.listing.underlying:
        return []
    as_of = eastern(now_ns).date()
    if "as_of" in query.values:
        as_of = read_date("as_of", query.values["as_of"])
    first, last = query.date_range("expiration_date")
    low, high = query.number_range("strike_price")
    right = query.choice("contract_type", ("call", "put", ""), "")
    found = [
        contract
        for date, span in _expirations(market, as_of, first, last, expired=query.flag("expired"))
        if first <= date <= last
        for contract in model.listing.contracts(date, model.seed, span)
        if low <= contract.strike <= high
        and right in {"", "call" if contract.right == "C" else "put"}
        and query.values.get("ticker", contract.ticker) == contract.ticker
    ]
    found.sort(key=_SORTS[sort], reverse=order == "desc")
    return found


def _expirations(
    market: SimulatedMarket, as_of: dt.date, first: dt.date, last: dt.date, *, expired: bool
) -> list[tuple[dt.date, int | None]]:
    """Expiration dates, with the span of strikes listed for each."""
    calendar = market.calendar
    try:
        if not expired:
            today = as_of if calendar.is_session(as_of) else calendar.following(as_of).date
            later = calendar.following(today).date
            return [(today, None), (later, NEXT_EXPIRY_EACH_SIDE)]
        date = min(last, as_of - dt.timedelta(days=1)) + dt.timedelta(days=1)
        dates = []
        for _ in range(_EXPIRED_SESSIONS):
            date = calendar.preceding(date).date
            if date < first:
                break
            dates.append(date)
    except CalendarError:
        return []
    return [(date, None) for date in dates]
