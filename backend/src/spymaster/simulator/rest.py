"""The vendor's REST side over the simulated market.

Nothing later than market-now is ever served. Answers about past sessions come from days that the
same seed makes.

Source: vendor protocol, sections 2 and 3.
"""

import asyncio
import hashlib
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import numpy as np
from aiohttp import web

from spymaster.simulator import reference
from spymaster.simulator.bars import aggregate
from spymaster.simulator.clock import MarketClock
from spymaster.simulator.day import SimulatedDay, SimulatedMarket
from spymaster.simulator.faults import Faults
from spymaster.simulator.listings import listed_contracts
from spymaster.simulator.paging import BadRequestError, Query
from spymaster.simulator.path import NS
from spymaster.simulator.rest_faults import faulty_answer, refused, unknown_key
from spymaster.simulator.snapshot import Row, Snapshot
from spymaster.simulator.tape import Tape, quote_rows, trade_rows

_SPANS_NS: Final = {
    "second": NS,
    "minute": 60 * NS,
    "hour": 3600 * NS,
    "day": 86_400 * NS,
}

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RestRoutes:
    """Handlers of the vendor's paths."""

    def __init__(
        self,
        market: SimulatedMarket,
        day: SimulatedDay,
        clock: MarketClock,
        faults: Faults,
        *,
        vendor_greeks: bool,
    ) -> None:
        self._market = market
        self._day = day
        self._clock = clock
        self._faults = faults
        self._vendor_greeks = vendor_greeks
        self._asked = 0

    def app(self) -> web.Application:
        """The application, without the stream."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/v3/snapshot/options/{underlying}", self.chain),
                web.get("/v3/snapshot/options/{underlying}/{ticker}", self.one_contract),
                web.get("/v3/snapshot", self.universal),
                web.get("/v3/trades/{ticker}", self.trades),
                web.get("/v3/quotes/{ticker}", self.quotes),
                web.get("/v2/last/trade/{ticker}", self.last_trade),
                web.get("/v3/reference/options/contracts", self.contracts),
                web.get("/v3/reference/options/contracts/{ticker}", self.contract),
                web.get("/v3/reference/conditions", self.conditions),
                web.get("/v3/reference/exchanges", self.exchanges),
                web.get("/v1/marketstatus/now", self.status_now),
                web.get("/v1/marketstatus/upcoming", self.status_upcoming),
                web.get(
                    "/v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{from}/{to}",
                    self.aggregates,
                ),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keys, faults, and errors in the vendor's form. The stream takes its key by message."""
        if request.path == "/options":
            return await handler(request)
        self._asked += 1
        faults = self._faults
        if faults.rest_delay_s:
            await asyncio.sleep(faults.rest_delay_s)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not (bearer or request.query.get("apiKey")):
            return unknown_key(self._request_id(request))
        if faults.key_refused:
            return refused(self._request_id(request))
        answer = faulty_answer(faults, request.path, self._request_id(request))
        if answer is not None:
            return answer
        try:
            return await handler(request)
        except BadRequestError as exc:
            return self._answer(request, {"status": "ERROR", "error": str(exc)}, 400)
        except web.HTTPNotFound:
            return self._missing(request, "Resource not found.")

    async def chain(self, request: web.Request) -> web.Response:
        """`GET /v3/snapshot/options/{underlying}`."""
        query = Query(request.query)
        limit = query.limit(10, 250)
        order = query.choice("order", ("asc", "desc"), "asc")
        sort = query.choice("sort", ("ticker", "expiration_date", "strike_price"), "ticker")
        if request.match_info["underlying"] != self._day.model.listing.underlying:
            return self._answer(request, {"status": "OK"})
        chosen = self._filtered(query)
        contracts = self._day.chain.contracts
        keys: dict[str, Callable[[int], Any]] = {
            "ticker": lambda row: contracts[row].ticker,
            "expiration_date": lambda row: (contracts[row].expiration, contracts[row].ticker),
            "strike_price": lambda row: (contracts[row].strike_mills, contracts[row].ticker),
        }
        chosen.sort(key=keys[sort], reverse=order == "desc")
        page = chosen[query.offset : query.offset + limit]
        rows = await asyncio.to_thread(lambda: list(self._snapshot().rows(page)))
        return self._page(request, query, rows, len(chosen))

    def _filtered(self, query: Query) -> list[int]:
        low, high = query.number_range("strike_price")
        first, last = query.date_range("expiration_date")
        right = query.choice("contract_type", ("call", "put", ""), "")
        return [
            row
            for row, contract in enumerate(self._day.chain.contracts)
            if low <= contract.strike <= high
            and first <= contract.expiration <= last
            and right in {"", "call" if contract.right == "C" else "put"}
        ]

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self._day, self._clock.now_ns(), self._faults, vendor_greeks=self._vendor_greeks
        )

    async def one_contract(self, request: web.Request) -> web.Response:
        """`GET /v3/snapshot/options/{underlying}/{ticker}`: ``results`` is an object."""
        row = self._day.chain.rows.get(request.match_info["ticker"])
        if row is None or request.match_info["underlying"] != self._day.model.listing.underlying:
            return self._missing(request, "Ticker not found.")
        rows = await asyncio.to_thread(lambda: list(self._snapshot().rows([row])))
        return self._answer(request, {"status": "OK", "results": rows[0]})

    async def universal(self, request: web.Request) -> web.Response:
        """`GET /v3/snapshot`: an unknown ticker is a row of its own."""
        query = Query(request.query)
        limit = query.limit(10, 250)
        wanted = [name for name in query.values.get("ticker.any_of", "").split(",") if name]
        if len(wanted) > 250:
            raise BadRequestError("'ticker.any_of' takes at most 250 tickers")
        names = sorted(wanted) or sorted(self._day.chain.tickers)
        page = names[query.offset : query.offset + limit]

        def rows() -> list[Row]:
            snapshot = self._snapshot()
            known = self._day.chain.rows
            return [
                snapshot.universal_row(known[name])
                if name in known
                else {"error": "NOT_FOUND", "message": "Ticker not found.", "ticker": name}
                for name in page
            ]

        return self._page(request, query, await asyncio.to_thread(rows), len(names))

    async def trades(self, request: web.Request) -> web.Response:
        """`GET /v3/trades/{ticker}`."""
        query = Query(request.query)
        limit = query.limit(1000, 50_000)
        order = query.choice("order", ("asc", "desc"), "desc")
        query.choice("sort", ("timestamp",), "timestamp")
        start, end = self._bounds(query)

        def rows() -> tuple[list[Row], int]:
            tape = Tape(self._market, self._clock.now_ns())
            prints = tape.trades(request.match_info["ticker"], start, end)
            if prints is None:
                return [], 0
            places = np.arange(len(prints))
            page = _directed(places, order)[query.offset : query.offset + limit]
            return trade_rows(prints.take(page), self._faults), len(prints)

        page, count = await asyncio.to_thread(rows)
        return self._page(request, query, page, count, timestamp__lt=end)

    async def quotes(self, request: web.Request) -> web.Response:
        """`GET /v3/quotes/{ticker}`."""
        query = Query(request.query)
        limit = query.limit(1000, 50_000)
        order = query.choice("order", ("asc", "desc"), "desc")
        query.choice("sort", ("timestamp",), "timestamp")
        start, end = self._bounds(query)

        def rows() -> tuple[list[Row], int]:
            tape = Tape(self._market, self._clock.now_ns())
            days = tape.quotes(request.match_info["ticker"], start, end)
            out: list[Row] = []
            skip, count = query.offset, sum(map(len, days))
            for day in days if order == "asc" else days[::-1]:
                page = _directed(np.arange(len(day)), order)[skip : skip + limit - len(out)]
                out += quote_rows(day, page)
                skip = max(0, skip - len(day))
            return out, count

        page, count = await asyncio.to_thread(rows)
        return self._page(request, query, page, count, timestamp__lt=end)

    def _bounds(self, query: Query) -> tuple[int, int]:
        start, end = query.time_range("timestamp")
        return start, min(end, self._clock.now_ns())

    async def last_trade(self, request: web.Request) -> web.Response:
        """`GET /v2/last/trade/{ticker}`: nanoseconds under one-letter keys."""
        ticker = request.match_info["ticker"]

        def last() -> Row | None:
            tape = Tape(self._market, self._clock.now_ns())
            prints = tape.trades(ticker, 0, self._clock.now_ns())
            if prints is None or not len(prints):
                return None
            found = trade_rows(prints.take(slice(-1, None)), self._faults)[0]
            return {
                "T": ticker,
                "c": found.get("conditions", []),
                "i": "",
                "p": found["price"],
                "q": found["sequence_number"],
                "s": found["size"],
                "t": found["sip_timestamp"],
                "x": found["exchange"],
                "y": found["participant_timestamp"],
            }

        row = await asyncio.to_thread(last)
        if row is None:
            return self._missing(request, "Ticker not found.")
        return self._answer(request, {"status": "OK", "results": row})

    async def contracts(self, request: web.Request) -> web.Response:
        """`GET /v3/reference/options/contracts`."""
        query = Query(request.query)
        limit = query.limit(10, 1000)
        rows = listed_contracts(self._market, query, self._clock.now_ns())
        page = rows[query.offset : query.offset + limit]
        underlying = self._market.model.listing.underlying
        shown = [reference.contract_row(contract, underlying) for contract in page]
        return self._page(request, query, shown, len(rows))

    async def contract(self, request: web.Request) -> web.Response:
        """`GET /v3/reference/options/contracts/{ticker}`: ``results`` is an object."""
        tape = Tape(self._market, self._clock.now_ns())
        contract = tape.contract(request.match_info["ticker"])
        if contract is None:
            return self._missing(request, "Ticker not found.")
        row = reference.contract_row(contract, self._market.model.listing.underlying)
        return self._answer(request, {"status": "OK", "results": row})

    async def conditions(self, request: web.Request) -> web.Response:
        """`GET /v3/reference/conditions`."""
        query = Query(request.query)
        limit = query.limit(10, 1000)
        rows = reference.condition_rows()
        if query.values.get("asset_class", "options") != "options":
            rows = []
        if "id" in query.values:
            rows = [row for row in rows if str(row["id"]) == query.values["id"]]
        page = rows[query.offset : query.offset + limit]
        return self._page(request, query, page, len(rows), count=True)

    async def exchanges(self, request: web.Request) -> web.Response:
        """`GET /v3/reference/exchanges`."""
        wanted = request.query.get("asset_class", "options") == "options"
        rows = reference.exchange_rows() if wanted else []
        return self._answer(request, {"status": "OK", "count": len(rows), "results": rows})

    async def status_now(self, _request: web.Request) -> web.Response:
        """`GET /v1/marketstatus/now`: no envelope."""
        return _json(reference.market_status(self._market.calendar, self._clock.now_ns()))

    async def status_upcoming(self, _request: web.Request) -> web.Response:
        """`GET /v1/marketstatus/upcoming`: a bare array."""
        return _json(reference.upcoming_holidays(self._market.calendar, self._clock.now_ns()))

    async def aggregates(self, request: web.Request) -> web.Response:
        """`GET /v2/aggs/ticker/{ticker}/range/…`: bars exist only where trades occurred."""
        info = request.match_info
        multiplier, span = info["multiplier"], _SPANS_NS.get(info["timespan"])
        if span is None or not multiplier.isdigit() or int(multiplier) < 1:
            raise BadRequestError("'timespan' or 'multiplier' is not supported")
        start, _ = _aggregate_bound(info["from"])
        _, end = _aggregate_bound(info["to"])

        def bars() -> list[Row]:
            tape = Tape(self._market, self._clock.now_ns())
            prints = tape.trades(info["ticker"], start, end)
            return aggregate(prints, int(multiplier) * span) if prints is not None else []

        rows = await asyncio.to_thread(bars)
        if request.query.get("sort") == "desc":
            rows.reverse()
        body: Row = {
            "ticker": info["ticker"],
            "adjusted": True,
            "queryCount": len(rows),
            "resultsCount": len(rows),
            "count": len(rows),
            "status": "OK",
        }
        return self._answer(request, {**body, "results": rows} if rows else body)

    def _page(
        self,
        request: web.Request,
        query: Query,
        rows: list[Row],
        total: int,
        *,
        count: bool = False,
        **fixed: Any,
    ) -> web.Response:
        """An envelope: ``results`` missing when empty, ``next_url`` missing on the last page."""
        body: Row = {"status": "OK"}
        if rows:
            body["results"] = rows
        if count:
            body["count"] = len(rows)
        reached = query.offset + len(rows)
        if rows and reached < total:
            path = urllib.parse.quote(request.path, safe="/:")
            cursor = query.cursor(reached, **fixed)
            body["next_url"] = f"{request.scheme}://{request.host}{path}?cursor={cursor}"
        return self._answer(request, body)

    def _missing(self, request: web.Request, message: str) -> web.Response:
        return self._answer(request, {"status": "NOT_FOUND", "message": message}, 404)

    def _answer(self, request: web.Request, body: Row, code: int = 200) -> web.Response:
        request_id = self._request_id(request)
        response = _json({**body, "request_id": request_id}, code)
        response.headers["X-Request-Id"] = request_id
        return response

    def _request_id(self, request: web.Request) -> str:
        text = f"{self._asked} {request.path_qs}"
        return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


def _directed(places: np.ndarray[Any, Any], order: str) -> np.ndarray[Any, Any]:
    return places if order == "asc" else places[::-1]


def _aggregate_bound(text: str) -> tuple[int, int]:
    """Start and end of a date or a millisecond, UNIX ns."""
    if text.isdigit():
        return int(text) * 1_000_000, (int(text) + 1) * 1_000_000
    return Query({"t": text}).time_range("t")


def _json(body: Any, code: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=code, content_type="application/json"
    )
