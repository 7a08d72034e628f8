"""What the vendor would never tell: true spot and sides, the market's clock, the fault switches.

Served on an address of its own, so that no client of the vendor's protocol finds it by accident.
"""

from typing import Any

import msgspec
import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from spymaster.core.errors import SettingsError
from spymaster.simulator.bars import day_figures
from spymaster.simulator.clock import MarketClock
from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.faults import Faults
from spymaster.simulator.stream import Stream


class TruthRoutes:
    """GET /spot /prints /totals /clock /faults, POST /faults /clock."""

    def __init__(
        self, day: SimulatedDay, clock: MarketClock, faults: Faults, stream: Stream
    ) -> None:
        self._day = day
        self._clock = clock
        self._faults = faults
        self._stream = stream

    def app(self) -> web.Application:
        """The application."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/spot", self.spot),
                web.get("/prints", self.prints),
                web.get("/totals", self.totals),
                web.get("/clock", self.clock),
                web.post("/clock", self.set_clock),
                web.get("/faults", self.get_faults),
                web.post("/faults", self.set_faults),
            ]
        )
        return app

    async def spot(self, request: web.Request) -> web.Response:
        """True spot and volatility at ``at`` (ns; default now)."""
        at_ns = self._instant(request, "at", self._clock.now_ns())
        step = self._day.path.index(at_ns)
        return _json(
            {
                "at": at_ns,
                "spot": self._day.spot(at_ns),
                "atm_vol": self._day.atm_vol(at_ns),
                "years_to_close": float(self._day.path.years[step]),
            }
        )

    async def prints(self, request: web.Request) -> web.Response:
        """True prints with ``from <= ns < to``, up to now."""
        start = self._instant(request, "from", self._day.session.open_ns)
        end = min(self._instant(request, "to", self._clock.now_ns()), self._clock.now_ns())
        prints = self._day.prints_between(start, max(start, end))
        spot, delta, gamma = self._day.greeks_of(prints)
        columns: dict[str, NDArray[Any]] = {
            "ns": prints.ts,
            "price": prints.price / 100,
            "size": prints.size,
            "exchange": prints.exchange,
            "conditions": prints.condition[:, None],
            "customer_side": prints.customer_side,
            "aggressor_side": prints.aggressor_side,
            "order": prints.order,
            "spot": spot,
            "delta": delta,
            "gamma": gamma,
        }
        tickers = [self._day.chain.tickers[row] for row in prints.row.tolist()]
        names = ("ticker", *columns)
        rows = [
            dict(zip(names, values, strict=True))
            for values in zip(tickers, *(c.tolist() for c in columns.values()), strict=True)
        ]
        return _json({"prints": rows})

    async def totals(self, request: web.Request) -> web.Response:
        """Volume and count of trades before ``at`` (default now), cancelled ones taken back."""
        now = self._clock.now_ns()
        at_ns = min(self._instant(request, "at", now), now)
        prints = self._day.prints_until(at_ns)
        figures = day_figures(prints, len(self._day.chain))
        received = np.bincount(prints.row, minlength=len(self._day.chain))
        totals = {
            ticker: {
                "volume": int(figures.volume[row]),
                "prints": int(figures.prints[row]),
                "premium": round(float(figures.notional[row]) * 100, 2),
                "received": int(received[row]),
            }
            for row, ticker in enumerate(self._day.chain.tickers)
            if received[row]
        }
        return _json({"at": at_ns, "totals": totals})

    async def clock(self, _request: web.Request) -> web.Response:
        """The market's clock."""
        session = self._day.session
        return _json(
            {
                "market_ns": self._clock.now_ns(),
                "wall_ns": self._clock.wall_ns(),
                "speed": self._clock.speed,
                "date": session.date.isoformat(),
                "seed": self._day.model.seed,
                "open_ns": session.open_ns,
                "close_ns": session.close_ns,
            }
        )

    async def set_clock(self, request: web.Request) -> web.Response:
        """Change ``speed``, or advance to ``market_ns`` and send all that is due on the way."""
        try:
            change = msgspec.json.decode(await request.read(), type=dict[str, float | int])
        except msgspec.DecodeError as exc:
            return _json({"error": str(exc)}, 400)
        if "speed" in change:
            self._clock.set_speed(float(change["speed"]))
        if "market_ns" in change:
            await self._stream.advance_to(int(change["market_ns"]))
        return await self.clock(request)

    async def get_faults(self, _request: web.Request) -> web.Response:
        """Every switch."""
        return _json(self._faults.as_dict())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Set the switches in the body; the others stay."""
        try:
            changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
            self._faults.update(changes)
        except (msgspec.DecodeError, SettingsError) as exc:
            return _json({"error": str(exc)}, 400)
        self._stream.act_on_faults()
        return _json(self._faults.as_dict())

    @staticmethod
    def _instant(request: web.Request, name: str, default: int) -> int:
        text = request.query.get(name)
        if text is None:
            return default
        if not text.isdigit():
            raise web.HTTPBadRequest(text=f"{name} takes UNIX nanoseconds")
        return int(text)


def _json(body: Any, code: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=code, content_type="application/json"
    )
