"""Elements as the vendor writes them, for the tests of this folder."""

import json
from typing import Any

CALL = "O:SPY251216C00600000"
PUT = "O:SPY251216P00600000"
TOMORROW = "O:SPY251217C00600000"
T_MS = 1_765_895_400_123


def trade(sym: str = CALL, **changes: Any) -> dict[str, Any]:
    """A good print; a change to ``...`` takes the key away."""
    element = {"ev": "T", "sym": sym, "x": 302, "p": 1.25, "s": 3, "c": [209], "t": T_MS, "q": 7}
    return {key: value for key, value in (element | changes).items() if value is not ...}


def quote(sym: str = CALL, **changes: Any) -> dict[str, Any]:
    """A good quote; a change to ``...`` takes the key away."""
    element = {
        "ev": "Q", "sym": sym, "bx": 302, "ax": 303, "bp": 1.2, "ap": 1.3, "bs": 10, "as": 20,
        "t": T_MS, "q": 8,
    }  # fmt: skip
    return {key: value for key, value in (element | changes).items() if value is not ...}


def status(kind: str, message: str = "") -> dict[str, Any]:
    """A status element."""
    return {"ev": "status", "status": kind, "message": message}


def frame(*elements: Any) -> bytes:
    """A frame of the elements; NaN and infinities are written as Python does."""
    return json.dumps(elements, separators=(",", ":")).encode()


HELLO = frame(status("connected", "Connected Successfully"))
WELCOME = frame(status("auth_success", "authenticated"))
