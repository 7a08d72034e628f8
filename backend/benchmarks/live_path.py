"""Vendor frames to state, against decoding alone and against the official client's parsing."""

import datetime as dt
import json
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np
from massive.websocket.models import parse as parse_official
from massive.websocket.models.common import Market

from spymaster.core.contracts import OptionContract
from spymaster.core.sessions import default_calendar
from spymaster.engine.flow_engine import FlowEngine
from spymaster.polygon.protocol import Data, StreamProtocol

DATE = dt.date(2025, 12, 16)
FRAMES = 400
EVENTS_A_FRAME = 100
TRADE_SHARE = 0.25


class _Trade(msgspec.Struct, tag_field="ev", tag="T"):
    sym: str
    x: int
    p: float
    s: int
    t: int
    q: int
    c: list[int] = []


class _Quote(msgspec.Struct, tag_field="ev", tag="Q"):
    sym: str
    bx: int
    ax: int
    bp: float
    ap: float
    bs: int
    as_: int = msgspec.field(name="as")
    t: int = 0
    q: int = 0


def frames() -> list[bytes]:
    """Frames of the vendor's form: a quarter trades, the rest quotes, over 14 contracts."""
    random = np.random.default_rng(1)
    open_ms = default_calendar().session(DATE).open_ns // 1_000_000
    tickers = [
        OptionContract("SPY", DATE, strike * 1000, right).ticker
        for strike in range(597, 604)
        for right in ("C", "P")
    ]
    made = []
    for number in range(FRAMES):
        events: list[dict[str, Any]] = []
        for place in range(EVENTS_A_FRAME):
            bid = int(random.integers(100, 200))
            common = {
                "sym": tickers[int(random.integers(len(tickers)))],
                "t": open_ms + number * 20 + place // 5,
                "q": number * EVENTS_A_FRAME + place,
            }
            if random.random() < TRADE_SHARE:
                size = int(random.integers(1, 50))
                events.append(
                    {"ev": "T", **common, "x": 302, "p": bid / 100, "s": size, "c": [209]}
                )
            else:
                events.append(
                    {"ev": "Q", **common, "bx": 302, "ax": 316, "bp": bid / 100}
                    | {"ap": (bid + 2) / 100, "bs": 10, "as": 12}
                )
        made.append(json.dumps(events, separators=(",", ":")).encode())
    return made


def figures(figure: Callable[..., Any]) -> list[Any]:
    """The lines of the table."""
    sample = frames()
    count = FRAMES * EVENTS_A_FRAME
    decoder = msgspec.json.Decoder(list[_Trade | _Quote])

    def ours() -> None:
        engine = FlowEngine(default_calendar().session(DATE), "SPY", 3)
        protocol = StreamProtocol(engine.table)
        for frame in sample:
            for event in protocol.receive(frame):
                if isinstance(event, Data):
                    engine.apply(event.batch)
        assert engine.flow.trades_received + engine.flow.quotes_received == count

    def decode_only() -> None:
        for frame in sample:
            decoder.decode(frame)

    def official() -> None:
        for frame in sample:
            parse_official(json.loads(frame), _QuietLogger(), Market.Options)

    return [
        figure("live: frame to state", "events", count, ours, "msgspec decoding", decode_only, 0.5),
        figure(
            "live: frame to state",
            "events",
            count,
            ours,
            f"massive {version('massive')} parsing",
            official,
            5.0,
        ),
    ]


class _QuietLogger:
    def warning(self, *_: object) -> None:
        """The official parser wants one."""
