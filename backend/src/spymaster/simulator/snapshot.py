"""Snapshot rows: what the vendor says of a contract now.

Greeks are Black-Scholes on the model's own smile. By default volatility, theta and vega follow the
vendor's clock, which lets contracts expire at 00:00 UTC of the next day (20:00 EDT) instead of at
the close: the same price, spread over more time.

Source: vendor protocol, sections 3.1-3.3; analytics sheet, sections 4.5 and 4.7.
"""

import datetime as dt
import math
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from spymaster.core.sessions import eastern_ns
from spymaster.simulator.bars import DayFigures, day_figures
from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.faults import Faults
from spymaster.simulator.path import NS, YEAR_S
from spymaster.simulator.prints import Prints
from spymaster.simulator.quoting import theoretical

_DELAY_NS: Final = 15 * 60 * NS
_DEEP: Final = 0.995
"""Delta beyond which the vendor gives no greeks."""

type Row = dict[str, Any]


class Snapshot:
    """The chain of a day at one instant."""

    def __init__(
        self, day: SimulatedDay, now_ns: int, faults: Faults, *, vendor_greeks: bool
    ) -> None:
        self._day = day
        self._now_ns = now_ns
        self._faults = faults
        self._vendor_greeks = vendor_greeks
        self._prints: Prints = day.prints_until(now_ns)
        self._figures: DayFigures = day_figures(self._prints, len(day.chain))
        self._spot = day.spot(now_ns)
        self._quotes = day.quotes_at(now_ns)

    def rows(self, chosen: list[int]) -> Iterator[Row]:
        """Chain rows in the vendor's form."""
        rows = np.array(chosen, dtype=np.int32)
        deviations = self._day.deviations(self._now_ns, rows)
        for row, deviation in zip(chosen, deviations.tolist(), strict=True):
            yield self._row(row, deviation)

    def universal_row(self, row: int) -> Row:
        """A row in the universal snapshot's form."""
        out = next(self.rows([row]))
        details = out["details"]
        out["session"] = out.pop("day")
        out["details"] = {**details, "underlying_ticker": self._day.model.listing.underlying}
        out["details"].pop("ticker")
        kind = details["contract_type"]
        name = f"{self._day.model.listing.underlying} ${details['strike_price']:g} {kind}"
        session = self._day.session
        is_open = session.open_ns <= self._now_ns < session.close_ns
        return {
            **out,
            "ticker": details["ticker"],
            "name": name,
            "type": "options",
            "market_status": "open" if is_open else "closed",
        }

    def _row(self, row: int, deviation: float) -> Row:
        contract = self._day.chain.contracts[row]
        bid, ask = (int(figure) / 100 for figure in self._quotes[row, :2])
        middle = round((bid + ask) / 2, 4)
        sign = 1 if contract.right == "C" else -1
        break_even = round(contract.strike + sign * middle, 4)
        out: Row = {
            "break_even_price": break_even,
            "day": self._day_bar(row),
            "details": {
                "contract_type": "call" if contract.right == "C" else "put",
                "exercise_style": "american",
                "expiration_date": contract.expiration.isoformat(),
                "shares_per_contract": 100,
                "strike_price": _plain(contract.strike),
                "ticker": contract.ticker,
            },
            **self._greeks(row, deviation),
            "last_quote": self._last_quote(row, bid, ask, middle),
            "last_trade": self._last_trade(row),
            "open_interest": int(self._day.chain.open_interest[row]),
            "underlying_asset": self._underlying(break_even),
        }
        return {name: value for name, value in out.items() if value is not None}

    def _day_bar(self, row: int) -> Row:
        figures, session = self._figures, self._day.session
        if figures.last[row] < 0:
            return {}
        close = float(figures.close[row])
        previous = round(self._previous(row), 2)
        volume = max(int(figures.volume[row]), 1)
        return {
            "change": round(close - previous, 4),
            "change_percent": round((close / previous - 1) * 100, 4) if previous else 0.0,
            "close": close,
            "high": float(figures.high[row]),
            "last_updated": eastern_ns(session.date, dt.time(0)),
            "low": float(figures.low[row]),
            "open": float(figures.open[row]),
            "previous_close": previous,
            "volume": int(figures.volume[row]),
            "vwap": round(float(figures.notional[row]) / volume, 4),
        }

    def _previous(self, row: int) -> float:
        """What the contract was worth at the previous close: fair value before the open."""
        return max(theoretical(self._day.quote_model, row, 0), 0.01)

    def _greeks(self, row: int, deviation: float) -> Row:
        """Greeks and volatility, or neither, deep in the money."""
        contract, spot = self._day.chain.contracts[row], self._spot
        d1 = math.log(spot / contract.strike) / deviation + deviation / 2
        density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
        above = 0.5 * math.erfc(-d1 / math.sqrt(2))
        delta = above if contract.right == "C" else above - 1
        if abs(delta) > _DEEP or _share(contract.ticker) < self._faults.missing_greeks:
            return {}
        years = self._years(contract.expiration)
        vol = deviation / math.sqrt(years)
        return {
            "greeks": {
                "delta": delta,
                "gamma": density / (spot * deviation),
                "theta": -spot * density * vol / (2 * math.sqrt(years)) / 365,
                "vega": spot * density * math.sqrt(years) / 100,
            },
            "implied_volatility": vol,
        }

    def _years(self, expiration: dt.date) -> float:
        """Calendar years to expiry on the clock that the greeks follow."""
        if self._vendor_greeks:
            midnight = dt.datetime.combine(expiration, dt.time(0), dt.UTC) + dt.timedelta(days=1)
            end_ns = int(midnight.timestamp()) * NS
        elif expiration == self._day.session.date:
            end_ns = self._day.session.close_ns
        else:
            end_ns = eastern_ns(expiration, dt.time(16))
        return max((end_ns - self._now_ns) / NS, 45.0) / YEAR_S

    def _last_quote(self, row: int, bid: float, ask: float, middle: float) -> Row:
        figures = self._quotes[row].tolist()
        # Before the open the vendor still shows the last quote of the day before.
        updated = min(figures[6], self._now_ns)
        if self._now_ns < self._day.session.open_ns:
            updated = self._day.session.open_ns - 17 * 3600 * NS
        venues = {"bid_exchange": figures[4], "ask_exchange": figures[5]}
        return {
            "ask": ask,
            "ask_size": figures[3],
            "bid": bid,
            "bid_size": figures[2],
            **{name: venue for name, venue in venues.items() if venue},
            "last_updated": updated,
            "midpoint": middle,
            "timeframe": "REAL-TIME",
        }

    def _last_trade(self, row: int) -> Row | None:
        place = int(self._figures.last[row])
        if place < 0:
            return None
        prints = self._prints
        return {
            "conditions": [int(prints.condition[place])],
            "exchange": int(prints.exchange[place]),
            "price": int(prints.price[place]) / 100,
            "sip_timestamp": int(prints.ts[place]),
            "size": int(prints.size[place]),
            "timeframe": "REAL-TIME",
        }

    def _underlying(self, break_even: float) -> Row:
        out: Row = {"ticker": self._day.model.listing.underlying}
        if self._faults.underlying_price == "absent":
            return out
        delayed = self._faults.underlying_price == "delayed"
        at_ns = self._now_ns - _DELAY_NS if delayed else self._now_ns
        price = round(self._day.spot(at_ns), 2)
        return {
            "change_to_break_even": round(break_even - price, 4),
            "last_updated": at_ns,
            "price": price,
            **out,
            "timeframe": "DELAYED" if delayed else "REAL-TIME",
        }


def _plain(value: float) -> float | int:
    """A whole number without a fraction, as the vendor writes strikes."""
    return int(value) if value == int(value) else value


def _share(text: str) -> float:
    """A number from 0 to 1 that belongs to a text."""
    return zlib.crc32(text.encode()) / 2**32
