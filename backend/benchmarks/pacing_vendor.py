"""A vendor in a process of its own that sends at a rate: 14 contracts, a quarter of it trades.

``GET /rate/N`` sets events a second. Event times are of the session's day and go on with the clock.
"""

import asyncio
import json
import sys
import time
from typing import Any

import numpy as np
from aiohttp import web
from simulated_day import DATE, session_of_day

from spymaster.core.contracts import OptionContract
from spymaster.simulator.stream_protocol import AUTH_SUCCESS, CONNECTED

STRIKES = range(597, 604)
SPOT = 600.25
_FRAMES = 500
_STEP_S = 0.01
_MOST_EVENTS = 100
"""Of one frame."""
_T = "1" * 13
"""Stands for the time in frames made ahead, ms."""


def contracts() -> list[tuple[str, float, float]]:
    """Ticker, strike and middle of the quote of each."""
    return [
        (OptionContract("SPY", DATE, strike * 1000, right).ticker, strike, round(worth, 2))
        for strike in STRIKES
        for right, worth in (
            ("C", max(SPOT - strike, 0) + 1.0),
            ("P", max(strike - SPOT, 0) + 1.0),
        )
    ]


def frame(random: np.random.Generator, events: int) -> str:
    """One frame of the vendor's form."""
    listed = contracts()
    made: list[dict[str, Any]] = []
    for _ in range(events):
        ticker, _, middle = listed[int(random.integers(len(listed)))]
        bid = round(middle - 0.01, 2)
        common = {"sym": ticker, "t": int(_T), "q": 1}
        if random.random() < 0.25:
            made.append(
                {"ev": "T", **common, "x": 302, "p": bid, "c": [209]}
                | {"s": int(random.integers(1, 50))}
            )
        else:
            made.append(
                {"ev": "Q", **common, "bx": 302, "ax": 316, "bp": bid}
                | {"ap": round(bid + 0.02, 2), "bs": 10, "as": 12}
            )
    return json.dumps(made, separators=(",", ":"))


class Vendor:
    """What it sends now."""

    def __init__(self) -> None:
        self._begun_s = time.time()
        self._open_ms = session_of_day().open_ns // 1_000_000
        self._frames: list[str] = []
        self._a_second = 0.0

    async def set_rate(self, request: web.Request) -> web.Response:
        rate = int(request.match_info["rate"])
        size = max(1, min(_MOST_EVENTS, round(rate * _STEP_S)))
        random = np.random.default_rng(1)
        self._frames = [frame(random, size) for _ in range(min(_FRAMES, max(rate // size, 1)))]
        self._a_second = rate / size
        return web.Response()

    async def chain(self, _: web.Request) -> web.Response:
        rows = [
            {
                "details": {"ticker": ticker, "strike_price": strike, "shares_per_contract": 100},
                "last_quote": {"bid": middle - 0.01, "ask": middle + 0.01},
                "open_interest": 100,
                "underlying_asset": {"price": SPOT, "timeframe": "REAL-TIME"},
            }
            for ticker, strike, middle in contracts()
        ]
        return web.json_response({"status": "OK", "results": rows})

    async def nothing(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "OK", "results": []})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        await ws.send_json([CONNECTED])
        await ws.receive()
        await ws.send_json([AUTH_SUCCESS])
        sending = asyncio.create_task(self._send(ws))
        async for _ in ws:  # subscriptions: everything is sent to everybody
            pass
        sending.cancel()
        return ws

    async def _send(self, ws: web.WebSocketResponse) -> None:
        sent, since_s = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(_STEP_S)
            now_s = time.monotonic()
            due, since_s = sent + (now_s - since_s) * self._a_second, now_s
            ms = self._open_ms + round((time.time() - self._begun_s) * 1000)
            for number in range(int(due)):
                text = self._frames[number % len(self._frames)]
                await ws.send_str(text.replace(_T, str(ms)))
            sent = due - int(due)


async def main() -> None:
    vendor, app = Vendor(), web.Application()
    app.router.add_get("/rate/{rate}", vendor.set_rate)
    app.router.add_get("/v3/snapshot/options/{underlying}", vendor.chain)
    app.router.add_get("/options", vendor.stream)
    app.router.add_get("/{path:.*}", vendor.nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
