"""Compiled code, compiled before anyone waits for it.

numba compiles a function where it is first called, and keeps the result beside the sources. That
takes about a minute once for each version of the sources, and it stops the event loop. So a process
of its own calls everything once, on a few seconds of made-up market, before a session begins.
To read what was kept takes most of a second more, so a thread does the same then in this process.
"""

import asyncio
import datetime as dt
import functools
import gc
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from fastapi import FastAPI
from starlette.types import Message

from spymaster.core.batches import QuoteBatch, TradeBatch, quote_batch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.contracts import ContractTable, OptionContract
from spymaster.core.sessions import Session, eastern_ns
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.refill import signing_quotes
from spymaster.feeds.replay_engine import ReplayHealth
from spymaster.gateway.chain_routes import add_chain_routes
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.flow_routes import add_flow_routes
from spymaster.kept_code import forget_stale, is_whole, tell_whole
from spymaster.polygon.protocol import Data, StreamProtocol
from spymaster.storage import contract_files
from spymaster.storage.contract_rows import known_files
from spymaster.storage.day_merge import DayMerge
from spymaster.storage.memory import give_back
from spymaster.storage.places import contract_file
from spymaster.storage.schema import Kind, quotes_table, trades_table
from spymaster.storage.scratch import ScratchMemory
from spymaster.storage.sorted_day import SortedDay

logger = logging.getLogger(__name__)

_DATE = dt.date(2025, 12, 16)
_SESSION = Session(_DATE, eastern_ns(_DATE, dt.time(9, 30)), eastern_ns(_DATE, dt.time(16)))
_STRIKES = range(597, 604)
_SPOT = 600.1
_QUESTIONS = (
    "/api/bars?measures=all&signals=true",
    "/api/bars?interval=1s&strike=600",
    "/api/tape?min_premium=1",
    "/api/prints",
    "/api/exposure?convention=A",
    "/api/exposure",
    "/api/exposure/path",
    "/api/smile",
    *(f"/api/heatmap?lens={lens}" for lens in ("delta", "premium", "gamma", "charm")),
)


async def ensure_compiled() -> None:
    """See that nothing compiled has to be made, or read from the disk, once a session runs.

    Every command, and the ASGI door, has forgotten by then what is of other sources.
    """
    if not is_whole():
        await _compile()
    await asyncio.to_thread(_load)


@functools.cache
def _load() -> None:
    try:
        warm_up()
    except Exception:
        logger.exception("Calling the compiled code ahead failed")
    gc.freeze()  # what was made so far stays: to look through it stops the event loop
    give_back()


async def _compile() -> None:
    """Compile in a process of its own what these sources have not compiled yet."""
    logger.info("Compiling for this machine, once; it takes about a minute")
    start_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "spymaster.warm_up", stderr=asyncio.subprocess.PIPE
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        last = errors.decode(errors="replace").strip().rpartition("\n")[2]
        logger.warning("Compiling ahead failed, it happens on the way now: %s", last)
    else:
        logger.info("Compiled in %.0f s", time.monotonic() - start_s)


def warm_up() -> None:
    """Call everything compiled, as a session and its pages do."""
    engine = FlowEngine(_SESSION, "SPY", 2)
    protocol = StreamProtocol(engine.table)
    engine.apply_snapshot(_chain(), _SESSION.open_ns)
    for second in range(1, 30):
        for event in protocol.receive(_frame(second)):
            engine.apply(cast("Data", event).batch)
        if second == 10:
            before = engine.checkpoint()
    trades, _ = trade_batch(
        *([0], [_SESSION.open_ns + 5_000_000_000], [1.0], [1], [302], [pack([209])], [0], [0])
    )
    quotes = quote_batch([0], [_SESSION.open_ns], [0.9], [1.1], [10], [10], [302], [303], [0])
    engine.refill(0, trades, signing_quotes(trades, quotes))
    # Of one row a column counts as contiguous, which is another type.
    _read_day(TradeBatch.concat([trades, trades]), QuoteBatch.concat([quotes, quotes]))
    engine.set_span(3)
    engine.set_trade_size_rule(on=True)
    asyncio.run(_ask(Showing("live", engine, ReplayHealth("ok"), 1.0)))
    engine.restore(before)


def _read_day(trades: TradeBatch, quotes: QuoteBatch) -> None:
    """Merge a day of one contract, and read it as a replay does.

    Not through `DayFiles`: what that says in the log would be taken for a day of the user's.
    """
    note = contract_files.Note([], "")
    contracts = ContractTable("SPY", _DATE)
    tables: dict[Kind, pa.Table] = {"trades": trades_table(trades), "quotes": quotes_table(quotes)}
    with tempfile.TemporaryDirectory() as folder:
        paths: dict[Kind, Path] = {}
        for kind, table in tables.items():
            paths[kind] = contract_file(Path(folder), kind, _DATE, _tickers()[0])
            paths[kind].parent.mkdir(parents=True)
            contract_files.write(paths[kind], kind, table, note)
        files = {kind: known_files(kind, [path], contracts) for kind, path in paths.items()}
        derived = SortedDay(Path(folder), _DATE, "SPY", 0, paths.values())
        memory = ScratchMemory(Path(folder))
        derived.write(contracts, DayMerge(files["trades"], files["quotes"], 0, memory=memory))
        day = derived.open(contracts)
        if day is not None:
            day.between(0, len(day))


def _frame(second: int) -> bytes:
    """Quotes of every contract, then prints: outright, swept, taken back, and a package."""
    ms = _SESSION.open_ns // 1_000_000 + 1000 * second
    events: list[dict[str, Any]] = []
    for ticker in _tickers():
        strike = int(ticker[-8:]) / 1000
        distance = (_SPOT - strike) * (1 if ticker[-9] == "C" else -1)
        middle = max(distance, 0) + 0.5
        quote = {"bp": round(middle - 0.02, 2), "ap": round(middle + 0.02, 2), "bs": 10, "as": 20}
        venues = {"bx": 302, "ax": 303}
        events.append({"ev": "Q", "sym": ticker, "t": ms, "q": 1, **quote, **venues})
        sizes = ((302, 7, 209), (303, 7, 219), (302, 9, 227), (302, 3, 201), (304, 5, 232))
        for venue, size, condition in sizes:
            price = round(middle + 0.02 - 0.01 * (size % 3), 2)
            trade = {"p": price, "s": size, "x": venue, "c": [condition]}
            events.append({"ev": "T", "sym": ticker, "t": ms + 5, "q": 2, **trade})
    return json.dumps(events, separators=(",", ":")).encode()


def _tickers() -> list[str]:
    return [
        OptionContract("SPY", _DATE, 1000 * strike, right).ticker
        for strike in _STRIKES
        for right in ("C", "P")
    ]


def _chain() -> ChainSnapshot:
    tickers = _tickers()
    unknown = np.full(len(tickers), np.nan)
    return ChainSnapshot(
        ts_received=0,
        tickers=tickers,
        delta=np.tile([0.5, -0.5], len(_STRIKES)),
        gamma=np.full(len(tickers), 0.1),
        theta=unknown,
        vega=np.full(len(tickers), 0.05),
        implied_volatility=np.full(len(tickers), 0.2),
        open_interest=np.full(len(tickers), 1000.0),
        bid=unknown,
        ask=unknown,
        shares_per_contract=np.full(len(tickers), 100.0),
        underlying_price=_SPOT,
        underlying_timeframe="REAL-TIME",
    )


class _OneSession:
    """As much of a desk as the questions need."""

    def __init__(self, showing: Showing) -> None:
        self.showing = showing

    async def ready(self) -> None:
        pass


async def _ask(showing: Showing) -> None:
    app = FastAPI()
    desk = cast("Desk", _OneSession(showing))
    add_flow_routes(app, desk)
    add_chain_routes(app, desk)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"a question was answered with {message['status']}")

    for question in _QUESTIONS:
        path, _, query = question.partition("?")
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        await app({**scope, "query_string": query.encode()}, receive, send)


if __name__ == "__main__":
    forget_stale()
    warm_up()
    tell_whole()
